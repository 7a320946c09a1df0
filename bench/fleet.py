"""How processor time and memory grow with the number of targets that are asked every minute."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
from dataclasses import dataclass
from typing import Any

import yaml

from lab.bot_config import TARGET
from lab.world import World

_COUNTS = (20, 60, 200)
_ROUNDS = 4
"""The first one opens every connection, and is not counted."""

_CHECK_SECONDS = 20.0
"""All targets share one set of stand-ins, whose slowness is not what is measured."""


@dataclass(frozen=True)
class Round:
    """The median of the counted rounds; memory after the last."""

    seconds: float
    processor_seconds: float
    megabytes: float
    threads: int
    findings: int
    unknown: int


async def fleet() -> list[str]:
    """The table, in Markdown."""
    async with World(with_bot=False) as world:
        measured = {count: await _measure(world, count) for count in _COUNTS}
    first = measured[_COUNTS[0]]
    lines = [
        "| targets, all checks of each | checks a round | CPU s a round | CPU a target, ms | RSS MB | threads "
        "| a round, s | unknown |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for count, each in measured.items():
        milliseconds = 1000 * each.processor_seconds / count
        lines.append(
            f"| {count} | {each.findings} | {each.processor_seconds:.1f} | {milliseconds:.0f} "
            f"| {each.megabytes:.0f} | {each.threads} | {each.seconds:.1f} | {each.unknown} |"
        )
    last, times = measured[_COUNTS[-1]], _COUNTS[-1] / _COUNTS[0]
    processors, memory = last.processor_seconds / first.processor_seconds, last.megabytes / first.megabytes
    lines += ["", f"{times:.0f} times the targets: {processors:.1f} times the CPU, {memory:.1f} times the memory."]
    return lines


async def _measure(world: World, count: int) -> Round:
    config = world.directory / f"fleet-{count}.yml"
    settings = yaml.safe_load(world.bot.config.read_text(encoding="utf-8"))
    settings["targets"] = {f"{TARGET}-{nth}": _alike(settings["targets"][TARGET]) for nth in range(count)}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.fleet_rounds", str(config), str(_ROUNDS),
        env={**os.environ, **world.bot.environment}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"bench.fleet_rounds ended with {process.returncode}")
    rounds: list[dict[str, Any]] = [json.loads(line) for line in printed.splitlines()][1:]
    return Round(
        statistics.median(each["seconds"] for each in rounds),
        statistics.median(each["processor_seconds"] for each in rounds),
        rounds[-1]["megabytes"],
        rounds[-1]["threads"],
        rounds[-1]["findings"],
        max(sum(each["unknown"].values()) for each in rounds),
    )


def _alike(target: dict[str, Any]) -> dict[str, Any]:
    """A target with the same systems; a channel has one default target."""
    alike = {key: value for key, value in target.items() if key != "default_in"}
    return alike | {"timings": {**target["timings"], "check_seconds": _CHECK_SECONDS}}
