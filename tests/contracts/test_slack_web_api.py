"""The Slack stand-in as the official clients see it: slack_sdk's AsyncWebClient and slack_bolt in Socket Mode."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from lab.slack.rate_limits import RateLimits
from lab.slack.server import SlackStandIn
from lab.slack.workspace import acme_workspace

CHANNEL = "C0INCSF001"
RITA, ADA = "U0RITA001", "U0ADA0001"


class Hourglass:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Hourglass:
    """A clock at rest."""
    return Hourglass()


@pytest.fixture
async def slack(clock: Hourglass) -> AsyncIterator[SlackStandIn]:
    """A running stand-in that waits half a second for an acknowledgement."""
    slack = SlackStandIn(acme_workspace(), clock=clock, ack_seconds=0.5)
    await slack.start()
    yield slack
    await slack.stop()


@pytest.fixture
def client(slack: SlackStandIn) -> AsyncWebClient:
    """The official client with the bot's token."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)


@asynccontextmanager
async def connected(slack: SlackStandIn, app: AsyncApp) -> AsyncIterator[None]:
    """The bolt app on a socket."""
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()
    await slack.wait_connected(5)
    try:
        yield
    finally:
        await handler.close_async()


def bolt(client: AsyncWebClient) -> AsyncApp:
    """A bolt app as the real bot configures it."""
    return AsyncApp(client=client, process_before_response=True)


def plain(text: str) -> dict[str, str]:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


