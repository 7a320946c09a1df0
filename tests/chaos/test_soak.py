"""An hour of ordinary use: memory, file descriptors and the databases of the bot stay flat."""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab.bot_config import Windows
from lab.world import World
from tests.journeys.room import APPROVE, ARNO, IVAN, RITA, Room, payload, reconfigured, sfint

SECONDS = float(os.environ.get("SFINT_SOAK_SECONDS", "3600"))
_SAMPLE_EVERY_SECONDS = 10.0
_ROUND_SECONDS = 5.0
"""At least: twelve rounds a minute are more than a bad night brings."""
_REPAIR_EVERY_ROUNDS = 20
_MEMORY_SLACK = 1.15
_DESCRIPTOR_SLACK = 8
_AUDIT_BYTES_A_LINE = 2_000


@dataclass(frozen=True)
class Sample:
    """The bot at one moment: resident bytes, open descriptors, bytes of both databases with their logs."""

    at: float
    resident: int
    descriptors: int
    store_bytes: int
    runs_bytes: int


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS + 300)
async def test_an_hour_of_use_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    """Status, token test, dry runs, mistakes, refusals and repairs, with everything kept for a minute only."""
    async with World(windows=Windows(cooldown=0.0, watch=2.0)) as world, reconfigured(world, _keep_briefly):
        room, samples = Room(world), []
        process, state = psutil.Process(world.bot.pid), world.directory / "state"
        began = time.monotonic()
        for number in itertools.count(1):
            await asyncio.gather(_one_round(room, number), asyncio.sleep(_ROUND_SECONDS))
            if not samples or time.monotonic() - began - samples[-1].at > _SAMPLE_EVERY_SECONDS:
                samples.append(_sample(process, state, time.monotonic() - began))
            if time.monotonic() - began > SECONDS:
                break
        verified = await sfint(world, "audit", "verify")

    with capsys.disabled():
        _tell(samples, number, verified.out)
    assert verified.code == 0, verified.out
    first, last = samples[len(samples) // 4 : len(samples) // 2], samples[-len(samples) // 4 :]
    assert _typical(last, "resident") < _typical(first, "resident") * _MEMORY_SLACK
    assert max(each.descriptors for each in last) <= max(each.descriptors for each in first) + _DESCRIPTOR_SLACK
    audit_lines = int(verified.out.split()[1])
    assert _typical(last, "store_bytes") < _typical(first, "store_bytes") + audit_lines * _AUDIT_BYTES_A_LINE
    assert _typical(last, "runs_bytes") < _typical(first, "runs_bytes") * 1.5 + 1_000_000


async def _one_round(room: Room, number: int) -> None:
    await room.card(RITA, "/sfint status", "sfint_report")
    await room.card(RITA, "/sfint token-test", "sfint_report")
    known = room.known()
    await room.type(RITA, "/sfint stauts")
    await room.whisper(RITA, known)
    known = room.known()
    await room.type(IVAN, "/sfint restart-middleware")
    await room.whisper(IVAN, known)
    await room.card(RITA, "/sfint restart-middleware --dry-run", "sfint_plan", "dry-run")
    if number % _REPAIR_EVERY_ROUNDS == 0:
        plan = await room.card(RITA, "/sfint restart-middleware", "sfint_plan", "waiting")
        await room.click(ARNO, plan, APPROVE)
        await room.progress(payload(plan)["run_id"], "succeeded", seconds=120.0)


def _keep_briefly(settings: dict[str, Any]) -> None:
    minute = 1.0 / 1440.0
    keep = dict.fromkeys(("inbox_days", "outbox_days", "pages_days", "runs_days"), minute)
    settings["store"]["keep"] = {**keep, "prune_every_seconds": 30.0}


def _sample(process: psutil.Process, state: Path, at: float) -> Sample:
    def size(stem: str) -> int:
        return sum(path.stat().st_size for path in state.glob(f"{stem}.db*"))

    return Sample(at, process.memory_info().rss, process.num_fds(), size("sfint"), size("runs"))


def _typical(samples: list[Sample], name: str) -> float:
    return statistics.median(getattr(sample, name) for sample in samples)


def _tell(samples: list[Sample], rounds: int, audit: str) -> None:
    lines = [f"soak: {rounds} rounds in {samples[-1].at:.0f} s; {audit.strip()}"]
    lines += [
        f"  {sample.at:6.0f} s  RSS {sample.resident / 2**20:6.1f} MiB  fds {sample.descriptors:3d}"
        f"  sfint.db {sample.store_bytes / 2**20:6.2f} MiB  runs.db {sample.runs_bytes / 2**20:6.2f} MiB"
        for sample in samples[:: max(1, len(samples) // 12)]
    ]
    os.write(1, ("\n".join(lines) + "\n").encode())
