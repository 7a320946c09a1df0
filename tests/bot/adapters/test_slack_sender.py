"""The sender against the strict stand-in: nothing lost, nothing twice, in order, whatever Slack does."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from bot.adapters.slack import OverSocket, Slack, build_slack
from bot.adapters.slack_pace import Pace
from bot.adapters.slack_sender import Patience, SlackSender
from bot.adapters.store.store import Store
from bot.ports.outbox import Manner
from lab.slack.rate_limits import RateLimits
from lab.slack.server import SlackStandIn
from lab.slack.workspace import acme_workspace
from tests.bot.adapters.lossy_way import LossyWay

CHANNEL = "C0INCSF001"
RITA = "U0RITA001"
IMPATIENT = Patience(first_seconds=0.02, longest_seconds=0.1, parent_seconds=2.0)


def card(key: str, text: str) -> dict[str, Any]:
    """A body as the chat adapter puts it."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
    return {
        "text": text,
        "blocks": blocks,
        "metadata": {"event_type": "sfint_notice", "event_payload": {"key": key}},
    }


async def put(store: Store, sender: SlackSender, key: str, text: str, thread: str | None = None) -> None:
    """Puts a card and wakes the sender, as the chat adapter does."""
    await store.outbox.put(key, CHANNEL, Manner.POST, thread, card(key, text))
    sender.wake()


async def drained(sender: SlackSender, seconds: float = 20.0) -> None:
    """Waits until everything is sent."""
    sender.wake()
    async with asyncio.timeout(seconds):
        await sender.drained()


def texts(world: SlackStandIn) -> list[str]:
    """What stands in the channel, in order."""
    return [message.text for message in world.messages(CHANNEL) if not message.deleted]


