"""What somebody is told whose request could not be answered, after three attempts."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime

import pytest

from bot.adapters.store.store import Store
from bot.domain.actor import Actor
from bot.domain.errors import Unreachable
from bot.domain.notice import Notice
from bot.ports.inbox import Arrival, Received
from bot.ports.telemetry import Telemetry
from bot.usecases.work_inbox import WorkInbox
from tests.fakes.desk import CHANNEL, HOME, RITA, HeardChat, fake_desk


class NobodySays:
    """A directory that cannot be asked."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.asked = itertools.count(1)

    async def actor(self, user_id: str, team_id: str) -> Actor:
        """Always fails."""
        next(self.asked)
        raise self._error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unreachable("the app lacks the scope users:read"), "the app lacks the scope users:read."),
        (KeyError("team"), "Something in me broke while answering this."),
    ],
)
async def test_an_error_of_ours_is_told_in_its_own_words(store: Store, error: Exception, words: str) -> None:
    """What somebody can act upon is said; a bug is called one, and its text stays in the log."""
    chat, directory = HeardChat(), NobodySays(error)
    facts = {"user_id": RITA, "team_id": HOME, "channel_id": CHANNEL, "text": "status", "response_url": ""}
    await store.inbox.record(Received("command-1", Arrival.COMMAND, facts, datetime.now(UTC)))
    working = asyncio.create_task(
        WorkInbox(store.inbox, Telemetry()).run(fake_desk(store, chat, directory=directory), None)
    )

    async with asyncio.timeout(60.0):
        while RITA not in chat.told:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    told = chat.told[RITA]
    assert isinstance(told, Notice)
    assert told.lines == (words, "Nothing more is tried.", "Reference: command-1")
    assert next(directory.asked) == 4
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
