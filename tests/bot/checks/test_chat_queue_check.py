"""Queues and their agents, asked by SOQL of an org on loopback; not readable is not empty."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.domain.crm_query import QueryAnswer, QueryVerdict
from bot.domain.finding import Outcome
from lab.estate.salesforce import Org, SalesforceStandIn
from tests.bot.adapters.test_salesforce_crm import World as CrmWorld
from tests.bot.checks.chat_world import ChatWorld
from tests.fakes.estate import FakeCrm


@pytest.fixture
def org() -> Org:
    """Its rows."""
    return Org()


@pytest.fixture
async def world(org: Org) -> AsyncIterator[ChatWorld]:
    """The checks with the real adapter in front of that org."""
    async with AsyncExitStack() as stack:
        made = await ChatWorld.open(stack)
        crm = CrmWorld(await stack.enter_async_context(SalesforceStandIn(org)))
        made.crm = crm.crm()
        for adapter in crm.opened:
            stack.push_async_callback(adapter.aclose)
        yield made


async def test_queues_with_agents_are_fine(org: Org, world: ChatWorld) -> None:
    """By the developer name and by the label, active users and inactive ones apart."""
    org.add_queue("WhatsApp Support", org.add_user("Ada"), org.add_user("Ben", is_active=False))
    org.add_queue("Facebook Support", org.add_user("Eva"))

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.ok", Outcome.OK)
    assert finding.evidence == (
        "whatsapp: queue WhatsApp_Support: 1 active agents, 1 inactive users",
        "facebook: queue Facebook Support: 1 active agents",
    )


async def test_a_queue_without_agents_is_named(org: Org, world: ChatWorld) -> None:
    """For the client's admin; an inactive user takes no chat."""
    org.add_queue("WhatsApp Support", org.add_user("Ben", is_active=False))
    org.add_queue("Facebook Support", org.add_user("Eva"))

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.no-agents", Outcome.DEGRADED)
    assert "WhatsApp_Support" in finding.summary
    assert "Facebook" not in finding.summary


async def test_a_group_as_member_is_not_nobody(org: Org, world: ChatWorld) -> None:
    """Its own members are not counted, and that is said."""
    everybody = org.store.add("Group", Name="Everybody", DeveloperName="Everybody", Type="Regular")
    org.add_queue("WhatsApp Support", everybody)
    org.add_queue("Facebook Support", everybody)

    finding = await world.ask("chat-queue")

    assert finding.outcome is Outcome.OK
    assert "1 groups or roles, whose members are not counted" in finding.evidence[0]


async def test_a_queue_that_is_not_there_is_missing(org: Org, world: ChatWorld) -> None:
    """One of two, then both."""
    org.add_queue("WhatsApp Support", org.add_user("Ada"))
    one = await world.ask("chat-queue")
    org.store.rows("Group").clear()
    both = await world.ask("chat-queue")

    assert (one.code, one.outcome) == ("chat-queue.missing", Outcome.DEGRADED)
    assert "no queue Facebook Support" in one.summary
    assert both.code == "chat-queue.missing"


@pytest.mark.parametrize("hidden", ["Group", "GroupMember", "Group.DeveloperName", "User.IsActive"])
async def test_what_may_not_be_read_cannot_be_told(org: Org, world: ChatWorld, hidden: str) -> None:
    """Objects and fields alike: never "there is nobody"."""
    org.add_queue("WhatsApp Support")
    org.add_queue("Facebook Support")
    org.hidden_fields.add(hidden)

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.cannot-tell", Outcome.UNKNOWN)
    assert hidden.rpartition(".")[2] in finding.summary


@pytest.mark.parametrize("verdict", [each for each in QueryVerdict if each is not QueryVerdict.OK])
async def test_every_other_answer_cannot_be_told_either(world: ChatWorld, verdict: QueryVerdict) -> None:
    """Log-in refused, limit used up, host away."""
    world.crm = FakeCrm(answers=[QueryAnswer(verdict, error_code="A_CODE", message="its words")])

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.cannot-tell", Outcome.UNKNOWN)
    assert "A_CODE / its words" in finding.evidence
