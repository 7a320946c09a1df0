"""Standard streams that are full, closed or not read: a word, an exit code that tells, and no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

SFINT = f"{sys.executable} -m bot"
COMMANDS = ["help", "version", "runbook redis-failure", "diagnose --help", "diagnose - <<< 'no route to host'"]


def run(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """In a shell, as it is typed."""
    words = ["bash", "-o", "pipefail", "-c", line]
    return subprocess.run(
        words, capture_output=True, text=True, encoding="utf-8", timeout=60, env={**os.environ, **environment}
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("where", "reason"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")]
)
def test_what_cannot_be_printed_is_told(command: str, where: str, reason: str) -> None:
    """It is standard output that failed, not what was read."""
    ended = run(f"{SFINT} {command} {where}")

    assert (ended.returncode, ended.stderr) == (1, f"sfint: cannot write to standard output: {reason}\n")


def test_whoever_reads_may_go_before_the_first_word() -> None:
    """A shell tells it as of every other tool."""
    ended = run(f"{SFINT} help | true")

    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize(
    ("command", "code"), [("diagnose nosuch.log", 2), ("stauts", 2), ("diagnose - <<< 'no route'", 0)]
)
def test_nobody_needs_to_listen_to_complaints(command: str, code: int) -> None:
    """Without a standard error the exit code still tells."""
    assert run(f"{SFINT} {command} 2>&-").returncode == code


def test_a_log_does_not_take_the_place_of_a_closed_stream(tmp_path: os.PathLike[str]) -> None:
    """The next file that is opened would be standard input, or be written to."""
    log = os.path.join(tmp_path, "a.log")
    with open(log, "w", encoding="utf-8") as file:
        file.write("no route to host\n")

    ended = run(f"{SFINT} diagnose --json {log} <&- 2>&-")
    closed = run(f"{SFINT} diagnose - <&-")

    assert (ended.returncode, ended.stdout.count("no route to host")) == (0, 1)
    assert (closed.returncode, closed.stderr) == (
        1,
        "sfint: `-` could not be read to its end: Bad file descriptor\n",
    )


@pytest.mark.parametrize("command", ["help", "diagnose --help"])
def test_what_is_printed_is_utf_8_in_every_locale(command: str) -> None:
    """A cron job's is ASCII."""
    ended = run(f"{SFINT} {command}", LC_ALL="POSIX", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout
