"""A command in a channel that the bot has not joined runs nothing, and is in the audit log all the same."""

from __future__ import annotations

from dataclasses import replace

from bot.adapters.store.store import Store
from bot.domain.actor import Place
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
