"""Saying things in the chat; it takes domain values and never blocks, so that the inside knows no Slack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.domain.content import Content


@dataclass(frozen=True, slots=True)
class Where:
    """A channel, or the thread under the card with outbox key `thread`, or under what `under_message` names."""

    channel: str
    thread: str | None = None


_MESSAGE = "message:"


def under_message(ts: str) -> str:
    """The `thread` under a message that is no card of ours."""
    return f"{_MESSAGE}{ts}"


def message_of(thread: str | None) -> str | None:
    """The ts of that message; None where a card of ours is meant."""
    return thread.removeprefix(_MESSAGE) if thread is not None and thread.startswith(_MESSAGE) else None


class Chat(Protocol):
    """Commits to the outbox before it returns; the sender keeps the order within a channel."""

    async def show(self, key: str, where: Where, content: Content) -> None:
        """Posts the card, or edits it when this key was shown before: a card is one row."""

    async def whisper(
        self, key: str, where: Where, user_id: str, content: Content, *, response_url: str = ""
    ) -> None:
        """Shows it to one person only; by `response_url` where one is given, else chat.postEphemeral."""

    async def attach(self, key: str, where: Where, filename: str, title: str, text: str) -> None:
        """Uploads a text (evidence) as a file."""
