"""Every system down at once: one complete answer at the deadline, within Slack's limits, worst first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
import pytest_asyncio

from bot.domain.finding import Outcome
from lab.estate.faults import Fault
from lab.slack.messages import StoredMessage
from lab.world import World
from tests.journeys.room import RITA, Room, everything, payload, state_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHECK_SECONDS = 2.0
CHARACTERS = 12_000
_WORST_FIRST = [outcome.value for outcome in Outcome]


def peers(world: World) -> Sequence[object]:
    """The stand-ins that speak HTTP, Kubernetes apart."""
    return (
        world.salesforce,
        world.live_agent,
        world.datadog,
        world.argocd,
        world.integrations.registrations,
        world.confluent,
    )


@pytest_asyncio.fixture(loop_scope="module")
async def healing(world: World) -> AsyncIterator[None]:
    """Whatever a test breaks is whole again afterwards."""
    yield
    world.kubernetes.faults.clear()
    world.kafka.faults.clear()
    for peer in peers(world):
        peer.faults.clear()  # type: ignore[attr-defined]


def _break_all(world: World, fault: Callable[[], Fault]) -> None:
    for peer in peers(world):
        peer.faults.add(fault())  # type: ignore[attr-defined]


async def status(room: Room) -> StoredMessage:
    """Rita asks."""
    return await room.card(RITA, "/sfint status", "sfint_report")


@pytest.mark.usefixtures("healing")
async def test_everything_silent(world: World, room: Room) -> None:
    """Each check says that it got no answer; the whole takes one deadline, and nobody is paged."""
    world.kubernetes.faults.latency_seconds = 30.0
    world.kafka.faults.is_silent = True
    _break_all(world, Fault.silent)
    paged = len(world.pagerduty.events)

    began = asyncio.get_running_loop().time()
    card = await status(room)
    seconds = asyncio.get_running_loop().time() - began

    assert state_of(card) == "unknown"
    assert seconds < 2 * CHECK_SECONDS + 1.0
    is_complete_and_fits(card)
    assert len(world.pagerduty.events) == paged


@pytest.mark.usefixtures("healing")
async def test_everything_answers_with_errors(world: World, room: Room) -> None:
    """500 from everybody: still one card, worst first."""
    world.kubernetes.faults.server_error(times=None)
    world.kafka.faults.answers_garbage = True
    _break_all(world, lambda: Fault.html(500))

    card = await status(room)

    assert state_of(card) in ("unknown", "failing")
    is_complete_and_fits(card)


async def test_and_everybody_is_asked_again(world: World, room: Room) -> None:
    """Once they answer, nothing is unknown, and what was dead is not believed dead. Traces may be told."""

    async def is_known() -> bool:
        return state_of(await status(room)) in ("ok", "degraded")

    await world.until(is_known, 30.0, "every system is asked again")


def is_complete_and_fits(card: StoredMessage) -> None:
    """Every check is named, in the order of badness, under the limit."""
    told = payload(card)["entries"]
    outcomes = [each["outcome"] for each in told]
    text = everything(card)
    assert len(told) >= 15
    assert outcomes == sorted(outcomes, key=_WORST_FIRST.index)
    assert "more findings" not in text
    assert "Traceback" not in text
    assert "itself broke" not in text
    assert len(card.text) + sum(len(piece) for block in card.blocks for piece in _texts(block)) < CHARACTERS


def _texts(node: object) -> list[str]:
    """Every text that a reader sees."""
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [text for value in node.values() if not isinstance(value, str) for text in _texts(value)]
    return [text for each in node for text in _texts(each)] if isinstance(node, list) else []
