"""`/sfint topics` in Slack: topics, readers and load, by the brokers and by Confluent; without access, too."""

from __future__ import annotations

import asyncio

import pytest

from lab.estate.kafka import Resource
from lab.slack.messages import StoredMessage
from lab.world import World
from tests.journeys.room import RITA, Room, everything, payload

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_healthy_kafka_is_told_with_its_load(world: World, room: Room) -> None:
    """Nothing is failing, and the figures are the brokers'."""
    assert "broker offsets" in everything(await _all_well(room))


async def test_a_key_without_rights_is_no_failure_of_kafka(world: World, room: Room) -> None:
    """Unknown, with what to ask DevOps for; nobody is paged."""
    paged = len(world.pagerduty.events)
    rules = [world.bot_key.deny(resource) for resource in Resource]
    try:
        card = await room.card(RITA, "/sfint topics", "sfint_report")
    finally:
        for rule in rules:
            world.bot_key.allow(rule)

    assert {each["outcome"] for each in payload(card)["entries"]} == {"unknown"}
    assert "ask DevOps for an API key" in everything(card)
    assert len(world.pagerduty.events) == paged


async def test_a_key_that_is_refused_is_no_failure_of_kafka(world: World, room: Room) -> None:
    """Our key is revoked, the middleware goes on reading: nobody is paged."""
    paged = len(world.pagerduty.events)
    world.kafka.accounts.revoke(world.bot_key.key)
    await world.kafka.drop(world.bot_key)
    try:
        card = await room.card(RITA, "/sfint topics", "sfint_report")
    finally:
        world.kafka.accounts.admit(world.bot_key)

    assert {each["outcome"] for each in payload(card)["entries"]} <= {"unknown"}
    assert len(world.pagerduty.events) == paged


async def test_confluent_is_asked_for_the_load_where_it_is_configured() -> None:
    """In a world of its own; the figures are Confluent's."""
    async with World(has_confluent=True) as world:
        assert "Confluent metrics" in everything(await _all_well(Room(world)))
        assert world.confluent.requests


async def _all_well(room: Room) -> StoredMessage:
    """The answer. On a machine that does much else a bot just started may say first that it got none in time."""
    async with asyncio.timeout(60):
        while True:
            card = await room.card(RITA, "/sfint topics", "sfint_report")
            outcomes = {each["outcome"] for each in payload(card)["entries"]}
            if outcomes != {"unknown"}:
                assert outcomes == set()
                return card
