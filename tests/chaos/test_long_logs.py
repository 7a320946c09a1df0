"""A log is read in constant memory, however long it is, and however long its lines are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.logs import MEGABYTE, write_log

pytestmark = pytest.mark.chaos


def _megabytes(*words: str, log: Path | None = None) -> float:
    """The largest of the processes."""
    command = [sys.executable, "-m", "bot", "diagnose", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin
        if log is not None:
            with log.open("rb") as file:
                while data := file.read(MEGABYTE):
                    process.stdin.write(data)
        process.stdin.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss * 1024 / MEGABYTE


@pytest.mark.parametrize("options", [["--summary"], ["--json"], []], ids=["summary", "json", "text"])
def test_ten_times_the_log_takes_no_more_memory(options: list[str], tmp_path: Path) -> None:
    """From a file, in several processes."""
    short, long = tmp_path / "short.log", tmp_path / "long.log"
    write_log(short, 30 * MEGABYTE)
    write_log(long, 300 * MEGABYTE)

    assert _megabytes(*options, str(long)) < 1.15 * _megabytes(*options, str(short))


def test_a_pipe_takes_no_more_memory_either(tmp_path: Path) -> None:
    """Although nobody knows how long it will be."""
    short, long = tmp_path / "short.log", tmp_path / "long.log"
    write_log(short, 30 * MEGABYTE)
    write_log(long, 300 * MEGABYTE)

    assert _megabytes("--summary", "-", log=long) < 1.15 * _megabytes("--summary", "-", log=short)


def test_a_line_of_a_hundred_megabytes_takes_no_more_memory(tmp_path: Path) -> None:
    """A file without a single newline, and the same through a pipe."""
    short, endless = tmp_path / "short.log", tmp_path / "endless.log"
    write_log(short, 30 * MEGABYTE)
    endless.write_bytes(b"redis " * (100 * MEGABYTE // 6))
    usual = _megabytes("--json", str(short))

    assert _megabytes("--json", str(endless)) < 1.15 * usual
    assert _megabytes("--json", "-", log=endless) < 1.15 * usual
