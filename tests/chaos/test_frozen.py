"""A process that stood still while a person changed the workload: it reads again, and does not scale down."""

from __future__ import annotations

import asyncio
from typing import Any

from lab.bot_process import BotProcess
from lab.estate.kubernetes.http import Asked
from lab.slack.messages import StoredMessage
from lab.world import World
from tests.chaos.lives import (
    STATEFULSET,
    WINDOWS,
    Lives,
    approve,
    ask,
    assert_books_are_whole,
    by_hand,
    cards,
    ended,
    mortal,
    replicas,
    scales,
    scales_to,
)
from tests.journeys.room import everything, state_of

_SCALE_DOWN = "02 statefulset.scale"
_BUSY = 73


async def test_a_frozen_bot_keeps_the_lock_and_yields_to_a_person() -> None:
    """Frozen with its write on the way; a second bot refuses to start; a person rescales; then it wakes."""
    async with World(windows=WINDOWS, with_bot=False) as world, mortal(world) as lives:
        await world.redis.strand_all_on_dead_master()
        freezer = FreezeBeforeWrite(lives.bot)
        world.kubernetes.observe(freezer)
        run_id = await approve(world, await ask(world))
        await asyncio.wait_for(freezer.is_frozen.wait(), 60.0)

        second = BotProcess(lives.bot.config, lives.bot.environment, 0, world.directory / "second.log")
        await second.start()
        assert await second.exited() == _BUSY
        assert "two bots on one database would carry out a repair twice" in second.tail()
        assert str(lives.bot.pid) in second.tail()
        by_hand(world, 2)
        freezer.may_go_on.set()
        await asyncio.wait_for(freezer.is_answered.wait(), 10.0)
        lives.bot.thaw()

        await assert_nothing_was_changed(world, await ended(world, run_id), "wants 2 replicas", left_at=2)
        lives.check()


async def test_a_change_that_was_taken_back_is_seen_by_the_generation() -> None:
    """Frozen after it had read three replicas; a person scales to four and back to three; then it wakes."""
    async with (
        World(windows=WINDOWS, with_bot=False) as world,
        mortal(world, moments="before", step=_SCALE_DOWN, signal_number=0) as lives,
    ):
        await world.redis.strand_all_on_dead_master()
        freezer = FreezeAfterReading(lives)
        world.kubernetes.observe(freezer)
        run_id = await approve(world, await ask(world))
        await asyncio.wait_for(freezer.is_frozen.wait(), 60.0)
        by_hand(world, 4)
        by_hand(world, 3)
        lives.bot.thaw()

        await assert_nothing_was_changed(world, await ended(world, run_id), "changed it back", left_at=3)
        lives.check()


async def assert_nothing_was_changed(world: World, card: StoredMessage, reason: str, *, left_at: int) -> None:
    """Its one write was refused with a conflict; the cards say why it stopped; the workload is the person's."""
    assert state_of(card) == "stopped"
    assert reason in everything(card)
    assert "Nothing was changed" in everything(card)
    assert [state_of(plan) for plan in cards(world, "sfint_plan")] == ["stopped"]
    assert scales(world) == []
    bot = world.kubernetes.bot.name
    answers = [
        each.status
        for each in world.kubernetes.requests
        if (each.verb, each.name, each.user) == ("patch", STATEFULSET, bot)
    ]
    assert answers == [409]
    assert replicas(world) == left_at
    await assert_books_are_whole(world)


class FreezeBeforeWrite:
    """Freezes the bot when its write to 0 arrives, and holds that write until `may_go_on`."""

    def __init__(self, bot: BotProcess) -> None:
        self._bot = bot
        self.is_frozen = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.is_answered = asyncio.Event()

    async def __call__(self, moment: str, asked: Asked, body: Any) -> None:
        """Told by the API server."""
        if scales_to(asked, body) != 0:
            return
        if moment == "received":
            self._bot.freeze()
            self.is_frozen.set()
            await self.may_go_on.wait()
        else:
            self.is_answered.set()


class FreezeAfterReading:
    """Freezes the bot with the answer that the scale-down decides by on its way: the second of that step."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self._readings = 0
        self.is_frozen = asyncio.Event()

    async def __call__(self, moment: str, asked: Asked, body: Any) -> None:
        """Told by the API server."""
        reads = (moment, asked.verb, asked.name) == ("carried out", "get", STATEFULSET)
        if not reads or self.is_frozen.is_set() or f"{_SCALE_DOWN}@before" not in self._lives.died_at():
            return
        self._readings += 1
        if self._readings == 2:
            self._lives.bot.freeze()
            self.is_frozen.set()
