"""However a log is written, its lines are read; what is no text yet is refused with the way to make it one."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import shlex
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis import command
from bot.diagnosis.writing import in_utf8
from bot.runbook.loader import Runbook, load_runbook

DOWN = "dial tcp 10.0.0.1:6379: connect: no route to host"
LINES = ["¿Cómo está?", DOWN, "", "😀 done"]
Captured = pytest.CaptureFixture[bytes]


def one_page() -> Runbook:
    """A short runbook, which compiles at once."""
    return Runbook([page for page in load_runbook().entries if page.id == "redis-failure"])


diagnose = partial(command.diagnose, load=one_page)


def told(capfdbinary: Captured) -> list[str]:
    """The text of each object that was printed."""
    return [json.loads(line)["text"] for line in capfdbinary.readouterr().out.splitlines()]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("way", ["file", "pipe"])
def test_every_writing_has_the_same_lines(
    tmp_path: Path, capfdbinary: Captured, end: str, encoding: str, way: str
) -> None:
    """PowerShell's `>` writes UTF-16, Windows a mark before UTF-8, and old programs end lines in CR alone."""
    log, mark = tmp_path / "a.log", "\ufeff" if encoding == "utf-16-be" else ""
    log.write_bytes((mark + end.join([*LINES, ""])).encode(encoding))
    descriptor = os.open(log, os.O_RDONLY)
    if way == "pipe":
        read_end, write_end = os.pipe()
        os.write(write_end, log.read_bytes())
        os.close(write_end)
        os.dup2(read_end, descriptor)
        os.close(read_end)

    assert diagnose(["--json", "-"], stdin=descriptor) == 0
    os.close(descriptor)

    assert told(capfdbinary) == LINES


@pytest.mark.parametrize("log", [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"])
def test_a_mark_alone_is_no_line(tmp_path: Path, capfdbinary: Captured, log: bytes) -> None:
    """What PowerShell makes of no output."""
    (tmp_path / "a.log").write_bytes(log)

    assert diagnose([str(tmp_path / "a.log")]) == 0

    assert capfdbinary.readouterr().out == b"0 lines, none known to the runbook\n"


def test_rubbish_that_begins_like_a_mark_is_read_as_it_stands(tmp_path: Path, capfdbinary: Captured) -> None:
    """Bytes that are no UTF-8 must not turn a whole log into another alphabet."""
    (tmp_path / "a.log").write_bytes(b"\xff\xfe junk\n" + DOWN.encode() + b"\n")

    assert diagnose(["--json", str(tmp_path / "a.log")]) == 0

    assert told(capfdbinary) == ["\ufffd\ufffd junk", DOWN]


def test_a_half_character_at_the_end_is_shown_as_one(tmp_path: Path, capfdbinary: Captured) -> None:
    """A log in UTF-16 that ends within a letter, and one with half a pair."""
    (tmp_path / "a.log").write_bytes(b"\xff\xfea\0\x00\xd8b\0c")

    assert diagnose(["--json", str(tmp_path / "a.log")]) == 0

    assert told(capfdbinary) == ["a\ufffdb\ufffd"]


def zipped(data: bytes) -> bytes:
    """As a support bundle comes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as bundle:
        bundle.writestr("a.log", data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("pack", "unpacker"),
    [(gzip.compress, "zcat"), (bz2.compress, "bzcat"), (lzma.compress, "xzcat"), (zipped, "unzip -p")],
)
def test_a_packed_log_is_refused_with_the_way_to_unpack_it(
    tmp_path: Path, capfdbinary: Captured, pack: Callable[[bytes], bytes], unpacker: str
) -> None:
    """To find nothing in it would look like good news."""
    log = tmp_path / "a log.1"
    log.write_bytes(pack(DOWN.encode()))

    assert diagnose(["--json", str(log)]) == 2

    printed = capfdbinary.readouterr()
    assert printed.out == b""
    assert printed.err.decode() == (
        f"sfint: cannot read `{log}`: it is compressed\n"
        f"for example: {unpacker} {shlex.quote(str(log))} | sfint diagnose -\n"
    )


@given(st.text(alphabet="aé\r\n😀", max_size=40), st.integers(1, 7))
def test_a_log_may_arrive_in_any_parts(text: str, size: int) -> None:
    """Characters and ends of lines are put together again."""
    log = f"first\n{text}".encode("utf-16")

    parts = in_utf8(log[start : start + size] for start in range(0, len(log), size))

    assert b"".join(parts).decode() == "first\n" + text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_whole_line_is_never_held_back() -> None:
    """However short, and whatever it begins like: whoever follows a log waits for it."""
    arriving = iter([b"B", b"Z\n", b"a\n"])

    assert next(in_utf8(arriving)) == b"BZ\n"
    assert next(arriving) == b"a\n"
