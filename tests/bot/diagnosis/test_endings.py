"""`sfint diagnose` is interrupted, loses its log or its reader: it ends as a tool does, and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

LINE = b'{"msg":"Not content events","severity":"info"}\n'
LINES = 400_000


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Large enough to be read for seconds."""
    file = tmp_path / "a.log"
    file.write_bytes(LINE * LINES)
    return file


@contextmanager
def reading(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program, when it has printed its first line and waits for a reader of the others."""
    command = [sys.executable, "-m", "bot", "diagnose", "--json", str(log)]
    with subprocess.Popen(
        command, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_heed_signals
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline().startswith(b'{"text": ')
            yield process
        finally:
            process.kill()


def _heed_signals() -> None:
    """As in a terminal's foreground: who starts the tests by nohup or in the background has these ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def cut_short(log: Path) -> None:
    """As logrotate's `copytruncate` does."""
    os.truncate(log, len(LINE) * 1000)


def grow(log: Path) -> None:
    """As the program that writes it does."""
    with log.open("ab") as file:
        file.write(LINE * 1000)


def replace(log: Path) -> None:
    """As logrotate does."""
    other = log.with_suffix(".new")
    other.write_bytes(LINE)
    other.replace(log)


def test_a_log_that_is_cut_short_is_not_read_to_its_end(log: Path) -> None:
    """What was read is printed; the exit code and a complaint tell that it is not all."""
    with reading(log) as process:
        cut_short(log)
        printed, complaint = process.communicate(timeout=60)

    assert process.returncode == 1
    assert 0 < printed.count(b"\n") < LINES - 1
    assert (
        complaint.decode() == f"sfint: `{log}` could not be read to its end: it was cut short while it was read\n"
    )


@pytest.mark.parametrize("change", [grow, replace, Path.unlink])
def test_a_log_is_read_as_it_was_when_it_was_opened(log: Path, change: Callable[[Path], None]) -> None:
    """Whatever is written behind it, or in its place."""
    with reading(log) as process:
        change(log)
        printed, complaint = process.communicate(timeout=60)

    assert (process.returncode, complaint) == (0, b"")
    assert printed.count(b"\n") == LINES - 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_of_it(log: Path, number: signal.Signals) -> None:
    """At once and without a word; a shell tells 130, 143 or 129, and its loop ends as well."""
    with reading(log) as process:
        workers = psutil.Process(process.pid).children()
        process.send_signal(number)
        assert process.wait(timeout=30) == -number
        assert process.stderr
        complaint = process.stderr.read()

    assert complaint == b""
    assert psutil.wait_procs(workers, timeout=30)[1] == []


def test_whoever_has_seen_enough_may_go(log: Path) -> None:
    """As `| head` does: not a word, and the end that every tool has then."""
    with reading(log) as process:
        workers = psutil.Process(process.pid).children()
        assert process.stdout
        process.stdout.close()
        assert process.wait(timeout=30) == -signal.SIGPIPE
        assert process.stderr
        complaint = process.stderr.read()

    assert complaint == b""
    assert psutil.wait_procs(workers, timeout=30)[1] == []


@pytest.mark.parametrize("nth", [0, 1])
def test_a_process_that_is_killed_is_told(log: Path, nth: int) -> None:
    """As the system does when memory is short; in the middle of a result, which nobody has taken yet."""
    with reading(log) as process:
        workers = psutil.Process(process.pid).children()
        assert len(workers) == len(os.sched_getaffinity(0))
        workers[nth % len(workers)].kill()
        _, complaint = process.communicate(timeout=60)

    assert process.returncode == 1
    assert complaint == b"sfint: one of its processes was killed; is there enough memory?\n"


def test_a_line_without_an_end_takes_no_memory() -> None:
    """Through a pipe neither: it is counted, and its beginning looked at."""
    command = [sys.executable, "-m", "bot", "diagnose", "--summary", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        for _ in range(200):
            process.stdin.write(b"x" * (1 << 20))
        peak = psutil.Process(process.pid).memory_info().rss
        printed, _ = process.communicate(timeout=60)

    assert printed.startswith(b"1 line, none known")
    assert peak < 150 << 20
