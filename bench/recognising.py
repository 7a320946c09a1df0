"""`sfint diagnose` beside ripgrep with the same signatures, on a log as the middleware writes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench.logs import MEGABYTE, write_log

_LARGE = 1000 * MEGABYTE
_MIDDLE = 300 * MEGABYTE
_SMALL = 30 * MEGABYTE
_COUNTS = (14, 140, 1400, 0)
"""Signatures; 0 is what the runbook has."""
_ROUNDS = 3
_MISSING = "`sfint diagnose` was not measured: ripgrep is missing (apt-get install ripgrep)."


@dataclass(frozen=True)
class Cost:
    """Of one run: seconds on the clock, seconds of processors, and megabytes of the largest of its processes."""

    seconds: float
    processor_seconds: float
    megabytes: float


def recognising() -> list[str]:
    """The tables, in Markdown; one clear line where ripgrep is missing."""
    if shutil.which("rg") is None:
        return [_MISSING]
    with tempfile.TemporaryDirectory(prefix="sfint-bench-") as folder:
        logs = {size: Path(folder) / f"{size}.log" for size in (_LARGE, _MIDDLE, _SMALL)}
        for size, log in logs.items():
            write_log(log, size)
        return [*_summaries(logs[_LARGE], Path(folder)), "", *_forms(logs, Path(folder))]


def _summaries(log: Path, folder: Path) -> list[str]:
    lines = [
        "| 1 GB, by signatures | `sfint` s | CPU s | MB/s | `rg -c` s | CPU s | MB/s | throughput ratio |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for count in _COUNTS:
        patterns, known = _patterns(count, folder)
        ours, theirs = _in_turns(
            [sys.executable, "-m", "bench.diagnosing", str(count), str(log)],
            ["rg", *_ripgrep(patterns), "-c", str(log)],
        )
        lines.append(
            f"| {count or f'{known}, the runbook'} | {ours.seconds:.1f} | {ours.processor_seconds:.1f} "
            f"| {_LARGE / MEGABYTE / ours.seconds:.0f} | {theirs.seconds:.1f} | {theirs.processor_seconds:.1f} "
            f"| {_LARGE / MEGABYTE / theirs.seconds:.0f} | {theirs.seconds / ours.seconds:.2f} |"
        )
    return lines


def _forms(logs: dict[int, Path], folder: Path) -> list[str]:
    patterns, _ = _patterns(0, folder)
    sfint = [sys.executable, "-m", "bot", "diagnose"]
    runs = {
        "`sfint diagnose --json`, 300 MB": [*sfint, "--json", str(logs[_MIDDLE])],
        "`rg --json --passthru`, 300 MB": ["rg", *_ripgrep(patterns), "--json", "--passthru", str(logs[_MIDDLE])],
        "`sfint diagnose --summary`, 300 MB": [*sfint, "--summary", str(logs[_MIDDLE])],
        "`sfint diagnose --summary`, 30 MB": [*sfint, "--summary", str(logs[_SMALL])],
    }
    costs = _in_turns(*runs.values())
    lines = ["| the runbook's signatures | s | CPU s | largest process, MB |", "|---|--:|--:|--:|"]
    for name, cost in zip(runs, costs, strict=True):
        lines.append(f"| {name} | {cost.seconds:.1f} | {cost.processor_seconds:.1f} | {cost.megabytes:.0f} |")
    return lines


def _patterns(count: int, folder: Path) -> tuple[Path, int]:
    """A file for ripgrep, and how many there are."""
    file = folder / f"{count}.txt"
    command = [sys.executable, "-m", "bench.diagnosing", str(count)]
    file.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return file, len(file.read_bytes().splitlines())


def _ripgrep(patterns: Path) -> list[str]:
    """Blind to case, ASCII's classes as ours, and every memory that it may want."""
    return [
        "--ignore-case",
        "--no-unicode",
        "--dfa-size-limit",
        "1G",
        "--regex-size-limit",
        "1G",
        "-f",
        str(patterns),
    ]


def _in_turns(*commands: Sequence[str]) -> list[Cost]:
    """The quickest run of each: what else the machine does only ever adds."""
    best: list[Cost | None] = [None] * len(commands)
    for _ in range(_ROUNDS):
        for nth, command in enumerate(commands):
            cost, known = _run(command), best[nth]
            best[nth] = cost if known is None or cost.seconds < known.seconds else known
    return [cost for cost in best if cost]


def _run(command: Sequence[str]) -> Cost:
    began = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # ripgrep says 1 where nothing was found
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / MEGABYTE)
