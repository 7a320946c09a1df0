"""What the inside says reaches the channel: rendered, redacted, one message a card."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

from bot.adapters.slack_chat import SlackChat
from bot.adapters.slack_sender import SlackSender
from bot.adapters.store.store import Store
from bot.domain.finding import Finding, Outcome
from bot.domain.notice import Notice
from bot.domain.redaction import Redactor
from bot.domain.report import Explained, Report
from bot.domain.run import Progress, RunState, StepLine, StepState
from bot.ports.chat import Where
from bot.views.mentions import Mentions
from lab.slack.server import SlackStandIn

CHANNEL = "C0INCSF001"
RITA = "U0RITA001"
SECRET = "hunter2-and-a-security-token"
AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def chat(store: Store, sender: SlackSender) -> SlackChat:
    """The chat of the bot, with one known secret."""
    return SlackChat(store.outbox, Redactor([SECRET]), Mentions(), sender.wake)


def report(summary: str, *evidence: str) -> Report:
    """One failing finding."""
    finding = Finding("salesforce-token", "salesforce", Outcome.FAILING, "token.other", summary, evidence)
    return Report("acme-prod", RITA, AT, 1.0, (Explained(finding),))


async def drained(sender: SlackSender) -> None:
    """Waits until everything is sent."""
    sender.wake()
    async with asyncio.timeout(10.0):
        await sender.drained()


async def test_a_card_is_posted_once_and_then_edited(
    slack_world: SlackStandIn, chat: SlackChat, sender: SlackSender
) -> None:
    """Ten states of one progress card are one message, whose metadata carries its key."""
    await sender.start()
    for done in range(10):
        lines = (StepLine("scale to 0", StepState.RUNNING, f"{done} pods gone"),)
        progress = Progress("run-1", "Restart", "acme-prod", RunState.RUNNING, lines, AT, float(done))
        await chat.show("progress:run-1", Where(CHANNEL), progress)
    await drained(sender)

    (message,) = slack_world.messages(CHANNEL)
    assert "9 pods gone" in json.dumps(message.blocks)
    assert message.metadata is not None
    assert message.metadata["event_payload"]["key"] == "progress:run-1"
    assert message.metadata["event_payload"]["run_id"] == "run-1"


async def test_the_same_card_again_changes_nothing(
    slack_world: SlackStandIn, chat: SlackChat, sender: SlackSender
) -> None:
    """A step that runs again after a crash says the same: no edit, no second whisper, no second file."""
    await sender.start()
    for _ in range(2):
        await chat.show("card", Where(CHANNEL), Notice("card"))
        await chat.whisper("whisper", Where(CHANNEL), RITA, Notice("whisper"))
        await chat.attach("file", Where(CHANNEL, "card"), "evidence.txt", "Evidence", "a line\n")
        await drained(sender)

    messages = slack_world.messages(CHANNEL)
    assert len(messages) == 3
    assert [message.edited for message in messages] == [0, 0, 0]


async def test_no_secret_passes_whatever_its_place(
    slack_world: SlackStandIn, chat: SlackChat, sender: SlackSender
) -> None:
    """In summaries, evidence, notes and files; even where a limit would have cut it in two."""
    padding = "x" * (240 - len(SECRET) // 2 - 3)
    await sender.start()
    await chat.show("report", Where(CHANNEL), report(f"log-in with {SECRET} failed", f"{padding} {SECRET}"))
    await chat.whisper("whisper", Where(CHANNEL), RITA, Notice(SECRET, (f'Password:"{SECRET}"',)))
    await chat.attach("file", Where(CHANNEL), "log.txt", "Log", f"password={SECRET}\n")
    await drained(sender)

    everything = json.dumps([call.arguments for call in slack_world.requests])
    contents = [
        slack_world.world.files.get(file["id"])
        for message in slack_world.messages(CHANNEL)
        for file in message.files
    ]
    assert "hunter2" not in everything
    assert all(stored is not None and b"hunter2" not in (stored.content or b"") for stored in contents)
    assert len(slack_world.messages(CHANNEL)) == 3


async def test_a_whisper_is_seen_by_one_person(
    slack_world: SlackStandIn, chat: SlackChat, sender: SlackSender
) -> None:
    """Refusals and usage errors bother nobody else."""
    await sender.start()
    await chat.whisper("whisper", Where(CHANNEL), RITA, Notice("Refused", ("You may not.",)))
    await drained(sender)

    assert slack_world.messages(CHANNEL, viewer="U0ARNO001") == []
    assert len(slack_world.messages(CHANNEL, viewer=RITA)) == 1


async def test_ids_survive_the_redaction_gate(store: Store, chat: SlackChat) -> None:
    """A run id made of a trigger id looks like a number of a telephone, and must stay what it is."""
    run_id = "command:5215512345678.525512345678.00112233445566778899aabbccddeeff"
    await chat.show(
        f"progress:{run_id}",
        Where(CHANNEL),
        Progress(run_id, "Restart", "acme-prod", RunState.RUNNING, (), AT, 0.0),
    )

    row = await store.outbox.row(f"progress:{run_id}")
    assert row is not None
    assert f'"run_id": "{run_id}"' in json.dumps(row.body)


async def test_a_huge_file_holds_up_nobody_else(chat: SlackChat, store: Store) -> None:
    """Evidence of many pods is megabytes, and redacting it takes seconds: clicks are acknowledged meanwhile."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    line = f'{{"msg":"[400] : map[error:invalid_grant password:{SECRET}]","userID":"5215512345678"}}\n'
    ticking = asyncio.create_task(tick())
    await chat.attach("file:1", Where(CHANNEL), "evidence.txt", "Evidence", line * 20_000)
    ticking.cancel()

    row = await store.outbox.row("file:1")
    assert row is not None
    assert SECRET not in json.dumps(row.body)
    assert ticks >= 10
    assert str(row.body["content"]).endswith("}\n")