MODAL = {
    "type": "modal",
    "callback_id": "deny",
    "title": plain("Deny"),
    "submit": plain("Deny"),
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": plain("Why?"),
            "element": {"type": "plain_text_input", "action_id": "reason"},
        }
    ],
}
BUTTON = {"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "run-1"}
CARD = [{"type": "actions", "block_id": "decide", "elements": [BUTTON]}]


async def error_of(call: object) -> str:
    """The error code that a call of the client is refused with."""
    with pytest.raises(SlackApiError) as refused:
        await call  # type: ignore[misc]
    return str(refused.value.response["error"])


async def test_auth_test_names_the_bot_and_its_scopes(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """auth.test tells team, user and bot, and the scopes in a header."""
    answer = await client.auth_test()

    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0ACME0001", "U0SFINT001", "B0SFINT001")
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")
    assert slack.bot_token.startswith("xoxb-")
    assert slack.app_token.startswith("xapp-1-")


async def test_wrong_tokens_are_told_apart(slack: SlackStandIn) -> None:
    """No token, a wrong one and one of the wrong kind have codes of their own."""
    assert await error_of(AsyncWebClient(base_url=slack.api_url).auth_test()) == "not_authed"
    assert await error_of(AsyncWebClient("xoxb-1", base_url=slack.api_url).auth_test()) == "invalid_auth"
    bot = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    assert await error_of(bot.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"
    assert await error_of(bot.api_call("chat.unheardOf")) == "unknown_method"


async def test_a_missing_scope_is_named() -> None:
    """A method beyond the granted scopes says what it needs."""
    slack = SlackStandIn(acme_workspace(), scopes=frozenset({"chat:write"}))
    await slack.start()
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)

    with pytest.raises(SlackApiError) as refused:
        await client.users_info(user=RITA)
    await slack.stop()

    assert refused.value.response["needed"] == "users:read"


@pytest.mark.parametrize("way", ["query", "form", "json", "form token"])
async def test_arguments_come_in_any_form(slack: SlackStandIn, way: str) -> None:
    """Query string, form and JSON carry the same arguments; a form may carry the token too."""
    url, arguments = slack.api_url + "users.info", {"user": ADA}
    headers = {} if way == "form token" else {"Authorization": f"Bearer {slack.bot_token}"}
    form = arguments | ({"token": slack.bot_token} if way == "form token" else {})

    async with aiohttp.ClientSession(headers=headers) as session:
        if way == "query":
            response = await session.get(url, params=arguments)
        elif way == "json":
            response = await session.post(url, json=arguments)
        else:
            response = await session.post(url, data=form)
        answer = await response.json()

    assert answer["user"]["real_name"] == "Ada Approver"
    assert slack.requests[-1].arguments == arguments


async def test_a_posted_message_is_seen_edited_and_deleted(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """postMessage, update and delete; history has the last state, the record all of them."""
    metadata = {"event_type": "report", "event_payload": {"entry": "redis-failure"}}
    posted = await client.chat_postMessage(channel=CHANNEL, text="one", metadata=metadata)
    await client.chat_update(channel=CHANNEL, ts=posted["ts"], text="two")
    history = await client.conversations_history(channel=CHANNEL, include_all_metadata=True)
    await client.chat_delete(channel=CHANNEL, ts=posted["ts"])
    after = await client.conversations_history(channel=CHANNEL)

    assert [message["text"] for message in history["messages"]] == ["two"]
    assert history["messages"][0]["metadata"] == metadata
    assert after["messages"] == []
    [record] = slack.messages(CHANNEL)
    assert record.deleted
    assert [revision.text for revision in record.history] == ["one"]


async def test_a_scheduled_message_comes_when_it_is_due(
    slack: SlackStandIn, client: AsyncWebClient, clock: Hourglass
) -> None:
    """Not at once, not in the past."""
    due = int(clock.now)
    clock.now = due - 0.05
    await client.chat_scheduleMessage(channel=CHANNEL, text="later", post_at=due)
    early = list(slack.messages(CHANNEL))
    await slack.wait_for(lambda message: message.text == "later", channel_id=CHANNEL, timeout=2)

    assert early == []
    past = client.chat_scheduleMessage(channel=CHANNEL, text="x", post_at=due - 60)
    assert await error_of(past) == "time_in_past"


async def test_threads_are_apart_from_the_channel(client: AsyncWebClient) -> None:
    """Replies are in conversations.replies; in the history only the parent and what was broadcast."""
    parent = await client.chat_postMessage(channel=CHANNEL, text="parent")
    await client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=parent["ts"])
    await client.chat_postMessage(channel=CHANNEL, text="loud", thread_ts=parent["ts"], reply_broadcast=True)

    history = (await client.conversations_history(channel=CHANNEL))["messages"]
    replies = (await client.conversations_replies(channel=CHANNEL, ts=parent["ts"]))["messages"]

    assert [message["text"] for message in history] == ["loud", "parent"]
    assert [message["text"] for message in replies] == ["parent", "reply", "loud"]
    assert history[1]["reply_count"] == 2


async def test_history_is_paged_and_bounded(client: AsyncWebClient) -> None:
    """limit and cursor walk back through the history; oldest is exclusive."""
    stamps = [(await client.chat_postMessage(channel=CHANNEL, text=str(n)))["ts"] for n in range(5)]

    first = await client.conversations_history(channel=CHANNEL, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel=CHANNEL, limit=2, cursor=cursor)
    later = await client.conversations_history(channel=CHANNEL, oldest=stamps[3])

    assert [message["text"] for message in first["messages"] + second["messages"]] == ["4", "3", "2", "1"]
    assert [message["text"] for message in later["messages"]] == ["4"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"channel": "C0NOSUCH00", "text": "x"}, "channel_not_found"),
        ({"channel": "C0RANDOM01", "text": "x"}, "not_in_channel"),
        ({"channel": CHANNEL}, "no_text"),
        ({"channel": CHANNEL, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": CHANNEL, "text": "x", "blocks": "not json"}, "invalid_blocks_format"),
        ({"channel": CHANNEL, "text": "x", "thread_ts": "1795000000.000001"}, "thread_not_found"),
        ({"channel": CHANNEL, "text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
    ],
)
async def test_impossible_posts_are_refused(client: AsyncWebClient, arguments: dict[str, str], code: str) -> None:
    """Each reason has Slack's code."""
    assert await error_of(client.api_call("chat.postMessage", json=arguments)) == code


async def test_the_bot_edits_only_its_own_messages(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Other people's and unknown messages cannot be changed."""
    said = await slack.type(RITA, CHANNEL, "hello")

    assert await error_of(client.chat_update(channel=CHANNEL, ts=said.ts, text="x")) == "cant_update_message"
    assert await error_of(client.chat_delete(channel=CHANNEL, ts=said.ts)) == "cant_delete_message"
    assert await error_of(client.chat_update(channel=CHANNEL, ts="1.000000", text="x")) == "message_not_found"


async def test_joining_makes_posting_possible(client: AsyncWebClient) -> None:
    """conversations.join, then chat.postMessage."""
    await client.conversations_join(channel="C0RANDOM01")

    assert (await client.chat_postMessage(channel="#random", text="here"))["channel"] == "C0RANDOM01"


async def test_ephemeral_messages_are_for_one_person(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Others and the history do not have them."""
    await client.chat_postEphemeral(channel=CHANNEL, user=RITA, text="psst")

    assert [message.text for message in slack.messages(CHANNEL, viewer=RITA)] == ["psst"]
    assert slack.messages(CHANNEL, viewer=ADA) == []
    assert (await client.conversations_history(channel=CHANNEL))["messages"] == []
    outsider = client.chat_postEphemeral(channel=CHANNEL, user="U0FIONA01", text="x")
    assert await error_of(outsider) == "user_not_in_channel"


async def test_the_directory_tells_guests_and_strangers(client: AsyncWebClient) -> None:
    """users.info, users.lookupByEmail, usergroups and members."""
    guest = (await client.users_info(user="U0GUST001"))["user"]
    stranger = (await client.users_info(user="U0FIONA01"))["user"]
    found = await client.users_lookupByEmail(email="rita@acme.example.com")
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    shared = (await client.conversations_info(channel="C0VENDOR01"))["channel"]

    assert guest["is_restricted"]
    assert (stranger["team_id"], stranger["is_stranger"]) == ("T0FOREIGN", True)
    assert found["user"]["id"] == RITA
    assert {group["handle"]: group["id"] for group in groups}["ops"] == "S0OPS00001"
    assert (await client.usergroups_users_list(usergroup="S0OPS00001"))["users"] == ["U0OLGA001", "U0ARNO001"]
    assert shared["is_ext_shared"]
    assert "U0SFINT001" in (await client.conversations_members(channel=CHANNEL))["members"]
    assert await error_of(client.users_info(user="U0NOBODY00")) == "user_not_found"


async def test_a_file_is_uploaded_into_a_thread(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """The three steps that files_upload_v2 makes."""
    parent = await client.chat_postMessage(channel=CHANNEL, text="parent")
    await client.files_upload_v2(
        content="line", filename="log.txt", title="the log", channel=CHANNEL, thread_ts=parent["ts"]
    )

    shared = slack.messages(CHANNEL)[-1]
    assert shared.thread_ts == parent["ts"]
    assert (shared.files[0]["title"], shared.files[0]["size"]) == ("the log", 4)
    incomplete = client.files_completeUploadExternal(files=[{"id": "F0NOSUCH"}])
    assert await error_of(incomplete) == "file_not_found"


async def test_a_persons_snippet_is_read(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """By files.info and the bytes behind it, for who has the token; not from a channel without the bot."""
    said = await slack.post_snippet(RITA, CHANNEL, "app.log", "one\ntwo")
    elsewhere = await slack.post_snippet(RITA, "C0RANDOM01", "app.log", "three")
    posted = {message.ts: message.files[0]["id"] for message in slack.messages(CHANNEL) if message.files}

    about = (await client.files_info(file=posted[said.ts or ""]))["file"]
    assert (about["name"], about["user"], about["mode"]) == ("app.log", RITA, "snippet")
    async with aiohttp.ClientSession() as session:
        async with session.get(about["url_private"]) as refused:
            assert refused.status == 403
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        async with session.get(about["url_private_download"], headers=headers) as given:
            assert await given.text() == "one\ntwo"
    unseen = next(each for each in slack.messages("C0RANDOM01") if each.ts == elsewhere.ts).files[0]["id"]
    assert await error_of(client.files_info(file=unseen)) == "file_not_found"


async def test_a_message_shortcut_brings_the_message(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """With its files, a trigger that opens a form, and a response_url."""
    app = AsyncApp(client=client, process_before_response=True)
    came: list[dict[str, Any]] = []

    @app.message_shortcut("match")
    async def match(ack, body, respond) -> None:  # type: ignore[no-untyped-def]
        await ack()
        came.append(body)
        await respond("only for you")

    said = await slack.post_snippet(RITA, CHANNEL, "app.log", "one", comment="look")
    async with connected(slack, app):
        chosen = await slack.choose_shortcut(ADA, CHANNEL, said.ts or "", "match")
        whisper = await slack.wait_for(
            lambda message: message.ephemeral_to == ADA, channel_id=CHANNEL, timeout=5.0
        )

    assert chosen.acked
    body = came[0]
    assert (body["type"], body["user"]["id"], body["channel"]["id"]) == ("message_action", ADA, CHANNEL)
    assert (body["message"]["text"], body["message"]["files"][0]["name"]) == ("look", "app.log")
    assert whisper.text == "only for you"


async def test_reactions_bots_teams_and_direct_messages(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """The small families."""
    posted = await client.chat_postMessage(channel=CHANNEL, text="x")
    await client.reactions_add(channel=CHANNEL, timestamp=posted["ts"], name="eyes")
    direct = (await client.conversations_open(users=RITA))["channel"]["id"]
    await client.chat_postMessage(channel=RITA, text="between us")

    assert await error_of(client.reactions_add(channel=CHANNEL, timestamp=posted["ts"], name="eyes")) == (
        "already_reacted"
    )
    assert slack.messages(direct)[0].text == "between us"
    assert (await client.team_info())["team"]["domain"] == "acme"
    assert (await client.bots_info(bot="B0SFINT001"))["bot"]["app_id"] == "A0SFINT001"
    assert await error_of(client.api_test(error="on_purpose")) == "on_purpose"


async def test_posting_too_fast_is_limited_in_each_channel(
    slack: SlackStandIn, client: AsyncWebClient, clock: Hourglass
) -> None:
    """A burst passes, then 429 with Retry-After; another channel and a later second are free."""
    for n in range(5):
        await client.chat_postMessage(channel=CHANNEL, text=str(n))
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=CHANNEL, text="too much")
    await client.chat_postMessage(channel="C0OPSAUDIT", text="elsewhere")
    clock.now += 1
    await client.chat_postMessage(channel=CHANNEL, text="later")

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    assert refused.value.response["error"] == "ratelimited"
    assert [message.text for message in slack.messages(CHANNEL)] == ["0", "1", "2", "3", "4", "later"]


async def test_tiers_limit_the_other_methods(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """users.list is of tier 2: twenty a minute."""
    for _ in range(20):
        await client.users_list()

    assert await error_of(client.users_list()) == "ratelimited"


async def test_faults_change_nothing(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """429 on demand and 5xx are answered before anything is done."""
    slack.faults.rate_limit(count=1, retry_after=7)
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel=CHANNEL, text="a")
    slack.faults.server_errors(1)
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=CHANNEL, text="b")
    await client.chat_postMessage(channel=CHANNEL, text="c")

    assert limited.value.response.headers["Retry-After"] == "7"
    assert [call.status for call in slack.requests] == [429, 503, 200]
    assert [message.text for message in slack.messages(CHANNEL)] == ["c"]


async def test_a_slash_command_arrives_with_all_its_fields(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """bolt gets what Slack documents, and is acknowledged at once."""
    app, seen = bolt(client), []

    @app.command("/sfint")
    async def command(ack, command) -> None:  # type: ignore[no-untyped-def]
        seen.append(command)
        await ack()

    async with connected(slack, app):
        typed = await slack.type(RITA, CHANNEL, "/sfint status redis")

    assert typed.acked
    fields = seen[0]
    assert (fields["command"], fields["text"], fields["user_id"]) == ("/sfint", "status redis", RITA)
    assert (fields["channel_name"], fields["team_id"]) == ("inc-salesforce", "T0ACME0001")
    assert fields["trigger_id"] == typed.trigger_id
    assert {"token", "team_domain", "user_name", "api_app_id", "is_enterprise_install", "response_url"} <= set(
        fields
    )


async def test_an_answer_in_the_ack_is_ephemeral(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """ack(text) is seen by the asker only."""
    app = bolt(client)

    @app.command("/sfint")
    async def command(ack) -> None:  # type: ignore[no-untyped-def]
        await ack("did you mean `status`?")

    async with connected(slack, app):
        await slack.type(RITA, CHANNEL, "/sfint sttaus")

    assert [message.ephemeral_to for message in slack.messages(CHANNEL)] == [RITA]


async def test_without_an_ack_the_person_is_told(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """A command that is not acknowledged in time shows operation_timeout."""
    app = bolt(client)

    @app.command("/sfint")
    async def command() -> None:
        """Never acknowledges."""

    async with connected(slack, app):
        typed = await slack.type(RITA, CHANNEL, "/sfint status")

    assert (typed.acked, typed.error) == (False, "operation_timeout")
    [notice] = slack.messages(CHANNEL, viewer=RITA)
    assert notice.text == '/sfint failed with the error "operation_timeout"'
    assert slack.messages(CHANNEL, viewer=ADA) == []


async def test_a_lost_ack_runs_the_command_and_shows_a_timeout(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    """What the bot did stays done."""
    app, seen = bolt(client), []

    @app.command("/sfint")
    async def command(ack, command) -> None:  # type: ignore[no-untyped-def]
        seen.append(command["trigger_id"])
        await ack()

    slack.faults.lose_acks(1)
    async with connected(slack, app):
        lost = await slack.type(RITA, CHANNEL, "/sfint status")
        heard = await slack.type(RITA, CHANNEL, "/sfint status")

    assert (lost.error, heard.error) == ("operation_timeout", None)
    assert seen == [lost.trigger_id, heard.trigger_id]


async def test_deliveries_can_come_twice(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Duplicates carry the same payload in other envelopes."""
    app, seen = bolt(client), []

    @app.command("/sfint")
    async def command(ack, command) -> None:  # type: ignore[no-untyped-def]
        seen.append(command["trigger_id"])
        await ack()

    async with connected(slack, app):
        typed = await slack.type(RITA, CHANNEL, "/sfint status")
        answers = await slack.deliver_again(typed.delivery_id, 20)

    assert seen == [typed.trigger_id] * 21
    assert all(answer.acked for answer in answers)


async def test_a_click_carries_message_state_and_response_url(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """block_actions as Slack sends it; response_url edits the original when asked."""
    app, seen = bolt(client), []

    @app.action("approve")
    async def approve(ack, body, respond) -> None:  # type: ignore[no-untyped-def]
        await ack()
        seen.append(body)
        await respond("approved", replace_original=True)

    posted = await client.chat_postMessage(channel=CHANNEL, text="card", blocks=CARD)
    async with connected(slack, app):
        clicked = await slack.click(ADA, CHANNEL, posted["ts"], "approve")
        await slack.wait_for(lambda message: message.text == "approved", channel_id=CHANNEL, timeout=3)

    body = seen[0]
    assert clicked.acked
    assert body["user"] == {"id": ADA, "username": "ada", "name": "ada", "team_id": "T0ACME0001"}
    assert body["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": CHANNEL,
        "is_ephemeral": False,
    }
    assert (body["actions"][0]["value"], body["actions"][0]["block_id"]) == ("run-1", "decide")
    assert body["message"]["blocks"][0]["elements"][0]["action_id"] == "approve"
    assert body["team"] == {"id": "T0ACME0001", "domain": "acme"}
    assert [message.edited for message in slack.messages(CHANNEL)] == [1]


async def test_response_urls_run_out(slack: SlackStandIn, client: AsyncWebClient, clock: Hourglass) -> None:
    """Five uses, thirty minutes."""
    posted = await client.chat_postMessage(channel=CHANNEL, text="card", blocks=CARD)
    first = await slack.click(ADA, CHANNEL, posted["ts"], "approve")
    second = await slack.click(ADA, CHANNEL, posted["ts"], "approve")
    statuses = []

    async with aiohttp.ClientSession() as session:
        for n in range(6):
            response = await session.post(first.response_url, json={"text": f"answer {n}"})
            statuses.append(response.status)
        used = await response.json()
        clock.now += 1801
        late = await (await session.post(second.response_url, json={"text": "late"})).json()

    assert statuses == [200] * 5 + [404]
    assert (used["error"], late["error"]) == ("used_url", "expired_url")
    assert {message.ephemeral_to for message in slack.messages(CHANNEL)[1:]} == {ADA}


async def test_a_modal_lives_from_trigger_to_submission(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """views.open, Slack's own required check, the app's errors, then the values."""
    app, seen = bolt(client), []

    @app.action("approve")
    async def ask(ack, body, client) -> None:  # type: ignore[no-untyped-def]
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("deny")
    async def denied(ack, view) -> None:  # type: ignore[no-untyped-def]
        reason = view["state"]["values"]["why"]["reason"]["value"]
        seen.append(reason)
        if reason == "short":
            await ack(response_action="errors", errors={"why": "Say more."})
        else:
            await ack()

    posted = await client.chat_postMessage(channel=CHANNEL, text="card", blocks=CARD)
    async with connected(slack, app):
        await slack.click(ADA, CHANNEL, posted["ts"], "approve")
        view = await slack.wait_for_view(ADA, timeout=3)
        empty = await slack.submit(ADA, view.id, {})
        short = await slack.submit(ADA, view.id, {"why": {"reason": "short"}})
        still_open = bool(slack.open_views(ADA))
        good = await slack.submit(ADA, view.id, {"why": {"reason": "a deployment is running"}})

    assert empty.errors == {"why": "Please complete this required field."}
    assert (short.errors, still_open) == ({"why": "Say more."}, True)
    assert good.errors is None
    assert slack.open_views(ADA) == []
    assert seen == ["short", "a deployment is running"]


async def test_closing_a_modal_is_told_when_asked_for(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """notify_on_close sends view_closed."""
    app, closed = bolt(client), asyncio.Event()

    @app.view_closed("deny")
    async def gone(ack) -> None:  # type: ignore[no-untyped-def]
        closed.set()
        await ack()

    async with connected(slack, app):
        opened = await client.views_open(trigger_id=slack.world.triggers.make(RITA), view=MODAL)
        await slack.close_view(RITA, opened["view"]["id"])

    assert closed.is_set()
    assert slack.open_views(RITA) == []


async def test_a_trigger_is_good_for_one_view_within_three_seconds(
    slack: SlackStandIn, client: AsyncWebClient, clock: Hourglass
) -> None:
    """Used, late and unknown triggers are told apart."""
    used, late = slack.world.triggers.make(RITA), slack.world.triggers.make(RITA)
    await client.views_open(trigger_id=used, view=MODAL)
    again = await error_of(client.views_open(trigger_id=used, view=MODAL))
    clock.now += 3.1

    assert again == "exchanged_trigger_id"
    assert await error_of(client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
    assert await error_of(client.views_open(trigger_id="1.2.3", view=MODAL)) == "invalid_trigger_id"


async def test_views_are_pushed_updated_and_published(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """A stack of three at most; a stale hash conflicts; the home tab is one's own."""
    make = slack.world.triggers.make
    opened = (await client.views_open(trigger_id=make(RITA), view=MODAL))["view"]
    await client.views_push(trigger_id=make(RITA), view=MODAL)
    top = (await client.views_push(trigger_id=make(RITA), view=MODAL))["view"]
    full = await error_of(client.views_push(trigger_id=make(RITA), view=MODAL))
    await client.views_update(view_id=top["id"], hash=top["hash"], view=MODAL)
    stale = await error_of(client.views_update(view_id=top["id"], hash=top["hash"], view=MODAL))
    home = {"type": "home", "blocks": [{"type": "divider"}]}

    assert (full, stale) == ("push_limit_reached", "hash_conflict")
    assert top["root_view_id"] == opened["id"]
    assert (await client.views_publish(user_id=RITA, view=home))["view"]["type"] == "home"


async def test_sockets_survive_refresh_and_loss(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """After a polite disconnect and after a cut the client comes back and hears commands."""
    app = bolt(client)

    @app.command("/sfint")
    async def command(ack) -> None:  # type: ignore[no-untyped-def]
        await ack()

    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
    await handler.connect_async()
    await slack.wait_connected(5)
    cuts = []
    for cut in (slack.faults.refresh_sockets, slack.faults.drop_sockets):
        await slack.wait_connected(5)
        cuts.append(cut())
        async with asyncio.timeout(10):
            while not (await slack.type(RITA, CHANNEL, "/sfint status")).acked:
                await slack.wait_connected(5)
    await handler.close_async()

    assert cuts == [1, 1]


async def test_nobody_connected_is_a_failed_dispatch(slack: SlackStandIn) -> None:
    """Without a socket the person is told at once."""
    typed = await slack.type(RITA, CHANNEL, "/sfint status")

    assert typed.error == "dispatch_failed"


async def test_each_envelope_goes_to_one_socket(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Of ten sockets one gets it; an eleventh is turned away."""
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
            sockets.append(await session.ws_connect(url))
        greetings = [json.loads((await socket.receive()).data) for socket in sockets]
        typed = await slack.type(RITA, CHANNEL, "/sfint status")
        heard = [socket for socket in sockets[:10] if await _has_news(socket)]

        assert [greeting["type"] for greeting in greetings] == ["hello"] * 10 + ["disconnect"]
        assert greetings[10]["reason"] == "too_many_websockets"
        assert len(heard) == 1
        assert typed.error == "operation_timeout"
        await asyncio.gather(*(socket.close() for socket in sockets))


async def _has_news(socket: aiohttp.ClientWebSocketResponse) -> bool:
    try:
        return (await socket.receive(timeout=0.05)).type == aiohttp.WSMsgType.TEXT
    except TimeoutError:
        return False


async def test_a_mention_comes_as_an_event(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """app_mention, in channels where the bot is, acknowledged by bolt."""
    app, heard = bolt(client), asyncio.Event()

    @app.event("app_mention")
    async def mentioned(event) -> None:  # type: ignore[no-untyped-def]
        if event["text"].startswith("<@U0SFINT001>"):
            heard.set()

    async with connected(slack, app):
        await slack.type(RITA, CHANNEL, "@sfint are you there?")
        async with asyncio.timeout(3):
            await heard.wait()


async def test_a_group_that_is_edited_says_when(
    slack: SlackStandIn, client: AsyncWebClient, clock: Hourglass
) -> None:
    """date_update moves with the membership."""
    before = (await client.usergroups_list())["usergroups"][0]["date_update"]
    slack.edit_usergroup("S0OPS00001", [RITA])
    after = (await client.usergroups_list())["usergroups"][0]["date_update"]

    assert (await client.usergroups_users_list(usergroup="S0OPS00001"))["users"] == [RITA]
    assert before < after == int(clock.now)


async def test_limits_can_be_switched_off() -> None:
    """For rehearsals that are about something else."""
    slack = SlackStandIn(acme_workspace(), limits=RateLimits(enforced=False))
    await slack.start()
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    for n in range(20):
        await client.chat_postMessage(channel=CHANNEL, text=str(n))
    await slack.stop()

    assert len(slack.messages(CHANNEL)) == 20
