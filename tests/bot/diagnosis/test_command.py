"""`sfint diagnose` as it is typed: what it prints, when, and what it says to a mistake."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from bot.diagnosis import command
from bot.domain.redaction import Redactor
from bot.runbook.loader import Runbook, load_runbook

DOWN = "dial tcp 10.0.0.1:6379: connect: no route to host"
EXPIRED = "[map[errorCode:INVALID_OPERATION_WITH_EXPIRED_PASSWORD message:The users password has expired]]"
WELL = '{"msg":"Not content events","severity":"info"}'
Captured = pytest.CaptureFixture[bytes]


def two_pages() -> Runbook:
    """Within this process the runbook is short: all of its patterns take most of a second to compile."""
    return Runbook([page for page in load_runbook().entries if page.id in ("redis-failure", "expired-password")])


diagnose = partial(command.diagnose, load=two_pages)


def objects(printed: bytes) -> list[dict[str, object]]:
    """One a line."""
    return [json.loads(line) for line in printed.splitlines()]


def log_of(folder: Path, *lines: str) -> str:
    """A file with these lines."""
    file = folder / "a.log"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(file)


def test_every_line_has_its_object(tmp_path: Path, capfdbinary: Captured) -> None:
    """With what fits best first, and nothing where nothing fits."""
    log = log_of(tmp_path, WELL, DOWN, "", EXPIRED)

    code = diagnose(["--json", log])

    told = objects(capfdbinary.readouterr().out)
    assert code == 0
    assert [each["text"] for each in told] == [WELL, DOWN, "", EXPIRED]
    assert [[match["entry"] for match in each["matches"]] for each in told] == [  # type: ignore[attr-defined]
        [],
        ["redis-failure"],
        [],
        ["expired-password"],
    ]
    assert told[0] == {"text": WELL, "matches": []}


def test_every_line_is_told_whatever_it_is_made_of(tmp_path: Path, capfdbinary: Captured) -> None:
    """Objects are written many at once; nothing within a line may look like its end."""
    lines = [WELL, "a\x7fb", "\\n", '"', "", "\x00", "\u2028", DOWN, "\x7f", ', "matches": []}']

    assert diagnose(["--json", log_of(tmp_path, *lines)]) == 0

    told = objects(capfdbinary.readouterr().out)
    assert [each["text"] for each in told] == lines
    assert [bool(each["matches"]) for each in told] == [line == DOWN for line in lines]


def test_user_ids_are_masked_on_each_line(tmp_path: Path, capfdbinary: Captured) -> None:
    """Many lines at once, as alone."""
    lines = ["userID:5215512345678", "5215512345678", WELL, "521551234567890", "5215512345679 5215512345670"]

    assert diagnose(["--json", log_of(tmp_path, *lines)]) == 0

    told = objects(capfdbinary.readouterr().out)
    assert [each["text"] for each in told] == list(map(Redactor().text, lines))


def test_no_secret_is_printed(tmp_path: Path, capfdbinary: Captured) -> None:
    """Neither in the text nor in the evidence, in no form of the answer."""
    secret = "Xy12345678"
    log = log_of(
        tmp_path, f"{DOWN} password={secret}", f"Authorization: Bearer {secret} {EXPIRED} a@acme.example.com"
    )

    for options in ([], ["--json"], ["--summary"], ["--json", "--summary"]):
        assert diagnose([*options, log]) == 0
        printed = capfdbinary.readouterr().out
        assert b"expired-password" in printed
        assert secret.encode() not in printed
        assert b"a@acme" not in printed


def test_to_read_there_are_the_lines_that_match(tmp_path: Path, capfdbinary: Captured) -> None:
    """With number, entry, confidence and evidence, and the summary below."""
    log = log_of(tmp_path, WELL, WELL, DOWN)

    assert diagnose([log]) == 0

    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert lines[0].startswith("3: redis-failure 0.9")
    assert "dial tcp 10.0.0.1:6379" in lines[0]
    assert lines[1:3] == ["", "3 lines, 1 of them known to the runbook"]
    assert not any("Not content events" in line for line in lines)


def test_the_summary_counts_by_entry(tmp_path: Path, capfdbinary: Captured) -> None:
    """With the first and the last line of each, the most frequent first, for people and for programs."""
    log = log_of(tmp_path, WELL, EXPIRED, f"first {DOWN}", WELL, f"last {DOWN}", WELL)

    assert diagnose(["--summary", "--json", log]) == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert diagnose([log, "--summary"]) == 0
    table = capfdbinary.readouterr().out.decode().splitlines()

    assert (told["lines"], told["matched"]) == (6, 3)
    assert told["entries"][0] == {
        "entry": "redis-failure",
        "count": 2,
        "first": {"line": 3, "text": f"first {DOWN}"},
        "last": {"line": 5, "text": f"last {DOWN}"},
    }
    assert told["entries"][1]["first"] == told["entries"][1]["last"] == {"line": 2, "text": EXPIRED}
    assert table[0] == "6 lines, 3 of them known to the runbook"
    assert table[3].split() == ["redis-failure", "2", "3", "5"]
    assert table[4] == f"  first: first {DOWN}"


def test_a_large_file_is_answered_in_order(tmp_path: Path, capfdbinary: Captured) -> None:
    """Whatever process did which part."""
    lines = [f"{number} {DOWN if number % 997 == 0 else WELL}" for number in range(25_000)]
    log = log_of(tmp_path, *lines)

    assert diagnose(["--json", log]) == 0
    told = objects(capfdbinary.readouterr().out)
    assert diagnose(["--json", "--summary", log]) == 0
    summary = json.loads(capfdbinary.readouterr().out)

    assert [each["text"] for each in told] == lines
    assert [number for number, each in enumerate(told) if each["matches"]] == list(range(0, 25_000, 997))
    assert summary["lines"] == 25_000
    assert [summary["entries"][0][end]["line"] for end in ("first", "last")] == [1, 24_926]


def test_whatever_bytes_there_are_are_read(tmp_path: Path, capfdbinary: Captured) -> None:
    """No UTF-8, ends of lines from elsewhere, zeros, an end without a newline."""
    (tmp_path / "a.log").write_bytes(b"\xff\xfe caf\xe9\r\n\x00\x00\r\n" + DOWN.encode())

    assert diagnose(["--json", str(tmp_path / "a.log")]) == 0

    told = objects(capfdbinary.readouterr().out)
    assert [each["text"] for each in told] == ["\ufffd\ufffd caf\ufffd", "\x00\x00", DOWN]
    assert told[2]["matches"]


def test_of_a_long_line_the_beginning_is_read(tmp_path: Path, capfdbinary: Captured) -> None:
    """And it is said."""
    log = log_of(tmp_path, DOWN + " " * 3_000_000 + EXPIRED, WELL)

    assert diagnose(["--summary", log]) == 0

    printed = capfdbinary.readouterr()
    assert b"redis-failure" in printed.out
    assert b"expired-password" not in printed.out
    assert printed.err == b"sfint: 1 line was longer than 64 KiB: only the beginning was looked at\n"


def test_an_empty_file_says_so(tmp_path: Path, capfdbinary: Captured) -> None:
    """No line, no object, and no error."""
    log = log_of(tmp_path)

    assert diagnose(["--json", log]) == 0
    assert capfdbinary.readouterr().out == b""
    assert diagnose([log]) == 0
    assert capfdbinary.readouterr().out == b"0 lines, none known to the runbook\n"


FILE_EXAMPLE, TEXT_EXAMPLE = "sfint diagnose middleware.log", f"sfint diagnose - <<< '{DOWN.replace('1:', '9:')}'"


@pytest.mark.parametrize(
    ("words", "complaint", "example"),
    [
        ([], "`diagnose` needs a file, or `-` for standard input", FILE_EXAMPLE),
        (
            ["/dev/null", "/dev/zero"],
            "`diagnose` reads one file, not 2",
            "cat /dev/null /dev/zero | sfint diagnose -",
        ),
        (["dial", "tcp", "i/o"], "`diagnose` reads one file, not 3", TEXT_EXAMPLE),
        (["dial tcp"], "cannot read `dial tcp`: No such file or directory", TEXT_EXAMPLE),
        (
            ["--sumary", "a.log"],
            "`--sumary` is not an option of `diagnose`: there are `--json` and `--summary`",
            FILE_EXAMPLE,
        ),
        (["no/such.log"], "cannot read `no/such.log`: No such file or directory", FILE_EXAMPLE),
        (["--", "--json"], "cannot read `--json`: No such file or directory", FILE_EXAMPLE),
        (["a\0b"], "cannot read `ab`: embedded null byte", FILE_EXAMPLE),
        (["."], "cannot read `.`: it is a directory", FILE_EXAMPLE),
    ],
)
def test_a_mistake_is_named_with_an_example(
    words: list[str], complaint: str, example: str, capfdbinary: Captured
) -> None:
    """On standard error, with its own exit code; who means several files or a text reads how to do that."""
    assert diagnose(words) == 2

    printed = capfdbinary.readouterr()
    assert printed.out == b""
    assert printed.err.decode() == f"sfint: {complaint}\nfor example: {example}\n"


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, capfdbinary: Captured) -> None:
    """By somebody who is not its owner: root may read anything."""
    log = log_of(tmp_path, WELL)
    Path(log).chmod(0)

    child = os.fork()
    if child == 0:
        if os.getuid() == 0:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
        code = diagnose([log])
        sys.stderr.flush()
        os._exit(code)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 2
    assert f"sfint: cannot read `{log}`: Permission denied" in capfdbinary.readouterr().err.decode()


@contextmanager
def typed(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program itself, with pipes."""
    command = [sys.executable, "-m", "bot", "diagnose", *words]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_log_that_is_followed_is_answered_line_by_line() -> None:
    """Each answer is there before the next line is written: nobody waits for a buffer to fill."""
    with typed("--json", "-") as process:
        assert process.stdin
        assert process.stdout
        for line in (WELL, DOWN, EXPIRED):
            process.stdin.write(f"{line}\n".encode())
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], 30)
            assert ready
            assert json.loads(process.stdout.readline())["text"] == line
        _, complaint = process.communicate(timeout=30)

    assert process.returncode == 0
    assert complaint == b""


def test_it_needs_no_configuration_and_explains_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whatever folder."""
    monkeypatch.chdir(tmp_path)
    with typed("--help") as process:
        printed, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert b"sfint diagnose [--json] [--summary] FILE|-" in printed
    assert b"Exit codes" in printed
