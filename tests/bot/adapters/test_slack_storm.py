"""Slack in trouble for a while, by 429, 5xx, cut connections and lost answers: all arrives, in order, once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.adapters.slack import OverSocket, build_slack
from bot.adapters.slack_pace import Pace
from bot.adapters.slack_sender import Patience, SlackSender
from bot.adapters.store.store import Store
from bot.ports.outbox import Manner
from lab.slack.server import SlackStandIn
from tests.bot.adapters.lossy_way import LossyWay

CHANNELS = ("C0INCSF001", "C0OPSAUDIT", "C0VENDOR01")
PATIENCE = Patience(first_seconds=0.05, longest_seconds=0.5)


@pytest.fixture
async def sender(slack_world: SlackStandIn, store: Store) -> AsyncIterator[SlackSender]:
    """Started, over a way on which every ninth answer to a post is lost."""
    way = LossyWay(slack_world.api_url, "chat.postMessage", every=9)
    slack = await build_slack(
        bot_token=slack_world.bot_token, way=OverSocket(slack_world.app_token), api_url=await way.start()
    )
    started = SlackSender(slack.web, store.outbox, pace=Pace(per_second=1e6, burst=1000), patience=PATIENCE)
    await started.start()
    yield started
    await started.stop(drain_seconds=0.0)
    await slack.close()
    await way.stop()


def body(key: str) -> dict[str, Any]:
    """A card that says its own key."""
    return {"text": key, "metadata": {"event_type": "sfint_notice", "event_payload": {"key": key}}}


async def weather(world: SlackStandIn, chance: random.Random) -> None:
    """Never long fine, never the same for long."""
    while True:
        match chance.randrange(4):
            case 0:
                world.faults.rate_limit(seconds=chance.random(), retry_after=1)
            case 1:
                world.faults.server_errors(chance.randrange(1, 8), status=chance.choice([500, 502, 503, 504]))
            case 2:
                world.faults.latency(chance.random() / 10)
            case _:
                world.faults.clear()
        await asyncio.sleep(0.3)


async def storm(world: SlackStandIn, store: Store, sender: SlackSender, seconds: float) -> dict[str, list[str]]:
    """Puts cards and replies for so long; what was put, by thread, in order."""
    chance = random.Random(11)
    raging = asyncio.create_task(weather(world, chance))
    loop = asyncio.get_running_loop()
    until, put = loop.time() + seconds, dict[str, list[str]]()
    while loop.time() < until:
        channel = chance.choice(CHANNELS)
        threads = [key for key in put if key.startswith(channel)]
        if len(threads) < 4:
            thread, key = None, f"{channel}:{len(threads)}"
            put[key] = []
        else:
            thread = chance.choice(threads)
            key = f"{thread}:{len(put[thread])}"
            put[thread].append(key)
        await store.outbox.put(key, channel, Manner.POST, thread, body(key))
        sender.wake()
        await asyncio.sleep(0.1)
    raging.cancel()
    await asyncio.gather(raging, return_exceptions=True)
    world.faults.clear()
    return put


def threads_of(world: SlackStandIn) -> dict[str, list[str]]:
    """What stands in Slack, by thread, in order."""
    found: dict[str, list[str]] = {}
    for channel in CHANNELS:
        messages = world.messages(channel)
        heads = {each.ts: each.text for each in messages if not each.is_reply}
        assert len(heads) == len(set(heads.values())), "a card stands twice"
        found |= {text: [] for text in heads.values()}
        for each in messages:
            if each.is_reply:
                found[heads[str(each.thread_ts)]].append(each.text)
    return found


@pytest.mark.parametrize(
    "seconds", [6.0, pytest.param(60.0, marks=[pytest.mark.chaos, pytest.mark.timeout(300)], id="a minute")]
)
async def test_a_storm_loses_nothing_doubles_nothing_and_keeps_the_order(
    slack_world: SlackStandIn, store: Store, sender: SlackSender, seconds: float
) -> None:
    """Every card once, every reply once in the thread of its card, in the order of putting."""
    put = await storm(slack_world, store, sender, seconds)
    sender.wake()
    async with asyncio.timeout(120.0):
        await sender.drained()

    assert await store.outbox.lag() == 0
    assert sum(map(len, put.values())) > 4 * seconds
    assert threads_of(slack_world) == put
    refused = [call.status for call in slack_world.requests if call.status != 200]
    assert 429 in refused
    assert any(status >= 500 for status in refused)
