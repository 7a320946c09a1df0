"""The whole bot in the rehearsal world: start, memory, and how long a complete status takes beside its checks."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass

import aiohttp
import psutil
from prometheus_client.parser import text_string_to_metric_families

from lab.estate.faults import Fault
from lab.slack.messages import StoredMessage
from lab.world import INCIDENTS, REQUESTER, World

_ASKED = 12
_WARM_UP = 3
_SLOW_SECONDS = 0.5
"""What Salesforce is made to take for each answer: in the field some check always waits for the network."""
_BETWEEN_SECONDS = 1.2
"""More than the lab's Salesforce answers are remembered, and a pace that Slack allows in one channel."""


@dataclass(frozen=True)
class Whole:
    """Seconds, megabytes, and the ratio of each status to its slowest check."""

    start_seconds: float
    resident_megabytes: float
    acks: list[float]
    statuses: list[float]
    ratios: list[float]


async def measure(mode: str) -> Whole:
    """A world of its own, healthy, with Slack in this mode."""
    async with World(mode=mode, with_bot=False) as world:
        began = time.perf_counter()
        await world.bot.start()
        await world.bot.until_ready()
        started = time.perf_counter() - began
        world.salesforce.faults.add(Fault(delay_seconds=_SLOW_SECONDS))
        taken = [await _status(world) for _ in range(_WARM_UP + _ASKED)][_WARM_UP:]
        resident = psutil.Process(world.bot.pid).memory_info().rss / 1e6
    acks, statuses, slowest = (list(column) for column in zip(*taken, strict=True))
    return Whole(
        started,
        resident,
        acks,
        statuses,
        [status / check for status, check in zip(statuses, slowest, strict=True)],
    )


async def _status(world: World) -> tuple[float, float, float]:
    """Seconds from typing to the ack, from typing to the complete report, and those of the slowest check."""
    known = {message.ts for message in world.slack.messages(INCIDENTS)}
    before = await _checks(world)
    began = time.perf_counter()
    typed = await world.slack.type(REQUESTER, INCIDENTS, "/sfint status")
    acked = time.perf_counter() - began
    if not typed.acked:
        raise RuntimeError(f"not acknowledged: {typed.error}")
    await world.slack.wait_for(lambda each: _is_report(each, known), channel_id=INCIDENTS, timeout=30.0)
    complete = time.perf_counter() - began
    after = await _checks(world)
    await asyncio.sleep(_BETWEEN_SECONDS)
    return acked, complete, max(after[check] - before.get(check, 0.0) for check in after)


def _is_report(message: StoredMessage, known: set[str]) -> bool:
    return message.ts not in known and (message.metadata or {}).get("event_type") == "sfint_report"


async def _checks(world: World) -> dict[str, float]:
    """Check -> the seconds that it has taken in all, as the bot's own metrics tell."""
    url = f"http://127.0.0.1:{world.bot.health_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        families = text_string_to_metric_families(await answer.text())
    seconds: defaultdict[str, float] = defaultdict(float)
    for sample in (sample for family in families for sample in family.samples):
        if sample.name == "sfint_check_seconds_sum":
            seconds[sample.labels["check"]] += sample.value
    return dict(seconds)
