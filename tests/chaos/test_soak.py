"""An hour of ordinary use: memory, descriptors, threads and databases of the bot and its Kafka child stay flat."""

from __future__ import annotations

import asyncio
import contextlib
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
"""Ten minutes at least: in the first few the store still fills up with the minute that it keeps."""
_SAMPLE_EVERY_SECONDS = 10.0
_ROUND_SECONDS = 5.0
"""At least; Slack's one message a second and channel makes it about ten: more than a bad night brings."""
_REPAIR_EVERY_ROUNDS = 10
_MEMORY_SLACK = 1.05
_DESCRIPTOR_SLACK = 8
_THREADS_MAX = 48
"""32 that wait for blocking calls, and come one by one; the store's; the durable engine's own."""
_AUDIT_BYTES_A_LINE = 2_000
_LOG_BYTES = 4_200_000
"""SQLite's write-ahead log grows to a thousand pages before it is used again."""
_MEBI = 2**20
_AS_IN_THE_IMAGE = {"MALLOC_ARENA_MAX": "2"}
_RATION = 100_000
"""Datadog's is 300 requests an hour: with those it would be asked for a few minutes only."""
_LOOKUPS = 1_000
"""One person's budget is ten contacts in five minutes: a round asks for one."""
_REPORTS = ("status", "token-test", "livechat", "topics", "integrations")
_STALE = "dial tcp 10.9.9.9:6379: connect: no route to host"


@dataclass(frozen=True)
class Sample:
    """The bot and its Kafka process at one moment; databases with their logs."""

    at: float
    resident: int
    kafka_resident: int
    descriptors: int
    kafka_descriptors: int
    threads: int
    kafka_threads: int
    store_bytes: int
    runs_bytes: int


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS + 300)
async def test_an_hour_of_use_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    """Every command that asks, dry runs, mistakes, refusals, repairs, with everything kept for a minute only."""
    async with contextlib.AsyncExitStack() as stack:
        world = await stack.enter_async_context(World(windows=Windows(cooldown=0.0, watch=2.0)))
        world.bot.environment |= _AS_IN_THE_IMAGE
        await stack.enter_async_context(reconfigured(world, _keep_briefly))
        room, samples = Room(world), list[Sample]()
        for allowance in world.datadog.allowances.values():
            allowance.limit = _RATION
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
    for name in ("resident", "kafka_resident"):
        assert _typical(last, name) < _typical(first, name) * _MEMORY_SLACK, name
    for name in ("descriptors", "kafka_descriptors", "kafka_threads"):
        assert _most(last, name) <= _most(first, name) + _DESCRIPTOR_SLACK, name
    assert _most(last, "threads") <= _THREADS_MAX
    audit_lines = int(verified.out.split()[1])
    assert _typical(last, "store_bytes") < _typical(first, "store_bytes") + audit_lines * _AUDIT_BYTES_A_LINE
    assert _typical(last, "runs_bytes") < _typical(first, "runs_bytes") + _LOG_BYTES + 1_000_000


async def _one_round(room: Room, number: int) -> None:
    for command in _REPORTS:
        await room.card(RITA, f"/sfint {command}", "sfint_report")
    await room.card(RITA, f"/sfint diagnose {_STALE}", "sfint_diagnosis")
    await room.card(RITA, "/sfint contact 5512345678", "sfint_contact")
    await room.card(RITA, "/sfint logs middleware --since 1m", "sfint_diagnosis")
    await room.card(RITA, "/sfint restart-middleware --dry-run", "sfint_plan", "dry-run")
    await room.told(RITA, f"/sfint stauts {number}")
    await room.told(RITA, "/sfint runbook redis-failure")
    await room.told(IVAN, "/sfint restart-middleware")
    if number % _REPAIR_EVERY_ROUNDS == 0:
        plan = await room.card(RITA, "/sfint restart-middleware", "sfint_plan", "waiting")
        await room.click(ARNO, plan, APPROVE)
        await room.progress(payload(plan)["run_id"], "succeeded", seconds=120.0)


def _keep_briefly(settings: dict[str, Any]) -> None:
    minute = 1.0 / 1440.0
    keep = dict.fromkeys(("inbox_days", "outbox_days", "pages_days", "runs_days"), minute)
    settings["store"]["keep"] = {**keep, "prune_every_seconds": 30.0}
    for target in settings["targets"].values():
        target["datadog"]["requests_per_hour"] = _RATION
        target["contact"] = {**target.get("contact", {}), "most_lookups": _LOOKUPS}


def _sample(process: psutil.Process, state: Path, at: float) -> Sample:
    def size(stem: str) -> int:
        return sum(path.stat().st_size for path in state.glob(f"{stem}.db*"))

    (kafka,) = process.children()
    return Sample(
        at=at,
        resident=process.memory_info().rss,
        kafka_resident=kafka.memory_info().rss,
        descriptors=process.num_fds(),
        kafka_descriptors=kafka.num_fds(),
        threads=process.num_threads(),
        kafka_threads=kafka.num_threads(),
        store_bytes=size("sfint"),
        runs_bytes=size("runs"),
    )


def _typical(samples: list[Sample], name: str) -> float:
    return float(statistics.median(getattr(sample, name) for sample in samples))


def _most(samples: list[Sample], name: str) -> int:
    return int(max(getattr(sample, name) for sample in samples))


def _tell(samples: list[Sample], rounds: int, audit: str) -> None:
    lines = [
        f"soak: {rounds} rounds in {samples[-1].at:.0f} s; {audit.strip()}",
        "       s  bot MiB  fds  threads  Kafka MiB  fds  threads  sfint.db MiB  runs.db MiB",
    ]
    lines += [
        f"  {each.at:6.0f}  {each.resident / _MEBI:7.1f}  {each.descriptors:3d}  {each.threads:7d}"
        f"  {each.kafka_resident / _MEBI:9.1f}  {each.kafka_descriptors:3d}  {each.kafka_threads:7d}"
        f"  {each.store_bytes / _MEBI:12.2f}  {each.runs_bytes / _MEBI:11.2f}"
        for each in samples[:: max(1, len(samples) // 12)]
    ]
    os.write(1, ("\n".join(lines) + "\n").encode())
