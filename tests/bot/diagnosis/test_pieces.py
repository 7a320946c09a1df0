"""Wherever a log is cut, its lines are the same, and none is longer than what is looked at."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis.pieces import CUT, LIMIT, LogFile, Piece, arriving, read_stream

LONG = b"x" * LIMIT
LOGS = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"a", b"bc", b"\xc3\xa9", b"\xff", b"\r", LONG, LONG[:-1]]), max_size=12
).map(b"".join)


def expected(log: bytes) -> list[str]:
    """What a person would say the lines are."""
    lines = log.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n") if log else []
    return [
        line.decode("utf-8", "replace") if len(line) <= LIMIT else line[:LIMIT].decode("utf-8", "replace") + CUT
        for line in lines
    ]


def lines_of(pieces: list[Piece]) -> list[str]:
    """As the program sees them."""
    return [line for piece in pieces if not piece.is_empty for line in piece.text.split("\n")]


def streamed(log: bytes, at_once: int) -> list[Piece]:
    """Through a pipe, so many bytes a write."""
    read_end, write_end = os.pipe()

    def write() -> None:
        for start in range(0, len(log), at_once):
            os.write(write_end, log[start : start + at_once])
        os.close(write_end)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return list(read_stream(arriving(read_end)))
    finally:
        writer.join()
        os.close(read_end)


@pytest.fixture(scope="module")
def descriptor() -> Iterator[int]:
    """A file to fill."""
    with TemporaryFile() as file:
        yield file.fileno()


@given(LOGS, st.sampled_from([1, 2, 3, 7, 1000, LIMIT - 1, LIMIT, 1 << 20]))
def test_a_file_has_the_same_lines_however_it_is_cut(descriptor: int, log: bytes, span_bytes: int) -> None:
    """No line is lost, told twice or glued to another, and each is counted."""
    if len(log) // span_bytes > 200:
        span_bytes = LIMIT // 3
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, log, 0)
    file = LogFile(descriptor, 0, len(log), span_bytes)

    pieces = [file.read(span) for span in file.spans()]

    assert lines_of(pieces) == expected(log)
    assert sum(piece.lines() for piece in pieces) == len(expected(log))
    assert sum(piece.cut for piece in pieces) == sum(line.endswith(CUT) for line in expected(log))


@given(LOGS, st.sampled_from([1, 3, 100, LIMIT]))
def test_a_stream_has_the_lines_of_the_file(log: bytes, at_once: int) -> None:
    """Whatever arrives together."""
    if len(log) // at_once > 200:
        at_once = LIMIT // 3

    pieces = streamed(log, at_once)

    assert lines_of(pieces) == expected(log)
    assert sum(piece.cut for piece in pieces) == sum(line.endswith(CUT) for line in expected(log))


def test_a_file_is_read_from_where_its_descriptor_stands(tmp_path: Path) -> None:
    """As with `tail -c` before it: what stands before is another's."""
    log = tmp_path / "a.log"
    log.write_bytes(b"one\ntwo\nthree\n")
    with log.open("rb") as file:
        spans = LogFile(file.fileno(), 4, 14, 5)

        assert lines_of([spans.read(span) for span in spans.spans()]) == ["two", "three"]


def test_what_is_cut_off_meanwhile_is_an_error(tmp_path: Path) -> None:
    """Whether it is missing at the end of a span, or of its last line alone: the rest was not read."""
    log = tmp_path / "a.log"
    log.write_bytes(b"one\ntwo\n" + LONG)
    with log.open("r+b") as file:
        spans = LogFile(file.fileno(), 0, 8 + len(LONG), 6)
        assert lines_of([spans.read(0)]) == ["one", "two"]
        os.truncate(file.fileno(), 7)

        for read in (lambda: spans.read(0), lambda: spans.read(6), lambda: list(spans.chunks()), spans.head):
            with pytest.raises(OSError, match="cut short"):
                read()


def test_no_piece_of_an_endless_line_is_large(tmp_path: Path) -> None:
    """A file without a newline costs no more memory than any other."""
    log = tmp_path / "a.log"
    log.write_bytes(LONG * 40 + b"\nafter\n")
    with log.open("rb") as file:
        spans = LogFile(file.fileno(), 0, len(LONG) * 40 + 7)
        pieces = [spans.read(span) for span in spans.spans()]

    assert max(len(piece.text) for piece in pieces) < LIMIT + 100
    assert [line[-8:] for line in lines_of(pieces)] == [f"x{CUT}"[-8:], "after"]
