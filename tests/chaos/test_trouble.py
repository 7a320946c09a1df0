"""Trouble around a repair: another request, a person's hand, a silent API server, a stop, a lost book."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
import yaml

from lab.bot_config import Windows
from lab.estate.kubernetes.http import Asked, Dropped
from lab.slack.messages import StoredMessage
from lab.world import World
from tests.chaos.lives import (
    APPROVALS,
    approve,
    ask,
    assert_books_are_whole,
    by_hand,
    cards,
    ended,
    replicas,
    scales,
    scales_to,
)
from tests.journeys.room import (
    ADA,
    ARNO,
    RITA,
    Room,
    audit,
    everything,
    is_event,
    payload,
    sfint,
    state_of,
    writes,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[World]:
    """One world for the module."""
    async with World(windows=Windows(failover_timeout=1.0, cooldown=0.1, watch=0.0)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: World) -> AsyncIterator[World]:
    """Whole before the test and after it."""
    shared.kubernetes.requests.clear()
    yield shared
    shared.kubernetes.observe(None)
    await shared.redis.restart_from_zero()
    await shared.middleware.until_ready()


class WhenScaled:
    """Does something once, in the moment when the bot's write to this count has been carried out."""

    def __init__(self, count: int, act: Callable[[], None], *, moment: str = "carried out") -> None:
        self._count = count
        self._act = act
        self._moment = moment
        self.is_done = asyncio.Event()

    async def __call__(self, moment: str, asked: Asked, body: Any) -> None:
        """Told by the API server."""
        if scales_to(asked, body) == self._count and moment == self._moment and not self.is_done.is_set():
            self._act()
            self.is_done.set()


class Outage:
    """The API server is gone as soon as it has scaled to zero, until `is_over`."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()
        self.is_over = False

    async def __call__(self, moment: str, asked: Asked, body: Any) -> None:
        """Told by the API server."""
        if self.has_begun.is_set() and not self.is_over:
            raise Dropped
        if scales_to(asked, body) == 0 and moment == "carried out":
            self.has_begun.set()


class Held:
    """Holds the bot's write to zero back, until `is_over`."""

    def __init__(self) -> None:
        self.is_over = asyncio.Event()
        self.is_answered = asyncio.Event()

    async def __call__(self, moment: str, asked: Asked, body: Any) -> None:
        """Told by the API server."""
        if scales_to(asked, body) != 0:
            return
        if moment == "received":
            await self.is_over.wait()
        else:
            self.is_answered.set()


async def test_two_ask_at_the_same_moment_and_a_third_repairs_by_hand(world: World) -> None:
    """One card, one refusal; and once it is approved the plan fits no more: nothing is changed."""
    await world.redis.strand_all_on_dead_master()
    room, known = Room(world), Room(world).known()
    await asyncio.gather(*(room.type(person, "/sfint restart-sentinel") for person in (RITA, ARNO)))
    card = await room.wait(lambda each: each.ts not in known and state_of(each) == "waiting")
    asker = asker_of(card)
    other = ARNO if asker == RITA else RITA
    refused = await room.whisper(other, known, "is waiting already")
    assert f"<@{asker}>" in everything(refused)
    assert [state_of(each) for each in room.news(known) if is_event(each, "sfint_plan")] == ["waiting"]

    await world.redis.restart_from_zero()
    world.kubernetes.requests.clear()
    await room.click(ADA, card, next(each for each in APPROVALS if each in str(card.blocks)))

    stopped = await room.until_state(card, "stopped")
    assert "the world changed since the approval" in everything(stopped)
    assert writes(world) == []


async def test_a_person_scales_up_while_the_pods_go(world: World) -> None:
    """Between 0 and 1 somebody sets 4: the run stops, shrinks nothing and leaves no zero."""
    world.kubernetes.observe(WhenScaled(0, lambda: by_hand(world, 4)))

    card = await ended(world, await begin(world))

    assert state_of(card) == "restored"
    assert "somebody scaled" in everything(card)
    assert scales(world) == [0, 4]
    assert replicas(world) == 4


async def test_a_person_scales_up_under_the_write_to_one(world: World) -> None:
    """The write to 1 meets a person's 2: a conflict, another look, and then all of N."""
    world.kubernetes.observe(WhenScaled(1, lambda: by_hand(world, 2), moment="received"))

    card = await ended(world, await begin(world))

    assert state_of(card) == "restored"
    assert "somebody else changed it" in everything(card)
    assert scales(world) == [0, 3]
    assert replicas(world) == 3


async def test_a_short_outage_at_zero_is_sat_out(world: World) -> None:
    """The API server is away for some seconds: the run goes on where it was."""
    outage = Outage()
    world.kubernetes.observe(outage)
    run_id = await begin(world)
    await asyncio.wait_for(outage.has_begun.wait(), 60.0)
    await asyncio.sleep(4.0)  # the length of the outage is the thing under test
    outage.is_over = True

    assert state_of(await ended(world, run_id)) == "succeeded"
    assert scales(world) == [0, 1, 3]


async def test_an_outage_longer_than_its_patience_is_outlasted(world: World) -> None:
    """The step gives up, the compensation does not: it asks until the API server is back."""
    async with impatient(world):
        outage = Outage()
        world.kubernetes.observe(outage)
        run_id = await begin(world)
        await progress_with(world, run_id, "❌ Bring the replicas back to 3")
        outage.is_over = True

        card = await ended(world, run_id)
    assert state_of(card) == "restored"
    assert "cannot be reached" in everything(card)
    assert scales(world) == [0, 3]
    assert replicas(world) == 3


