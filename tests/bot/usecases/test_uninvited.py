"""A command in a channel that the bot has not joined runs nothing, and is in the audit log all the same."""

from __future__ import annotations

from bot.adapters.store.store import Store
from bot.domain.actor import Actor, Place
from bot.usecases.answer_command import answer_command
from bot.usecases.ask import Ask
from tests.bot.usecases.test_freeze_everywhere import HOME, OLGA, Heard, desk_of


async def test_an_uninvited_command_leaves_a_trace(store: Store) -> None:
    """Who tried it where; the text of it is nobody's business."""
    heard, elsewhere = Heard(), Place("C0RANDOM01", is_joined=False)

    await answer_command(desk_of(store, heard), None, Ask("key-1", Actor(OLGA, HOME), elsewhere), "freeze now")

    (line,) = [line async for line in store.ledger.lines()]
    assert (line.event.action, line.event.actor) == ("command.uninvited", OLGA)
    assert line.event.details == {"channel": "C0RANDOM01"}
    assert not (await store.freezer.state()).is_frozen
    assert list(heard.said) == ["key-1:whisper"]
