"""SIGTERM: the bot takes nothing more in, says what it can, and ends in time; nothing acknowledged is lost."""

from __future__ import annotations

import pytest
import pytest_asyncio

from lab.bot_config import Windows
from lab.estate.faults import Fault
from lab.world import World
from tests.journeys.room import RITA, Room
from tests.journeys.stopping import end, new_report, reports, running, something_to_say

pytestmark = pytest.mark.asyncio(loop_scope="module")
WINDOWS = Windows(watch=0.0)


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def whole(world: World) -> None:
    """Everything works before each test."""
    await running(world)


async def test_an_idle_bot_ends_at_once(world: World) -> None:
    """There is nothing to wait for."""
    await end(world)


async def test_a_request_under_way_is_answered_by_the_next_bot(world: World, room: Room) -> None:
    """It was acknowledged, so it is not lost; and it is answered once."""
    known = room.known()
    world.salesforce.faults.add(Fault.silent())
    await room.type(RITA, "/sfint status")
    await end(world)
    assert not reports(room, known)
    await running(world)

    await new_report(room, known)
    assert len(reports(room, known)) == 1


async def test_what_is_to_be_said_is_sent_before_the_end(world: World, room: Room) -> None:
    """Slack is slow; the outbox is emptied all the same."""
    known = room.known()
    await something_to_say(world, room, lambda: world.slack.faults.latency(0.7))
    await end(world)

    assert len(reports(room, known)) == 1