async def test_a_write_that_was_given_up_arrives_late_and_is_refused(world: World) -> None:
    """The API server holds the write to 0 until the run has stopped: the late write is a conflict then."""
    held = Held()
    async with impatient(world):
        world.kubernetes.observe(held)
        card = await ended(world, await begin(world))
        held.is_over.set()
        await asyncio.wait_for(held.is_answered.wait(), 10.0)

    assert state_of(card) == "stopped"
    assert "Nothing was changed" in everything(card)
    assert scales(world) == []
    assert [write.status for write in writes(world) if write.body.get("spec") == {"replicas": 0}] == [409]
    assert replicas(world) == 3


async def test_a_stop_in_the_middle_of_a_run_is_quick_and_the_run_goes_on_later(world: World) -> None:
    """SIGTERM at zero: exit code 0, with no need of a SIGKILL; the next start finishes the run."""
    stopping = WhenScaled(0, lambda: None)
    world.kubernetes.observe(stopping)
    run_id = await begin(world)
    await asyncio.wait_for(stopping.is_done.wait(), 60.0)
    await world.bot.stop()
    assert world.bot.exit_code == 0
    assert replicas(world) == 0

    await world.bot.start()
    assert state_of(await ended(world, run_id)) == "succeeded"
    assert scales(world) == [0, 1, 3]


async def test_the_engines_book_is_lost_at_zero_and_the_replicas_come_back(world: World) -> None:
    """runs.db is gone: the book of runs still knows what was begun, and it is brought back without a hand."""
    run_id = await die_at_zero(world)
    for left in (world.directory / "state").glob("runs.db*"):
        left.unlink()

    await world.bot.start()
    card = await ended(world, run_id)

    assert state_of(card) == "restored"
    assert scales(world) == [0, 3]
    assert replicas(world) == 3
    assert "run.taken-up" in [line["action"] for line in await audit(world)]
    assert [state_of(each) for each in cards(world, "sfint_progress") if payload(each)["run_id"] == run_id] == [
        "restored"
    ]


async def test_every_book_is_lost_at_zero_and_the_way_up_is_offered(world: World) -> None:
    """Only the annotation is left: status tells of it, and restart-sentinel offers to scale up to its count."""
    await world.redis.scale(4)
    await world.redis.ready()
    await die_at_zero(world)
    for left in (world.directory / "state").iterdir():
        left.unlink()
    await world.bot.start()
    await world.bot.until_ready()

    report = await Room(world).card(RITA, "/sfint status redis", "sfint_report")
    assert "a run of ours scaled Redis to 0" in everything(report)
    plan = await ask(world)
    assert "Scale Redis Sentinel up to 4" in everything(plan)
    card = await ended(world, await approve(world, plan))

    assert state_of(card) == "succeeded"
    assert scales(world) == [0, 1, 4]
    assert replicas(world) == 4
    await assert_books_are_whole(world)


async def test_a_person_gets_the_same_offer_after_a_death_at_one(world: World) -> None:
    """Every book lost between 1 and N: the terminal shows the plan for the rest of the way."""
    await die_at_zero(world, count=1)
    for left in (world.directory / "state").iterdir():
        left.unlink()

    shown = await sfint(world, "restart-sentinel", "--dry-run")

    assert "Scale Redis Sentinel up to 3" in shown.out, shown.out + shown.err
    await world.bot.start()
    await world.bot.until_ready()


@contextlib.asynccontextmanager
async def impatient(world: World) -> AsyncIterator[None]:
    """The bot started anew, so that a step which cannot reach a system gives up soon; as before afterwards."""
    former = world.bot.config.read_text()
    settings = yaml.safe_load(former)
    settings["targets"]["acme-prod"]["timings"] |= {"outage_seconds": 0.5, "gone_seconds": 1.0}
    await start_anew(world, yaml.safe_dump(settings))
    try:
        yield
    finally:
        await start_anew(world, former)


async def start_anew(world: World, settings: str) -> None:
    """Stops the bot and starts it with these settings."""
    await world.bot.stop()
    world.bot.config.write_text(settings)
    await world.bot.start()
    await world.bot.until_ready()


def asker_of(card: StoredMessage) -> str:
    """Who asked, as the card says."""
    return next(person for person in (RITA, ARNO) if f"asked by <@{person}>" in everything(card))


async def begin(world: World) -> str:
    """Breaks it, asks and approves; the run's id."""
    await world.redis.strand_all_on_dead_master()
    return await approve(world, await ask(world))


async def die_at_zero(world: World, *, count: int = 0) -> str:
    """The bot is killed when its write to this count was carried out; the run's id."""
    dying = WhenScaled(count, lambda: world.bot.signal(signal.SIGKILL))
    world.kubernetes.observe(dying)
    run_id = await begin(world)
    await asyncio.wait_for(dying.is_done.wait(), 60.0)
    await world.bot.exited()
    return run_id


async def progress_with(world: World, run_id: str, words: str) -> StoredMessage:
    """The progress card, once it says this."""
    return await Room(world).wait(
        lambda each: (
            payload(each).get("run_id") == run_id and words in json.dumps(each.blocks, ensure_ascii=False)
        ),
        90.0,
    )
