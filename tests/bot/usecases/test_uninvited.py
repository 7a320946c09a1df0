"""A command in a channel that the bot has not joined runs nothing, and is in the audit log all the same."""

from __future__ import annotations

from dataclasses import replace

from bot.adapters.store.store import Store
from bot.domain.actor import Place
from bot.domain.notice import Notice
from bot.usecases.answer_command import answer_command
from tests.fakes.desk import RITA, HeardChat, asked_by, fake_desk


async def test_an_uninvited_command_leaves_a_trace(store: Store) -> None:
    """Who tried it where; the text of it is nobody's business."""
    chat = HeardChat()
    elsewhere = replace(asked_by(RITA), place=Place("C0RANDOM01", is_joined=False))

    await answer_command(fake_desk(store, chat), None, elsewhere, "freeze now")

    (line,) = [line async for line in store.ledger.lines()]
    assert (line.event.action, line.event.actor) == ("command.uninvited", RITA)
    assert line.event.details == {"channel": "C0RANDOM01"}
    assert not (await store.freezer.state()).is_frozen
    assert (chat.said, list(chat.told)) == ({}, [RITA])


async def test_nobody_is_told_to_invite_into_a_direct_message(store: Store) -> None:
    """`/invite` does nothing there; a channel is the place to ask."""
    chat = HeardChat()
    between_two = replace(asked_by(RITA), place=Place("D0RITA0001", is_joined=False, is_direct=True))

    await answer_command(fake_desk(store, chat), None, between_two, "status")

    told = chat.told[RITA]
    assert isinstance(told, Notice)
    assert "invite me" not in f"{told.title} {told.example}".lower()
    assert "in channels only" in told.lines[0]