async def test_messages_of_a_channel_arrive_in_order(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """Ten cards put at once are posted once each, in the order of putting."""
    for nth in range(10):
        await put(store, sender, f"card-{nth}", f"card {nth}")

    await sender.start()
    await drained(sender)

    assert texts(slack_world) == [f"card {nth}" for nth in range(10)]
    assert await store.outbox.lag() == 0


async def test_an_edit_changes_the_one_message(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """A card put again under its key is edited, never posted a second time."""
    await sender.start()
    await put(store, sender, "card", "one")
    await drained(sender)
    await put(store, sender, "card", "two")
    await drained(sender)

    (message,) = slack_world.messages(CHANNEL)
    assert message.text == "two"
    assert message.edited == 1


async def test_edits_that_pile_up_collapse(slack_world: SlackStandIn, store: Store, sender: SlackSender) -> None:
    """Twenty versions that waited go out as one message in the latest version."""
    for nth in range(20):
        await put(store, sender, "card", f"version {nth}")

    await sender.start()
    await drained(sender)

    (message,) = slack_world.messages(CHANNEL)
    assert message.text == "version 19"
    assert message.edited == 0


async def test_a_card_that_slack_refuses_leaves_its_words(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """Posted and edited: nobody waits in vain for an answer because a block of it was wrong."""
    wrong = card("card", "one") | {"blocks": [{"type": "marquee"}]}
    await store.outbox.put("card", CHANNEL, Manner.POST, None, wrong)
    await sender.start()
    await drained(sender)
    (first,) = texts(slack_world)
    await put(store, sender, "card", "two")
    await drained(sender)
    (second,) = texts(slack_world)
    await store.outbox.put("card", CHANNEL, Manner.POST, None, wrong | {"text": "three"})
    await drained(sender)

    (message,) = slack_world.messages(CHANNEL)
    assert (first, second) == ("one\n(Slack refused the card itself.)", "two")
    assert (message.text, message.blocks) == ("three\n(Slack refused the card itself.)", [])


async def test_metadata_that_slack_refuses_costs_no_message(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """The card stands there whole; only the bot will not find it again."""
    wrong = card("card", "one") | {"metadata": {"event_type": "sfint_notice", "event_payload": "no object"}}
    await store.outbox.put("card", CHANNEL, Manner.POST, None, wrong)

    await sender.start()
    await drained(sender)

    (message,) = slack_world.messages(CHANNEL)
    assert message.text == "one"
    assert message.blocks


async def test_a_429_storm_delays_and_loses_nothing(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """Retry-After is honoured; no message is posted twice and none is looked for in vain."""
    slack_world.faults.rate_limit(count=3, retry_after=1)
    for nth in range(3):
        await put(store, sender, f"card-{nth}", f"card {nth}")

    began = asyncio.get_running_loop().time()
    await sender.start()
    await drained(sender)

    assert texts(slack_world) == ["card 0", "card 1", "card 2"]
    assert asyncio.get_running_loop().time() - began >= 2.0
    assert not [call for call in slack_world.requests if call.method == "conversations.history"]


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_5xx_storm_is_outlasted(
    slack_world: SlackStandIn, store: Store, sender: SlackSender, status: int
) -> None:
    """Twelve failures in a row cost time only."""
    slack_world.faults.server_errors(12, status=status)
    for nth in range(3):
        await put(store, sender, f"card-{nth}", f"card {nth}")

    await sender.start()
    await drained(sender)

    assert texts(slack_world) == ["card 0", "card 1", "card 2"]


async def test_a_post_whose_answer_was_never_recorded_is_found_and_not_repeated(
    slack_world: SlackStandIn, slack: Slack, store: Store, sender: SlackSender
) -> None:
    """A process died between Slack's ok and its own record: the next one edits the message that is there."""
    body = card("card", "before the crash")
    await store.outbox.put("card", CHANNEL, Manner.POST, None, body)
    await store.outbox.attempting("card")
    await slack.web.chat_postMessage(channel=CHANNEL, **body)

    await sender.start()
    await drained(sender)

    (message,) = slack_world.messages(CHANNEL)
    row = await store.outbox.row("card")
    assert row is not None
    assert row.ts == message.ts


async def test_a_reply_whose_answer_was_never_recorded_is_found_in_its_thread(
    slack_world: SlackStandIn, slack: Slack, store: Store, sender: SlackSender
) -> None:
    """The search looks into the thread, where conversations.history does not reach."""
    await sender.start()
    await put(store, sender, "card", "card")
    await drained(sender)
    parent = await store.outbox.row("card")
    assert parent is not None
    body = card("reply", "reply")
    await slack.web.chat_postMessage(channel=CHANNEL, thread_ts=parent.ts, **body)
    await store.outbox.put("reply", CHANNEL, Manner.POST, "card", body)
    await store.outbox.attempting("reply")
    await drained(sender)

    assert Counter(texts(slack_world)) == {"card": 1, "reply": 1}


async def test_a_post_that_was_attempted_and_never_arrived_is_posted(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """A process died before Slack had it: looked for, not found, posted."""
    await store.outbox.put("card", CHANNEL, Manner.POST, None, card("card", "at last"))
    await store.outbox.attempting("card")

    await sender.start()
    await drained(sender)

    assert texts(slack_world) == ["at last"]


async def test_a_reply_put_before_its_card_waits_for_it(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """The page's notice is put before the report that it belongs to, and still stands in its thread."""
    await sender.start()
    await put(store, sender, "reply", "reply", thread="card")
    await asyncio.sleep(0.05)
    await put(store, sender, "card", "card")
    await drained(sender)

    first, second = slack_world.messages(CHANNEL)
    assert (first.text, second.text) == ("card", "reply")
    assert second.thread_ts == first.ts


async def test_a_reply_to_a_deleted_card_is_said_in_the_channel(
    slack_world: SlackStandIn, slack: Slack, store: Store, sender: SlackSender
) -> None:
    """Somebody deleted the card: the reply is not lost."""
    await sender.start()
    await put(store, sender, "card", "card")
    await drained(sender)
    row = await store.outbox.row("card")
    assert row is not None
    assert row.ts is not None
    await slack.web.chat_delete(channel=CHANNEL, ts=row.ts)
    await put(store, sender, "reply", "reply", thread="card")
    await put(store, sender, "card", "card again")
    await drained(sender)

    assert texts(slack_world) == ["card again", "reply"] or texts(slack_world) == ["reply", "card again"]


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("C0NOWHERE1", "channel_not_found"),
        ("C0RANDOM01", "not_in_channel"),
    ],
)
async def test_what_slack_refuses_for_good_is_recorded_and_blocks_nothing(
    slack_world: SlackStandIn, store: Store, sender: SlackSender, channel: str, code: str
) -> None:
    """The next message of the same channel goes out all the same."""
    await store.outbox.put("bad", channel, Manner.POST, None, card("bad", "bad"))
    await put(store, sender, "good", "good")

    await sender.start()
    await drained(sender)

    assert texts(slack_world) == ["good"]
    assert await store.outbox.lag() == 0
    refused = [call.error for call in slack_world.requests if call.method == "chat.postMessage"]
    assert code in refused


async def test_a_refusal_without_a_reason_is_outlasted(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """A proxy says 403 for a moment: the message waits and goes out."""
    slack_world.faults.server_errors(5, status=403)
    await put(store, sender, "card", "card")

    await sender.start()
    await drained(sender)

    assert texts(slack_world) == ["card"]


async def test_a_refusal_without_a_reason_does_not_hold_up_the_channel_for_ever(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """After some tries the message is given up, recorded as refused, and the next one goes out."""
    slack_world.faults.server_errors(IMPATIENT.unexplained_tries, status=404)
    await put(store, sender, "bad", "bad")
    await put(store, sender, "good", "good")

    await sender.start()
    await drained(sender)

    assert texts(slack_world) == ["good"]
    assert await store.outbox.lag() == 0


async def test_a_response_url_is_seen_by_one_person(
    slack_world: SlackStandIn, slack: Slack, store: Store, sender: SlackSender
) -> None:
    """The answer appears for the asker alone, without chat.postEphemeral."""
    url = await response_url(slack_world, slack)
    await store.outbox.put("w", CHANNEL, Manner.RESPONSE_URL, None, answer_body(url))

    await sender.start()
    await drained(sender)

    _, answer = slack_world.messages(CHANNEL)
    assert (answer.text, answer.ephemeral_to) == ("only you", RITA)
    assert "chat.postEphemeral" not in [call.method for call in slack_world.requests]


async def test_a_used_up_response_url_falls_back_to_an_ephemeral_message(
    slack_world: SlackStandIn, slack: Slack, store: Store, sender: SlackSender
) -> None:
    """Five uses are over: the asker still gets the answer."""
    url = await response_url(slack_world, slack)
    for _ in range(5):
        await slack.session.post(url, json={"text": "used"})
    await store.outbox.put("w", CHANNEL, Manner.RESPONSE_URL, None, answer_body(url))

    await sender.start()
    await drained(sender)

    answer = slack_world.messages(CHANNEL)[-1]
    assert (answer.text, answer.ephemeral_to) == ("only you", RITA)
    assert slack_world.requests[-1].method == "chat.postEphemeral"


async def test_an_error_under_http_200_falls_back_as_well(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """Slack's own way to say no: nothing was shown, whatever the status."""

    async def refuse(request: web.Request) -> web.Response:
        assert request.path == "/commands/gone"
        return web.json_response({"ok": False, "error": "used_url"})

    async with serving(refuse) as address:
        await store.outbox.put("w", CHANNEL, Manner.RESPONSE_URL, None, answer_body(f"{address}/commands/gone"))
        await sender.start()
        await drained(sender)

    (message,) = slack_world.messages(CHANNEL)
    assert (message.text, message.ephemeral_to) == ("only you", RITA)


@asynccontextmanager
async def serving(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """Somebody on loopback who answers every POST so; their address."""
    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_response_url_that_nobody_serves_falls_back_too(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """An unreachable address is given up after a few tries, while Slack itself answers."""
    await store.outbox.put("w", CHANNEL, Manner.RESPONSE_URL, None, answer_body("http://127.0.0.1:9/nobody"))

    await sender.start()
    await drained(sender)

    (message,) = slack_world.messages(CHANNEL)
    assert message.ephemeral_to == RITA


async def test_a_file_is_uploaded_into_its_thread(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """Evidence stands under the card, with its bytes."""
    await put(store, sender, "card", "card")
    body = {"filename": "evidence.txt", "title": "Evidence", "content": "línea 1\nline 2\n"}
    await store.outbox.put("file", CHANNEL, Manner.FILE, "card", body)

    await sender.start()
    await drained(sender)

    parent, shared = slack_world.messages(CHANNEL)
    stored = slack_world.world.files.get(shared.files[0]["id"])
    assert shared.thread_ts == parent.ts
    assert stored is not None
    assert stored.content == "línea 1\nline 2\n".encode()


async def test_an_upload_interrupted_after_slack_had_it_is_not_repeated(
    slack_world: SlackStandIn, store: Store, sender: SlackSender
) -> None:
    """The file is found by its name in the thread."""
    body = {"filename": "evidence-1.txt", "title": "Evidence", "content": "line"}
    await store.outbox.put("file", CHANNEL, Manner.FILE, None, body)
    await sender.start()
    await drained(sender)
    await store.outbox.put("again", CHANNEL, Manner.FILE, None, body)
    await store.outbox.attempting("again")
    await drained(sender)

    assert len(slack_world.messages(CHANNEL)) == 1


async def test_one_slow_channel_delays_no_other(slack_world: SlackStandIn, slack: Slack, store: Store) -> None:
    """Lanes are independent: a channel that used up its rate does not hold up the next."""
    sender = SlackSender(slack.web, store.outbox, pace=Pace(per_second=0.5, burst=1), patience=IMPATIENT)
    for nth in range(3):
        await store.outbox.put(f"slow-{nth}", CHANNEL, Manner.POST, None, card(f"slow-{nth}", "slow"))
    await store.outbox.put("quick", "C0OPSAUDIT", Manner.POST, None, card("quick", "quick"))
    await sender.start()
    sender.wake()

    await slack_world.wait_for(lambda message: message.text == "quick", channel_id="C0OPSAUDIT", timeout=2.0)

    assert len(slack_world.messages(CHANNEL)) < 3
    await sender.stop(drain_seconds=0.0)


async def test_the_default_pace_keeps_within_slacks_own_limit(store: Store) -> None:
    """A Slack that enforces one message a second never has to say 429."""
    strict = SlackStandIn(acme_workspace(), limits=RateLimits(post_per_second=1.0, post_burst=5))
    await strict.start()
    slack = await build_slack(bot_token=strict.bot_token, way=OverSocket(strict.app_token), api_url=strict.api_url)
    sender = SlackSender(slack.web, store.outbox)
    for nth in range(7):
        await put(store, sender, f"card-{nth}", f"card {nth}")
    await sender.start()
    await drained(sender)

    assert texts(strict) == [f"card {nth}" for nth in range(7)]
    assert not [call for call in strict.requests if call.status == 429]
    await sender.stop()
    await slack.close()
    await strict.stop()


@pytest.mark.parametrize("thread", [None, "parent"])
async def test_a_post_whose_answer_was_lost_on_the_way_is_not_repeated(
    slack_world: SlackStandIn, store: Store, thread: str | None
) -> None:
    """Slack had it, the connection broke: it is found by its key, in the channel or in the thread."""
    way = LossyWay(slack_world.api_url, "chat.postMessage", losses=3)
    built = await build_slack(
        bot_token=slack_world.bot_token, way=OverSocket(slack_world.app_token), api_url=await way.start()
    )
    sender = SlackSender(built.web, store.outbox, patience=IMPATIENT)
    await put(store, sender, "parent", "parent")
    await put(store, sender, "card", "once", thread=thread)
    await sender.start()
    await drained(sender)

    assert texts(slack_world) == ["parent", "once"]
    await sender.stop()
    await built.close()
    await way.stop()


async def test_a_token_that_slack_does_not_take_loses_nothing(
    slack_world: SlackStandIn, slack: Slack, store: Store, sender: SlackSender
) -> None:
    """Somebody revoked it: messages are kept for the next token, not given up."""
    slack.web.token = "xoxb-revoked"
    await put(store, sender, "card", "card")
    await sender.start()
    await sender.stop(drain_seconds=0.3)

    assert await store.outbox.lag() == 1


async def test_a_soak_of_trouble_loses_nothing_and_doubles_nothing(
    slack_world: SlackStandIn, slack: Slack, store: Store
) -> None:
    """Three channels, sixty cards with edits, three senders one after the other, each cut off in the middle."""
    chance = random.Random(7)
    channels = (CHANNEL, "C0OPSAUDIT", "C0VENDOR01")
    expected = {channel: [f"{channel} {nth} done" for nth in range(20)] for channel in channels}
    for part in range(4):
        sender = SlackSender(slack.web, store.outbox, pace=Pace(per_second=1e6, burst=1000), patience=IMPATIENT)
        await sender.start()
        slack_world.faults.server_errors(chance.randrange(8))
        for nth in range(5 * part, 5 * part + 5):
            for channel in channels:
                key = f"{channel}:{nth}"
                for words in ("begun", "done"):
                    text = f"{channel} {nth} {words}"
                    await store.outbox.put(key, channel, Manner.POST, None, card(key, text))
                    sender.wake()
        await sender.stop(drain_seconds=10.0 if part == 3 else chance.random() / 10)

    for channel in channels:
        said = [message.text for message in slack_world.messages(channel)]
        assert said == expected[channel]


async def test_stopping_sends_what_it_can(slack_world: SlackStandIn, store: Store, sender: SlackSender) -> None:
    """A message put just before the end still goes out."""
    await sender.start()
    await put(store, sender, "last", "last words")
    await sender.stop(drain_seconds=5.0)

    assert texts(slack_world) == ["last words"]


async def test_stopping_while_slack_is_away_keeps_the_message(
    slack_world: SlackStandIn, slack: Slack, store: Store, sender: SlackSender
) -> None:
    """The outbox hands it to the next process."""
    slack_world.faults.server_errors(10_000)
    await sender.start()
    await put(store, sender, "card", "patience")
    await sender.stop(drain_seconds=0.3)
    slack_world.faults.clear()
    assert texts(slack_world) == []

    following = SlackSender(slack.web, store.outbox, patience=IMPATIENT)
    await following.start()
    await drained(following)

    assert texts(slack_world) == ["patience"]
    await following.stop()


async def response_url(world: SlackStandIn, slack: Slack) -> str:
    """The response_url of a click that Rita makes."""
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go", "value": "1"}
    posted = await slack.web.chat_postMessage(
        channel=CHANNEL, text="go", blocks=[{"type": "actions", "elements": [button]}]
    )
    return (await world.click(RITA, CHANNEL, str(posted["ts"]), "go")).response_url


def answer_body(url: str) -> dict[str, Any]:
    """A body for Manner.RESPONSE_URL."""
    return {"text": "only you", "user": RITA, "response_url": url}
