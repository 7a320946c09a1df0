"""`config check --live` about the live chat: mistakes of the settings are told; the state of the day is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.domain.crm_query import QueryAnswer, QueryVerdict
from bot.domain.proof import Proof, Standing
from bot.ports.estate import Estate
from bot.usecases.prove_live_chat import live_chat_questions
from bot.usecases.prove_settings import prove_settings
from lab.estate.faults import Fault
from tests.bot.checks.chat_world import CHAT, ChatWorld
from tests.bot.checks.check_world import TARGET
from tests.fakes.estate import FakeCrm, fake_estate

_NOBODY = QueryAnswer(QueryVerdict.OK, is_complete=True)
_QUEUES = tuple(
    {"Id": f"00G{n}", "Name": name, "DeveloperName": name} for n, name in enumerate(CHAT.queues.values())
)


@pytest.fixture
async def world() -> AsyncIterator[ChatWorld]:
    """All right, and nobody assigned to the queues or online."""
    async with AsyncExitStack() as stack:
        made = await ChatWorld.open(stack)
        made.crm = FakeCrm(answers=[_NOBODY, QueryAnswer(QueryVerdict.OK, _QUEUES, is_complete=True), _NOBODY])
        made.legacy.available_buttons.clear()
        yield made


async def _proofs(world: ChatWorld, estate: Estate | None = None) -> dict[str, Proof]:
    questions = live_chat_questions(world.target(), estate or world.estate())
    return {proof.what: proof for proof in await prove_settings(questions)}


async def test_a_day_without_agents_is_no_mistake(world: ChatWorld) -> None:
    """Four questions, all proved; no session is left."""
    proofs = await _proofs(world)

    assert {what: proof.standing for what, proof in proofs.items()} == dict.fromkeys(
        ("one session", "chat buttons", "queues", "Enhanced Chat"), Standing.OK
    )
    assert world.legacy.sessions == {}


async def test_wrong_ids_and_forbidden_rows_are_missing_and_say_what_to_set(world: ChatWorld) -> None:
    """Each with its own setting; a user that may not read the queues does for all the rest."""
    world.crm = FakeCrm(answers=[QueryAnswer(QueryVerdict.INVALID_TYPE, blamed="Group")])
    agent, enhanced = world.agent(organization_id="00DOTHER0000001"), world.enhanced(name="Gone")

    proofs = await _proofs(world, world.estate(agent=agent, enhanced=enhanced))

    assert {what: proof.standing for what, proof in proofs.items()} == {
        "one session": Standing.MISSING,
        "chat buttons": Standing.MISSING,
        "queues": Standing.OPTIONAL,
        "Enhanced Chat": Standing.MISSING,
    }
    assert "targets.acme-prod.live_chat: chat_url" in proofs["one session"].fix
    assert "the integration user may not read Group" in proofs["queues"].detail


async def test_a_host_that_is_away_proves_nothing(world: ChatWorld) -> None:
    """Neither right nor wrong."""
    world.legacy.faults.add(Fault.dropped())

    proofs = await _proofs(world)

    assert proofs["one session"].standing is Standing.UNKNOWN
    assert proofs["chat buttons"].standing is Standing.UNKNOWN


def test_a_target_without_live_chat_is_not_asked() -> None:
    """No question."""
    assert live_chat_questions(TARGET, fake_estate()) == ()
