"""Queues and their agents, asked by SOQL of an org on loopback; not readable is not empty."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.domain.crm_query import QueryAnswer, QueryVerdict
from bot.domain.finding import Outcome
from lab.estate.salesforce import Org, SalesforceStandIn
from lab.estate.salesforce.chat_setup import open_chat_queue
from lab.estate.salesforce.records import eighteen
from tests.bot.adapters.test_salesforce_crm import World as CrmWorld
from tests.bot.checks.chat_world import CHAT, ChatWorld
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
        "whatsapp: queue WhatsApp_Support, 1 active agent, 1 inactive",
        "facebook: queue Facebook Support, 1 active agent",
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


async def test_the_orgs_button_tells_its_queue_where_the_settings_name_none(org: Org, world: ChatWorld) -> None:
    """The first question of the runbook: to which queue is the chat sent?"""
    world.chat = replace(CHAT, queues={})
    open_chat_queue(org, CHAT.buttons["whatsapp"], "Clients Mexico", ["Ada", "Ben"])
    open_chat_queue(org, CHAT.buttons["facebook"], "Clients Peru", [])

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.no-agents", Outcome.DEGRADED)
    assert finding.evidence == (
        "whatsapp: queue Clients Mexico, 2 active agents",
        "facebook: queue Clients Peru, 0 active agents",
    )


async def test_a_button_that_leads_elsewhere_is_told(org: Org, world: ChatWorld) -> None:
    """Agents of the expected queue do not help a chat that goes to another one."""
    org.add_queue("WhatsApp Support", org.add_user("Ada"))
    open_chat_queue(org, CHAT.buttons["whatsapp"], "Holidays", ["Ben"])
    open_chat_queue(org, CHAT.buttons["facebook"], "Facebook Support", ["Eva"])

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.other-queue", Outcome.DEGRADED)
    assert "whatsapp: queue WhatsApp_Support, 1 active agent, but the button leads to Holidays" in finding.evidence


async def test_a_button_without_a_queue_routes_otherwise(org: Org, world: ChatWorld) -> None:
    """By skills; and one that the org does not have leads nowhere."""
    world.chat = replace(CHAT, queues={})
    org.store.add("LiveChatButton", Id=eighteen(CHAT.buttons["whatsapp"]), RoutingType="LeastActive")

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.cannot-tell", Outcome.UNKNOWN)
    assert finding.evidence == (
        "whatsapp: no queue known, it routes by LeastActive, not by a queue",
        "facebook: no queue known, the org has no button of this id",
    )


async def test_a_button_that_may_not_be_read_leaves_the_settings(org: Org, world: ChatWorld) -> None:
    """An org without the object, or a user without the permission: the queue's name is enough."""
    org.add_queue("WhatsApp Support", org.add_user("Ada"))
    org.add_queue("Facebook Support", org.add_user("Eva"))
    org.hidden_fields.add("LiveChatButton")
    named = await world.ask("chat-queue")
    world.chat = replace(CHAT, queues={})
    unnamed = await world.ask("chat-queue")

    assert named.code == "chat-queue.ok"
    assert (unnamed.code, unnamed.outcome) == ("chat-queue.cannot-tell", Outcome.UNKNOWN)
    assert "LiveChatButton" in unnamed.evidence[0]


@pytest.mark.parametrize("hidden", ["Group", "GroupMember", "Group.DeveloperName", "User.IsActive"])
async def test_what_may_not_be_read_cannot_be_told(org: Org, world: ChatWorld, hidden: str) -> None:
    """Objects and fields alike: never "there is nobody"."""
    org.add_queue("WhatsApp Support")
    org.add_queue("Facebook Support")
    org.hidden_fields.add(hidden)

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.cannot-tell", Outcome.UNKNOWN)
    assert f"the integration user may not read {hidden.rpartition('.')[2]}" in finding.evidence[0]


@pytest.mark.parametrize("verdict", [each for each in QueryVerdict if each is not QueryVerdict.OK])
async def test_every_other_answer_cannot_be_told_either(world: ChatWorld, verdict: QueryVerdict) -> None:
    """Log-in refused, limit used up, host away."""
    world.crm = FakeCrm(answers=[QueryAnswer(verdict, error_code="A_CODE", message="its words")])

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.cannot-tell", Outcome.UNKNOWN)
    assert "A_CODE / its words" in finding.evidence[0]


async def test_a_queue_of_which_not_all_members_were_read_is_not_called_empty(world: ChatWorld) -> None:
    """Whoever is missing from the pages that were read may stand on the next one."""
    nobody = QueryAnswer(QueryVerdict.OK, (), total=12_000, is_complete=False)
    queue = {"Id": eighteen("00GACME00000001"), "Name": "Support", "DeveloperName": "Support"}
    groups = QueryAnswer(QueryVerdict.OK, (queue,), total=1, is_complete=True)
    world.chat = replace(CHAT, queues=dict.fromkeys(CHAT.buttons, "Support"))
    world.crm = FakeCrm(answers=[QueryAnswer(QueryVerdict.OK, is_complete=True), groups, nobody])

    finding = await world.ask("chat-queue")

    assert (finding.code, finding.outcome) == ("chat-queue.cannot-tell", Outcome.UNKNOWN)
    assert finding.evidence[0] == "only 0 of 12000 rows were read"
