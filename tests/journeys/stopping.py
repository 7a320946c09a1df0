"""How a test ends the bot, and what it has to say at that moment."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from bot.adapters.user_agent import USER_AGENT
from lab.estate.faults import Fault
from lab.slack.messages import StoredMessage
from lab.world import World
from tests.journeys.figures import until
from tests.journeys.room import RITA, Room, is_event

GRACE_SECONDS = 60.0
"""What the chart grants before Kubernetes kills."""


async def running(world: World) -> None:
    """Returns when everything works again."""
    world.slack.faults.clear()
    world.salesforce.faults.clear()
    if not world.bot.is_running:
        await world.bot.start()
    await world.bot.until_ready()


async def end(world: World) -> None:
    """SIGTERM, and a good end while Kubernetes still waits for it."""
    world.bot.signal(signal.SIGTERM)
    assert await world.bot.exited(GRACE_SECONDS) == 0, world.bot.tail()


def asked_by_bot(world: World) -> int:
    """How many requests of the bot reached Salesforce; the middleware asks the same org all the time."""
    return sum(request.headers["user-agent"] == USER_AGENT for request in world.salesforce.requests)


async def something_to_say(world: World, room: Room, trouble: Callable[[], None]) -> None:
    """Returns when a report stands in the outbox; the trouble begins while its checks are under way."""
    asked = asked_by_bot(world)
    world.salesforce.faults.add(Fault.slow(1.5))
    await room.type(RITA, "/sfint status")
    async with asyncio.timeout(10.0):
        while True:
            if asked_by_bot(world) > asked:
                break
            await asyncio.sleep(0.02)
    trouble()
    await until(world, lambda seen: seen("sfint_outbox_unsent") >= 1)


def reports(room: Room, known: set[str]) -> list[StoredMessage]:
    """Reports that were not there before."""
    return [message for message in room.news(known) if is_event(message, "sfint_report")]


async def new_report(room: Room, known: set[str]) -> StoredMessage:
    """The first of them, when it comes."""
    return await room.wait(lambda message: message.ts not in known and is_event(message, "sfint_report"))
