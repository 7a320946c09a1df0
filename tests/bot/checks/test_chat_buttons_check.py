"""Availability of the chat buttons: nobody online is no error, and an unknown id is not "nobody"."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.domain.finding import Outcome
from lab.estate.faults import Fault
from tests.bot.checks.chat_world import CHAT, ChatWorld


@pytest.fixture
async def world() -> AsyncIterator[ChatWorld]:
    """Agents are online for both buttons."""
    async with AsyncExitStack() as stack:
        yield await ChatWorld.open(stack)


async def test_agents_online_are_told_with_the_wait(world: ChatWorld) -> None:
    """By the names of the settings."""
    world.legacy.wait_seconds = 25

    finding = await world.ask("chat-buttons")

    assert (finding.code, finding.outcome) == ("chat-buttons.ok", Outcome.OK)
    assert "whatsapp (573ACME00000001): an agent is online, wait about 25 s" in finding.evidence


@pytest.mark.parametrize(
    ("online", "words"),
    [
        ({"573ACME00000001"}, "no agent is online for facebook"),
        (set(), "no agent is online for all 2 chat buttons"),
    ],
)
async def test_nobody_online_is_degraded_and_names_the_button(
    world: ChatWorld, online: set[str], words: str
) -> None:
    """A missing isAvailable is a no."""
    world.legacy.available_buttons = online

    finding = await world.ask("chat-buttons")

    assert (finding.code, finding.outcome) == ("chat-buttons.no-agent", Outcome.DEGRADED)
    assert words in finding.summary


async def test_a_button_that_the_org_does_not_know_is_no_button_without_agents(world: ChatWorld) -> None:
    """It is not in the answer at all."""
    world.chat = replace(CHAT, buttons={"whatsapp": "573ACME00000001", "old": "573ACME00000009"})

    finding = await world.ask("chat-buttons")

    assert (finding.code, finding.outcome) == ("chat-buttons.unknown-id", Outcome.DEGRADED)
    assert "old" in finding.summary


@pytest.mark.parametrize(
    "fault",
    [
        Fault.unavailable(),
        Fault.html(404),
        Fault.html(200),
        Fault.silent(),
        Fault.dropped(),
        Fault.json(200, {"messages": []}),
        Fault.json(200, {"messages": [{"type": "Availability", "message": {"results": 7}}]}),
        Fault.json(400, {}),
    ],
)
async def test_what_cannot_be_told_is_unknown(world: ChatWorld, fault: Fault) -> None:
    """Why is the business of `live-chat`."""
    world.legacy.faults.add(fault)

    finding = await world.ask("chat-buttons")

    assert (finding.code, finding.outcome) == ("chat-buttons.unknown", Outcome.UNKNOWN)


async def test_odd_results_are_read_as_far_as_they_go(world: ChatWorld) -> None:
    """A word for a flag, a wait that is none, and an entry that is no object."""
    results = [
        {"id": "573ACME00000001", "isAvailable": "true", "estimatedWaitTime": True},
        {"id": "573ACME00000002AAA", "isAvailable": True, "estimatedWaitTime": -1},
        7,
    ]
    message = {"messages": [{"type": "Availability", "message": {"results": results}}]}
    world.legacy.faults.add(Fault.json(200, message))

    finding = await world.ask("chat-buttons")

    assert finding.evidence == (
        "whatsapp (573ACME00000001): an agent is online",
        "facebook (573ACME00000002): an agent is online",
    )


async def test_a_moved_org_is_not_one_without_agents(world: ChatWorld) -> None:
    """It is not known here."""
    await world.legacy.moves()

    finding = await world.ask("chat-buttons")

    assert finding.outcome is Outcome.UNKNOWN
    assert "has moved to" in finding.summary
