"""SIGTERM while somebody else does not answer: it holds up nothing, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from lab.bot_config import Windows
from lab.estate.otlp_collector import OtlpCollector
from lab.slack.faults import Faults
from lab.world import World
from tests.journeys.room import RITA, Room, reconfigured
from tests.journeys.stopping import end, new_report, reports, running, something_to_say

pytestmark = pytest.mark.asyncio(loop_scope="module")
WINDOWS = Windows(watch=0.0)
TROUBLE: dict[str, Callable[[Faults], None]] = {
    "answers 503": lambda faults: faults.server_errors(10_000),
    "hangs": lambda faults: faults.latency(600.0),
}


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def whole(world: World) -> None:
    """Everything works before each test."""
    await running(world)


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_a_slack_that_is_down_does_not_hold_up_the_end(world: World, room: Room, trouble: str) -> None:
    """What could not be said is kept, and said once by the next bot."""
    known = room.known()
    await something_to_say(world, room, lambda: TROUBLE[trouble](world.slack.faults))
    await end(world)
    assert not reports(room, known)
    await running(world)

    await new_report(room, known)
    assert len(reports(room, known)) == 1


async def test_a_bot_that_waits_for_slack_at_its_start_ends_at_once(world: World) -> None:
    """It never became ready, and nobody need wait for that."""
    await end(world)
    world.slack.faults.server_errors(10_000)
    begun = len(world.slack.requests)
    await world.bot.start()
    async with asyncio.timeout(20.0):
        while True:
            if len(world.slack.requests) > begun:
                break
            await asyncio.sleep(0.02)

    await end(world)


async def test_a_collector_of_traces_that_is_silent_does_not_hold_up_the_end(world: World, room: Room) -> None:
    """Traces are worth less than an end in time."""
    collector = OtlpCollector()
    await collector.start()
    collector.is_silent = True

    def trace(settings: dict[str, Any]) -> None:
        settings["tracing"] = {"otlp_endpoint": collector.url}

    async with reconfigured(world, trace):
        await room.card(RITA, "/sfint status", "sfint_report")
        await end(world)
    await collector.stop()
