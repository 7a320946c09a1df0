"""`/sfint livechat` in Slack: the packet for Salesforce's support, and nothing left behind at the host."""

from __future__ import annotations

import pytest

from lab.world import World
from tests.journeys.room import RITA, Room, everything, payload

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_healthy_live_chat_shows_the_packet_and_keeps_no_session(world: World, room: Room) -> None:
    """Address, request and answer, masked; the session was opened and deleted; agents are counted."""
    opened = len(world.live_agent.deleted)
    card = everything(await room.card(RITA, "/sfint livechat", "sfint_report"))

    keys = world.live_agent.deleted[opened:]
    assert len(keys) == 1
    assert keys[0] not in card
    assert f"GET {world.live_agent.url}/chat/rest/System/SessionId" in card
    assert "clientPollTimeout" in card
    assert "agents are online for whatsapp" in card
    assert "agents are assigned to every queue" in card


async def test_a_host_that_turns_us_away_names_the_retirement(world: World, room: Room) -> None:
    """A retired endpoint is one of the candidates, told with its page of the runbook."""
    fault = world.live_agent.retires()
    try:
        card = await room.card(RITA, "/sfint livechat", "sfint_report")
    finally:
        world.live_agent.faults.remove(fault)

    named = {each["entry"] for each in payload(card)["entries"] if each["outcome"] == "failing"}
    assert named == {"no-livechat-events"}
    assert "retired on 14 Feb 2026" in everything(card)
