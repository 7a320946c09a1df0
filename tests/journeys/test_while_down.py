"""While the bot, Slack, a system that it asks or the pager is down: nothing is lost, nothing is invented."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.adapters.clock import SystemClock
from bot.adapters.store.store import open_store
from bot.domain.redaction import Redactor
from bot.ports.inbox import Arrival, Received
from lab.bot_config import Windows
from lab.estate.faults import Fault
from lab.slack.workspace import TEAM_ID
from lab.world import World
from tests.journeys.room import (
    ARNO,
    IVAN,
    RITA,
    Room,
    everything,
    is_event,
    state_of,
    writes,
)
from tests.journeys.stopping import new_report, reports, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
WINDOWS = Windows(watch=0.0)


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def whole(world: World) -> AsyncIterator[None]:
    """Everything works before each test and after it."""
    await running(world)
    yield
    world.kubernetes.faults.clear()
    world.pagerduty.faults.clear()
    await running(world)


async def test_what_was_acknowledged_survives_a_kill(world: World, room: Room) -> None:
    """Three people ask, the bot dies before it has answered any of them: each is answered once, afterwards."""
    known = room.known()
    world.salesforce.faults.add(Fault.slow(1.5))
    for person in (RITA, ARNO, IVAN):
        await room.type(person, "/sfint status")
    await world.bot.kill()
    assert reports(room, known) == []

    await running(world)
    await room.wait(lambda _: len(reports(room, known)) == 3)
    askers = [
        person for person in (RITA, ARNO, IVAN) for each in reports(room, known) if person in everything(each)
    ]
    assert sorted(askers) == sorted((RITA, ARNO, IVAN))


async def test_an_old_question_is_not_run_any_more(world: World, room: Room) -> None:
    """Eleven minutes later nobody waits for the answer: the asker is told, and nothing is started."""
    known, asked = room.known(), len(world.kubernetes.requests)
    await world.bot.kill()
    await _record_in_the_inbox(world, room, "restart-middleware", minutes_ago=11)

    await running(world)
    told = await room.whisper(RITA, known, "while I was down")
    assert "`/sfint restart-middleware`" in everything(told)
    await room.card(RITA, "/sfint status", "sfint_report")
    assert [each for each in room.news(known) if is_event(each, "sfint_plan")] == []
    assert writes(world, asked) == []


async def test_a_question_of_a_short_outage_is_answered(world: World, room: Room) -> None:
    """Nine minutes are not too long."""
    known = room.known()
    await world.bot.kill()
    await _record_in_the_inbox(world, room, "status", minutes_ago=9)

    await running(world)
    await new_report(room, known)


async def _record_in_the_inbox(world: World, room: Room, text: str, *, minutes_ago: int) -> None:
    """What a bot that died had recorded and acknowledged."""
    clock = SystemClock()
    facts = {"user_id": RITA, "team_id": TEAM_ID, "channel_id": room.channel, "text": text, "response_url": ""}
    at = clock.now() - timedelta(minutes=minutes_ago)
    url = f"sqlite:///{world.directory / 'state' / 'sfint.db'}"
    store = await open_store(url, [world.bot.environment["SFINT_INBOX_KEYS"]], Redactor(), clock)
    await store.inbox.record(Received(f"command:{text}:{minutes_ago}", Arrival.COMMAND, facts, at))
    await store.close()


@pytest.mark.parametrize("trouble", ["429", "5xx", "lost acknowledgements"])
async def test_a_status_gets_through_trouble_with_slack(world: World, room: Room, trouble: str) -> None:
    """The report arrives, once; what was asked first is said first."""
    known, faults = room.known(), world.slack.faults
    world.salesforce.faults.add(Fault.slow(0.5))
    if trouble == "lost acknowledgements":
        faults.lose_acks(1)
        typed = await world.slack.type(RITA, room.channel, "/sfint status")
        assert typed.error == "operation_timeout"
        await world.slack.deliver_again(typed.delivery_id, 1)
    else:
        await room.type(RITA, "/sfint status")
        {
            "429": lambda: faults.rate_limit(count=4, retry_after=1),
            "5xx": lambda: faults.server_errors(4),
        }[trouble]()
    await new_report(room, known)
    last = await room.told(RITA, "/sfint runbook redis-failure")
    assert len(reports(room, known)) == 1
    assert last.ts > reports(room, known)[0].ts


@pytest.mark.modes("socket")
async def test_a_status_gets_through_a_cut_socket(world: World, room: Room) -> None:
    """The report arrives, once, and the next question is taken by the next socket."""
    known = room.known()
    world.salesforce.faults.add(Fault.slow(0.5))
    await room.type(RITA, "/sfint status")
    assert world.slack.faults.drop_sockets() >= 1
    await new_report(room, known)
    await world.slack.wait_connected(15.0)
    await room.told(RITA, "/sfint runbook redis-failure")
    assert len(reports(room, known)) == 1


async def test_a_status_comes_at_its_deadline_with_what_is_known(world: World, room: Room) -> None:
    """Kubernetes does not answer and Salesforce is slow: both are unknown, and nobody is paged."""
    paged = len(world.pagerduty.events)
    world.kubernetes.faults.latency_seconds = 600.0
    world.salesforce.faults.add(Fault.silent())
    card = await room.card(RITA, "/sfint status", "sfint_report")
    assert state_of(card) == "unknown"
    assert "no answer within 2 s" in everything(card)
    assert len(world.pagerduty.events) == paged


async def test_one_slow_system_delays_no_other(world: World, room: Room) -> None:
    """Salesforce does not answer at all: Redis and the middleware are well, and said to be."""
    world.salesforce.faults.add(Fault.silent())
    card = await room.card(RITA, "/sfint status", "sfint_report")
    assert state_of(card) == "unknown"
    assert "salesforce-token" in everything(card)
    well = next(line for line in everything(card).splitlines() if "✓" in line)
    assert "redis-sentinel" in well
    assert "middleware-deployment" in well


async def test_redis_that_hangs_is_unknown(world: World, room: Room) -> None:
    """Stopped processes accept connections and say nothing: that is neither well nor a reason to page."""
    paged = len(world.pagerduty.events)
    with hanging_redis(world):
        card = await room.card(RITA, "/sfint status redis", "sfint_report")
    assert state_of(card) == "unknown"
    assert "did not answer" in everything(card) or "no answer" in everything(card)
    assert len(world.pagerduty.events) == paged
    await world.redis.ready(60.0)


@contextlib.contextmanager
def hanging_redis(world: World) -> Iterator[None]:
    """Every Redis and every Sentinel stands still (SIGSTOP)."""
    loops = [
        world.kubernetes.kubelet.container("integrations", world.redis.pod_name(ordinal), container)
        for ordinal in range(3)
        for container in ("redis", "sentinel")
    ]
    processes = [loop.process for loop in loops if loop.process is not None]
    assert len(processes) == 6
    for process in processes:
        process.send(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send(signal.SIGCONT)


async def test_a_page_waits_for_a_pager_that_is_down(world: World, room: Room) -> None:
    """It says `queued` and why for as long as nobody was told, and `accepted` when the provider has it."""
    known = room.known()
    world.pagerduty.faults.add(Fault.unavailable())
    world.salesforce.org.client_secret = "formerly " + world.salesforce.org.client_secret
    world.salesforce.org.revoke_sessions()
    await room.type(RITA, "/sfint status")
    queued = await room.wait(
        lambda each: each.ts not in known and is_event(each, "sfint_page") and "503" in everything(each)
    )
    assert state_of(queued) == "queued"
    assert "not handed over yet" in everything(queued)
    assert world.pagerduty.alerts_of("integrations") == []

    world.pagerduty.faults.clear()
    accepted = await room.until_state(queued, "accepted", seconds=30.0)
    assert "accepted by the provider" in everything(accepted)
    assert len(world.pagerduty.alerts_of("integrations")) == 1
    world.salesforce.org.client_secret = world.salesforce.org.client_secret.removeprefix("formerly ")
    await room.card(RITA, "/sfint status", "sfint_report")
    await room.until_state(queued, "resolved", seconds=30.0)
