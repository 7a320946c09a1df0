"""Guests, other companies and shared channels get nothing; a channel without the bot gets the way to invite it."""

from __future__ import annotations

import pytest

from lab.world import INCIDENTS, World
from tests.journeys.room import FIONA, GUS, RANDOM, RITA, SHARED, Room, audit, bot_requests, everything

pytestmark = pytest.mark.asyncio(loop_scope="module")
COMMANDS = ("/sfint status", "/sfint help", "/sfint runbook redis", "/sfint restart-sentinel", "/sfint nonsense")


async def nothing_ran(world: World, asked: int, known: set[str], channel: str) -> None:
    """No system was asked, and nobody else sees anything."""
    said = [each for each in world.slack.messages(channel) if each.ts not in known]
    assert bot_requests(world, asked) == []
    assert all(each.ephemeral_to for each in said)


@pytest.mark.parametrize(
    ("person", "channel", "reason"),
    [
        pytest.param(GUS, INCIDENTS, "guests and bots get nothing here", id="guest"),
        pytest.param(FIONA, SHARED, "you belong to another workspace", id="another workspace"),
        pytest.param(RITA, SHARED, "this channel is shared with another organisation", id="shared channel"),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
async def test_strangers_get_nothing(world: World, person: str, channel: str, reason: str, command: str) -> None:
    """Whatever they type, before it is even parsed: the reason, to them alone."""
    room = Room(world, channel)
    asked, known = len(world.kubernetes.requests), room.known()

    refused = await room.told(person, command)

    assert reason in everything(refused).lower()
    await nothing_ran(world, asked, known, channel)


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_channel_without_the_bot_gets_the_way_to_invite_it(world: World, command: str) -> None:
    """By response_url, which works where the bot cannot post; nothing else runs and nothing is posted."""
    room = Room(world, RANDOM)
    asked, known = len(world.kubernetes.requests), room.known()
    calls = len(world.slack.requests)

    answer = await room.told(RITA, command)

    assert "/invite @sfint" in everything(answer)
    assert not [each.method for each in world.slack.requests[calls:] if each.method.startswith("chat.")]
    await nothing_ran(world, asked, known, RANDOM)


async def test_every_refusal_is_in_the_audit_log(world: World) -> None:
    """Who, where, and why."""
    refused = [line for line in await audit(world) if line["action"] == "command.refused"]

    assert {line["actor"] for line in refused} == {GUS, FIONA, RITA}
    assert len(refused) == 3 * len(COMMANDS)
