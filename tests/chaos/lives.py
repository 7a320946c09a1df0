"""A world whose bot is killed and started again, a repair in it, and what must hold however often it died."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from lab.bot_config import Windows
from lab.bot_process import BotProcess
from lab.estate.kubernetes.http import Asked
from lab.slack.messages import StoredMessage
from lab.world import World
from tests.journeys.room import ARNO, RITA, Room, is_event, payload, sfint, state_of

STATEFULSET = "redis-sentinel-node"
WINDOWS = Windows(failover_timeout=1.0, watch=4.0)
"""Two looks after the repair."""
DYING_BOT = ("-m", "tests.chaos.bot_that_dies")
APPROVALS = ("sfint:decide:approve", "sfint:decide:approve-data-loss")
_REPAIR_SECONDS = 240.0


class Lives:
    """Starts the bot again whenever it was killed; any other end of it is told by `check`."""

    def __init__(self, bot: BotProcess, marks: Path) -> None:
        self.bot = bot
        self.marks = marks
        self.deaths = 0
        self._other_end = ""

    async def live(self) -> None:
        """Runs until cancelled."""
        while True:
            code = await self.bot.exited(3600.0)
            if code != -signal.SIGKILL:
                self._other_end = f"the bot ended with {code}:\n{self.bot.tail()}"
                return
            await self.bot.start()
            self.deaths += 1

    def check(self) -> None:
        """Fails where the bot ended by itself."""
        assert not self._other_end, self._other_end

    def died_at(self) -> set[str]:
        """The boundaries, `<step>@<moment>`."""
        return {mark.name for mark in self.marks.iterdir()}

    async def until_deaths(self, count: int, seconds: float = 60.0) -> None:
        """Waits until it has died so often, and is ready again after the last one."""
        async with asyncio.timeout(seconds):
            while self.deaths < count:
                self.check()
                await asyncio.sleep(0.1)
        await self.bot.until_ready()


@contextlib.asynccontextmanager
async def mortal(
    world: World, *, moments: str = "", step: str = "", signal_number: int = signal.SIGKILL
) -> AsyncIterator[Lives]:
    """The bot of this world, killed at these boundaries and started again; stopped at the end."""
    marks = world.directory / "marks"
    marks.mkdir()
    bot = world.make_bot(module=DYING_BOT)
    bot.environment |= {
        "SFINT_CHAOS_MARKS": str(marks),
        "SFINT_CHAOS_MOMENTS": moments,
        "SFINT_CHAOS_STEP": step,
        "SFINT_CHAOS_SIGNAL": str(int(signal_number)),
    }
    world.bot, lives = bot, Lives(bot, marks)
    await bot.start()
    await bot.until_ready()
    living = asyncio.create_task(lives.live())
    try:
        yield lives
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        await bot.stop()


async def ask(world: World, command: str = "/sfint restart-sentinel") -> StoredMessage:
    """Asks for the repair; the plan card that waits."""
    return await Room(world).card(RITA, command, "sfint_plan", "waiting")


async def approve(world: World, plan: StoredMessage, lives: Lives | None = None) -> str:
    """A second person approves, clicking again where the bot died under the click; the run's id."""
    action = next(each for each in APPROVALS if each in str(plan.blocks))
    async with asyncio.timeout(60.0):
        while True:
            await world.slack.wait_connected(30.0)
            clicked = await world.slack.click(ARNO, Room(world).channel, plan.ts, action)
            if clicked.acked:
                return str(payload(plan)["run_id"])
            assert lives is not None, clicked.error
            lives.check()


async def ended(world: World, run_id: str, *states: str) -> StoredMessage:
    """The progress card in its last state."""
    wanted = states or ("succeeded", "failed", "restored", "stopped")
    return await Room(world).progress(run_id, *wanted, seconds=_REPAIR_SECONDS)


def scales(world: World) -> list[int]:
    """Every count that the bot's writes set on the StatefulSet, in order; refused writes are left out."""
    user = world.kubernetes.bot.name
    return [
        each.body["spec"]["replicas"]
        for each in world.kubernetes.requests
        if (each.verb, each.resource, each.user, each.status) == ("patch", "statefulsets", user, 200)
        and "replicas" in (each.body or {}).get("spec", {})
    ]


def cards(world: World, event: str) -> list[StoredMessage]:
    """What stands in the channel under this event, one entry a card."""
    return [message for message in world.slack.messages(Room(world).channel) if is_event(message, event)]


def replicas(world: World) -> int:
    """What the StatefulSet wants now."""
    return int(world.kubernetes.get("statefulsets", STATEFULSET)["spec"]["replicas"])


def by_hand(world: World, count: int) -> None:
    """A person sets the count, without a precondition, as kubectl scale does."""
    world.kubernetes.patch("statefulsets", STATEFULSET, {"spec": {"replicas": count}})


def scales_to(asked: Asked, body: Any) -> int | None:
    """The count that this request sets on the StatefulSet; None for every other request."""
    if (asked.verb, asked.name) != ("patch", STATEFULSET):
        return None
    count = (body.get("spec") or {}).get("replicas")
    return None if count is None else int(count)


async def assert_repaired_once(world: World, run_id: str) -> None:
    """Down once, up once, one card of each kind, everything serves, and the books agree."""
    assert scales(world) == [0, 1, 3]
    assert await world.redis.agrees()
    assert await world.middleware.serves()
    assert [state_of(card) for card in cards(world, "sfint_plan")] == ["succeeded"]
    assert [(payload(card)["run_id"], state_of(card)) for card in cards(world, "sfint_progress")] == [
        (run_id, "succeeded")
    ]
    assert len(world.pagerduty.alerts) == 1
    await assert_books_are_whole(world)


async def assert_books_are_whole(world: World) -> None:
    """The audit chain is unbroken, whatever the deaths cut off."""
    verified = await sfint(world, "audit", "verify")
    assert verified.code == 0, verified.out + verified.err
