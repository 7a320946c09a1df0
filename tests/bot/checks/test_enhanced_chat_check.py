"""Enhanced Chat, the successor: a token is asked for and forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.domain.finding import Outcome
from lab.estate.faults import Fault
from lab.ports import free_port
from tests.bot.checks.chat_world import ChatWorld


@pytest.fixture
async def world() -> AsyncIterator[ChatWorld]:
    """Healthy at first."""
    async with AsyncExitStack() as stack:
        yield await ChatWorld.open(stack)


async def test_a_token_that_comes_is_enough(world: ChatWorld) -> None:
    """It is not shown, and no conversation is begun."""
    finding = await world.ask("enhanced-chat")

    (token,) = world.successor.tokens
    assert (finding.code, finding.outcome) == ("enhanced-chat.ok", Outcome.OK)
    assert not any(part in " ".join(finding.evidence) for part in token.split("."))
    assert world.successor.conversations == {}


async def test_a_wrong_organisation_is_a_mistake_of_the_settings_first(world: ChatWorld) -> None:
    """400."""
    finding = await world.ask("enhanced-chat", enhanced=world.enhanced(organization_id="00DOTHER0000001"))

    assert (finding.code, finding.outcome) == ("enhanced-chat.ids-refused", Outcome.DEGRADED)


async def test_a_deployment_that_is_gone_is_failing(world: ChatWorld) -> None:
    """404, with the host's words."""
    finding = await world.ask("enhanced-chat", enhanced=world.enhanced(name="Gone"))

    assert (finding.code, finding.outcome) == ("enhanced-chat.refused", Outcome.FAILING)
    assert any("deployment was not found" in line for line in finding.evidence)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.unavailable(), "unreachable"),
        (Fault.silent(), "unreachable"),
        (Fault.dropped(), "unreachable"),
        (Fault.html(200), "unreadable"),
        (Fault.json(200, {"accessToken": ""}), "unreadable"),
        (Fault.json(200, {"token": "eyJhbGciOi"}), "unreadable"),
    ],
)
async def test_what_cannot_be_asked_or_read_is_unknown(world: ChatWorld, fault: Fault, code: str) -> None:
    """And repeats nothing that may be a secret of another kind."""
    world.successor.faults.add(fault)

    finding = await world.ask("enhanced-chat")

    assert (finding.code, finding.outcome) == (f"enhanced-chat.{code}", Outcome.UNKNOWN)
    assert not any("eyJ" in line for line in finding.evidence)


async def test_a_refused_connection_is_unknown(world: ChatWorld) -> None:
    """Nobody listens there."""
    finding = await world.ask("enhanced-chat", enhanced=world.enhanced(url=f"http://127.0.0.1:{free_port()}"))

    assert (finding.code, finding.outcome) == ("enhanced-chat.unreachable", Outcome.UNKNOWN)
