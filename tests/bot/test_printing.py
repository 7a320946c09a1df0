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
    ("command", "code"),
    [
        ("diagnose nosuch.log 2>&-", 2),
        ("stauts 2>&-", 2),
        ("diagnose README.md 2>&-", 0),
        ("diagnose README.md >&- 2>&-", 1),
        ("diagnose README.md <&- >&- 2>&-", 1),
    ],
)
def test_nobody_needs_to_listen_to_complaints(command: str, code: int) -> None:
    """Without a standard error the exit code still tells, and no other file takes the place of what is closed."""
    assert run(f"{SFINT} {command}").returncode == code


def test_a_closed_standard_input_is_no_empty_log() -> None:
    """Nor is a log that is named kept from being read by it."""
    closed = run(f"{SFINT} diagnose - <&-")
    named = run(f"{SFINT} diagnose --json README.md <&-")

    assert (closed.returncode, closed.stderr) == (
        1,
        "sfint: `-` could not be read to its end: Bad file descriptor\n",
    )
    assert (named.returncode, named.stderr) == (0, "")
    assert '{"text": "# sfint", "matches": []}\n' in named.stdout


@pytest.mark.parametrize("command", ["help", "diagnose --help"])
def test_what_is_printed_is_utf_8_in_every_locale(command: str) -> None:
    """A cron job's is ASCII."""
    ended = run(f"{SFINT} {command}", LC_ALL="POSIX", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout
