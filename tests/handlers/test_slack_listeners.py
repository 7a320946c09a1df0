"""What arrives from Slack, by socket or signed request, through Bolt and the listeners into the inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from bot.adapters.slack import Slack
from bot.adapters.slack_directory import SlackDirectory
from bot.adapters.slack_socket import SocketMode
from bot.adapters.store.store import Store
from bot.domain.actor import Role, Roles
from bot.domain.approval import Choice
from bot.domain.click import Ask, Decide, button, read_denial
from bot.domain.errors import Unreachable
from bot.domain.notice import Notice
from bot.ports.inbox import Arrival, Received
from bot.usecases.help_at_once import HelpAtOnce
from bot.usecases.receive import Receive
from handlers import register
from handlers.commands import NOT_RECORDED
from lab.slack.server import SlackStandIn

CHANNEL = "C0INCSF001"
RITA, ARNO = "U0RITA001", "U0ARNO001"
DENY = button(Decide(Choice.DENY, "command:1.2.3", "a" * 64))
ASK = button(Ask("restart-sentinel --target acme-prod"))
both_modes = pytest.mark.parametrize("slack_mode", ["socket", "http"], indirect=True)


class BrokenInbox:
    """An inbox whose database is away."""

    async def record(self, received: Received) -> bool:
        """Never commits."""
        raise Unreachable("the database does not answer")

    async def pending(self) -> tuple[Received, ...]:
        """Nothing."""
        return ()

    async def failed(self, key: str, problem: str) -> int:
        """Nothing to count."""
        return 0

    async def done(self, key: str) -> None:
        """Nothing to do."""


@dataclass
class Wired:
    """The use cases as the listeners see them, and how often the worker was woken."""

    receive: Receive
    woken: list[bool] = field(default_factory=list)
    help_at_once: Callable[[str, str, str], Notice | None] = lambda *_: None


@pytest.fixture
async def wired(slack_world: SlackStandIn, slack: Slack, store: Store) -> Wired:
    """Connected, with the real inbox."""
    woken: list[bool] = []
    wired = Wired(Receive(store.inbox, lambda: woken.append(True)), woken)
    register(slack.app, wired)
    await enter(slack_world, slack)
    return wired


async def enter(slack_world: SlackStandIn, slack: Slack) -> None:
    """Opens the way in, and returns when Slack can reach it."""
    await slack.entrance.start()
    if slack_world.signed_http is None:
        await slack_world.wait_connected(5.0)


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Returns when the condition of the outer world holds, which nobody announces."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def opened(world: SlackStandIn) -> int:
    """How many WebSocket addresses were asked for so far."""
    return sum(call.method == "apps.connections.open" and call.error is None for call in world.requests)


async def posted(slack: Slack, *buttons: object) -> str:
    """A message of the bot with these buttons; its ts."""
    elements = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": "Go"},
            "action_id": getattr(each, "action_id", ""),
            "value": getattr(each, "value", ""),
        }
        for each in buttons
    ]
    answer = await slack.web.chat_postMessage(
        channel=CHANNEL, text="card", blocks=[{"type": "actions", "elements": elements}]
    )
    return str(answer["ts"])


@both_modes
async def test_a_command_is_recorded_before_it_is_acknowledged(
    slack_world: SlackStandIn, store: Store, wired: Wired
) -> None:
    """The row is there when Slack has the ack, with every fact, and the worker is awake."""
    typed = await slack_world.type(RITA, CHANNEL, "/sfint status redis")

    (received,) = await store.inbox.pending()
    assert typed.acked
    assert received.key.startswith(f"command:{typed.trigger_id}.")
    assert received.kind is Arrival.COMMAND
    assert received.facts["text"] == "status redis"
    assert (received.facts["user_id"], received.facts["channel_id"]) == (RITA, CHANNEL)
    assert received.facts["response_url"].startswith("http")
    assert received.facts["team_id"] == "T0ACME0001"
    assert wired.woken == [True]


@both_modes
async def test_help_is_the_acknowledgement(slack_world: SlackStandIn, slack: Slack, store: Store) -> None:
    """Where person and channel are remembered; before that it is recorded, like everything else always is."""
    directory = SlackDirectory(slack.web, slack.team_id)
    roles = Roles({Role.VIEWER: frozenset({RITA})})
    register(slack.app, Wired(Receive(store.inbox, lambda: None), [], HelpAtOnce(directory, roles, "T0ACME0001")))
    await enter(slack_world, slack)
    await slack_world.type(RITA, CHANNEL, "/sfint help")
    assert len(await store.inbox.pending()) == 1
    assert slack_world.messages(CHANNEL) == []

    for person in (RITA, ARNO):
        await directory.actor(person, "T0ACME0001")
        await directory.place(CHANNEL)
        await slack_world.type(person, CHANNEL, "/sfint help status")
    await slack_world.type(RITA, CHANNEL, "/sfint help nonsense")
    await slack_world.type(RITA, CHANNEL, "/sfint status")

    (message,) = slack_world.messages(CHANNEL)
    assert message.ephemeral_to == RITA
    assert "/sfint status" in message.text
    assert [each.facts["text"] for each in await store.inbox.pending()] == [
        "help", "help status", "help nonsense", "status",
    ]  # fmt: skip


@both_modes
async def test_two_hundred_deliveries_of_one_command_are_one_row(
    slack_world: SlackStandIn, store: Store, wired: Wired
) -> None:
    """A retry, a proxy or a duplicate has the same trigger."""
    typed = await slack_world.type(RITA, CHANNEL, "/sfint status")
    answers = await slack_world.deliver_again(typed.delivery_id, 199)

    assert all(answer.acked for answer in answers)
    assert len(await store.inbox.pending()) == 1


@both_modes
async def test_a_lost_ack_leaves_the_command_recorded(
    slack_world: SlackStandIn, store: Store, wired: Wired
) -> None:
    """Slack shows a timeout, yet nothing is lost."""
    slack_world.deliveries.ack_seconds = 0.3
    slack_world.faults.lose_acks(1)
    typed = await slack_world.type(RITA, CHANNEL, "/sfint status")

    assert not typed.acked
    assert len(await store.inbox.pending()) == 1


@both_modes
async def test_an_inbox_that_cannot_commit_tells_the_asker(slack_world: SlackStandIn, slack: Slack) -> None:
    """No silent success: only the asker reads that nothing was started."""
    register(slack.app, Wired(Receive(BrokenInbox(), lambda: None)))
    await enter(slack_world, slack)
    await slack_world.type(RITA, CHANNEL, "/sfint status")

    (message,) = slack_world.messages(CHANNEL)
    assert message.text == NOT_RECORDED
    assert message.ephemeral_to == RITA


@both_modes
async def test_a_click_that_cannot_be_recorded_is_not_acknowledged(
    slack_world: SlackStandIn, slack: Slack
) -> None:
    """Slack marks the button, and the clicker is told."""
    slack_world.deliveries.ack_seconds = 0.5
    register(slack.app, Wired(Receive(BrokenInbox(), lambda: None)))
    await enter(slack_world, slack)
    ts = await posted(slack, ASK)
    clicked = await slack_world.click(RITA, CHANNEL, ts, ASK.action_id)

    assert not clicked.acked
    assert slack_world.messages(CHANNEL)[-1].text == NOT_RECORDED
    assert slack_world.messages(CHANNEL)[-1].ephemeral_to == RITA


async def test_what_was_typed_is_recorded_as_it_was_typed(
    slack_world: SlackStandIn, store: Store, wired: Wired
) -> None:
    """Slack sends `&`, `<` and `>` as entities; an answer that repeats them would show `&amp;`."""
    await slack_world.type(RITA, CHANNEL, "/sfint freeze deploy & test <now>")

    (received,) = await store.inbox.pending()
    assert received.facts["text"] == "freeze deploy & test <now>"


@both_modes
async def test_a_click_is_recorded_with_its_facts(
    slack_world: SlackStandIn, slack: Slack, store: Store, wired: Wired
) -> None:
    """Who, where, which button, what it carries, on which message."""
    ts = await posted(slack, ASK)
    clicked = await slack_world.click(ARNO, CHANNEL, ts, ASK.action_id)

    (received,) = await store.inbox.pending()
    assert clicked.acked
    assert received.key.startswith(f"click:{clicked.trigger_id}.")
    assert received.kind is Arrival.CLICK
    assert received.facts == {
        "user_id": ARNO,
        "team_id": "T0ACME0001",
        "channel_id": CHANNEL,
        "action_id": ASK.action_id,
        "value": ASK.value,
        "message_ts": ts,
        "response_url": clicked.response_url,
    }


@both_modes
async def test_deny_opens_its_form_at_once_and_records_the_reason(
    slack_world: SlackStandIn, slack: Slack, store: Store, wired: Wired
) -> None:
    """The form carries run and hash; what is submitted is one arrival with the reason."""
    ts = await posted(slack, DENY)
    await slack_world.click(ARNO, CHANNEL, ts, DENY.action_id)
    view = await slack_world.wait_for_view(ARNO, timeout=2.0)
    assert await store.inbox.pending() == ()
    submitted = await slack_world.submit(
        ARNO, view.id, {"sfint:reason-block": {"sfint:reason": "  a deploy is under way "}}
    )

    (received,) = await store.inbox.pending()
    assert submitted.errors is None
    assert received.kind is Arrival.SUBMISSION
    assert received.key == f"submission:{view.id}"
    assert received.facts["field.sfint:reason"] == "a deploy is under way"
    assert received.facts["channel_id"] == CHANNEL
    assert received.facts["user_id"] == ARNO
    assert read_denial(received.facts["private_metadata"]) == Decide(Choice.DENY, "command:1.2.3", "a" * 64)


@both_modes
async def test_a_blank_reason_is_refused_in_the_form(
    slack_world: SlackStandIn, slack: Slack, store: Store, wired: Wired
) -> None:
    """White space is no reason: the form stays open and says so."""
    ts = await posted(slack, DENY)
    await slack_world.click(ARNO, CHANNEL, ts, DENY.action_id)
    view = await slack_world.wait_for_view(ARNO, timeout=2.0)
    submitted = await slack_world.submit(ARNO, view.id, {"sfint:reason-block": {"sfint:reason": "   "}})

    assert submitted.errors is not None
    assert "sfint:reason-block" in submitted.errors
    assert await store.inbox.pending() == ()


@both_modes
async def test_a_form_that_does_not_open_is_said(slack_world: SlackStandIn, slack: Slack, wired: Wired) -> None:
    """Slack is in trouble: the clicker reads that nothing was decided."""
    slack_world.deliveries.ack_seconds = 0.5
    ts = await posted(slack, DENY)
    slack_world.faults.server_errors(1)
    clicked = await slack_world.click(ARNO, CHANNEL, ts, DENY.action_id)

    assert not clicked.acked
    assert "nothing was decided" in slack_world.messages(CHANNEL)[-1].text


async def test_a_dropped_socket_is_replaced(
    slack_world: SlackStandIn, slack: Slack, store: Store, wired: Wired
) -> None:
    """The network broke; a moment later commands come through again."""
    slack_world.faults.drop_sockets()
    await until(lambda: opened(slack_world) == 2 and slack_world.sockets.connections == 1)
    typed = await slack_world.type(RITA, CHANNEL, "/sfint status")

    assert typed.acked


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_refresh_leaves_no_gap(slack_world: SlackStandIn, slack: Slack, wired: Wired, reason: str) -> None:
    """Slack renews connections every few hours: the next is open before commands fail."""
    slack_world.faults.refresh_sockets(reason)
    first = await slack_world.type(RITA, CHANNEL, "/sfint status")
    await until(lambda: opened(slack_world) == 2 and slack_world.sockets.connections >= 1)
    second = await slack_world.type(RITA, CHANNEL, "/sfint status")

    assert first.acked
    assert second.acked


async def test_a_connection_is_opened_however_long_slack_is_away(
    slack_world: SlackStandIn, slack: Slack, store: Store
) -> None:
    """Started while Slack answers 503 and 429: connects as soon as it can."""
    slack_world.faults.server_errors(3)
    register(slack.app, Wired(Receive(store.inbox, lambda: None)))
    await slack.entrance.start()
    assert not slack.entrance.is_connected

    assert isinstance(slack.entrance, SocketMode)
    async with asyncio.timeout(15.0):
        await slack.entrance.connected()
    assert slack.entrance.is_connected


async def test_a_frame_that_is_no_json_changes_nothing(
    slack_world: SlackStandIn, store: Store, wired: Wired
) -> None:
    """The connection stays, and what comes on it afterwards is taken."""
    for frame in ("not json", "[]", "null", '{"type": "news"}', '{"envelope_id": "x", "type": "slash_commands"}'):
        slack_world.faults.say_on_sockets(frame)

    typed = await slack_world.type(RITA, CHANNEL, "/sfint status")

    assert typed.acked
    assert len(await store.inbox.pending()) == 1
    assert opened(slack_world) == 1


async def test_connections_that_end_at_their_hello_are_not_asked_for_without_end(
    slack_world: SlackStandIn, slack: Slack, wired: Wired
) -> None:
    """Addresses are limited: each brief connection makes the next one wait longer, and the fourth one stays."""
    slack_world.faults.leave_after_hello(3)
    began = asyncio.get_running_loop().time()
    slack_world.faults.drop_sockets()

    await until(lambda: opened(slack_world) == 5 and slack.entrance.is_connected)

    assert asyncio.get_running_loop().time() - began >= 3.0
    assert (await slack_world.type(RITA, CHANNEL, "/sfint status")).acked


async def test_stopping_closes_the_connection(slack_world: SlackStandIn, slack: Slack, wired: Wired) -> None:
    """Nothing is left open, so that Slack sends to others at once."""
    await slack.entrance.stop()

    assert not slack.entrance.is_connected
    await until(lambda: slack_world.sockets.connections == 0)
