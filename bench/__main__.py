"""`python -m bench [FILE]`: measures, prints the table, and puts it between the marks of FILE."""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.acks import Figures, compare
from bench.fleet import fleet
from bench.image import image
from bench.recognising import recognising
from bench.whole import Whole, measure
from lab.slack.rate_limits import RateLimits
from lab.slack.server import SlackStandIn
from lab.slack.workspace import acme_workspace

_HELP = {"bare Bolt that only acks": "bare", "sfint": "ours", "(bare Bolt as it comes)": "bare-default"}
_STATUS = {
    "the same with one committed insert": "bare-insert",
    "sfint": "ours",
    "(the insert in a thread)": "bare-thread",
}
_BEGIN, _END = "<!-- bench -->", "<!-- /bench -->"


async def run() -> str:
    """The table, in Markdown."""
    slack = SlackStandIn(acme_workspace(), limits=RateLimits(enforced=False))
    await slack.start()
    with tempfile.TemporaryDirectory(prefix="sfint-bench-") as folder:
        helps = await compare(_HELP, "help", slack, Path(folder))
        statuses = await compare(_STATUS, "status", slack, Path(folder))
    await slack.stop()
    wholes = {mode: await measure(mode) for mode in ("http", "socket")}
    parts = [
        _acks("/sfint help", helps),
        _acks("/sfint status", statuses),
        _whole(wholes),
        recognising(),
        await fleet(),
        image(),
    ]
    return "\n".join([_machine(), *(line for part in parts for line in ("", *part))])


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, load {load:.1f} when it ended."
    )


def _acks(command: str, figures: dict[str, Figures]) -> list[str]:
    reference = next(iter(figures.values()))
    lines = [
        f"| ack of `{command}` | p50 ms | p99 ms | a second | p50 ratio | p99 ratio |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for label, each in figures.items():
        lines.append(
            f"| {label} | {each.p50:.2f} | {each.p99:.2f} | {each.per_second:.0f} "
            f"| {each.p50 / reference.p50:.2f} | {each.p99 / reference.p99:.2f} |"
        )
    return lines


def _whole(wholes: dict[str, Whole]) -> list[str]:
    lines = [
        "| the whole bot | ready after s | RSS MB | ack of a status, ms | complete status s | / slowest check |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for mode, each in wholes.items():
        lines.append(
            f"| `mode: {mode}` | {each.start_seconds:.2f} | {each.resident_megabytes:.0f} "
            f"| {1000 * statistics.median(each.acks):.1f} | {statistics.median(each.statuses):.2f} "
            f"| {statistics.median(each.ratios):.2f} (worst {max(each.ratios):.2f}) |"
        )
    return lines


def _put(file: Path, table: str) -> None:
    text = file.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    file.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}", encoding="utf-8")


def main() -> None:
    """Exit code 0; the judgement is the reader's, for a loaded machine says little."""
    table = asyncio.run(run())
    sys.stdout.write(f"{table}\n")
    if len(sys.argv) > 1:
        _put(Path(sys.argv[1]), table)


if __name__ == "__main__":
    main()
