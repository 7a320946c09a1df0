"""What must still be said: one row a card, sent by one sender a channel, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Manner(StrEnum):
    """How a row is sent."""

    POST = "post"
    EPHEMERAL = "ephemeral"
    RESPONSE_URL = "response-url"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A rendered message. `version` counts edits, `sent_version` what Slack has; `ts` once it was posted."""

    key: str
    number: int
    """Order of arrival; an edit of an unsent or sent card keeps the number."""
    channel: str
    manner: Manner
    thread: str | None
    """Outbox key of the parent card, or `under_message` of somebody's message."""
    body: Mapping[str, object]
    """The arguments of the Web API method without channel, ts and thread_ts: text, blocks, metadata, user…"""
    version: int
    sent_version: int
    ts: str | None
    attempted: bool
    """True when a post was tried and its answer never recorded: look for it by metadata before posting."""


class Outbox(Protocol):
    """Every call commits before it returns."""

    async def put(
        self, key: str, channel: str, manner: Manner, thread: str | None, body: Mapping[str, object]
    ) -> None:
        """Adds the row, or replaces the body of the one with this key and raises its version."""

    async def unsent_channels(self) -> tuple[str, ...]:
        """Channels that have something to send."""

    async def next(self, channel: str) -> OutboxRow | None:
        """The oldest row of the channel that was never sent; without one, the oldest that was edited since."""

    async def attempting(self, key: str) -> None:
        """Recorded before the call to Slack."""

    async def sent(self, key: str, version: int, ts: str | None) -> None:
        """Recorded after Slack said ok."""

    async def refused(self, key: str, version: int, problem: str) -> None:
        """Slack refused it for good (invalid_blocks, channel_not_found): given up, kept with its problem."""

    async def row(self, key: str) -> OutboxRow | None:
        """One row."""

    async def lag(self) -> int:
        """How many rows wait to be sent."""

    async def oldest_unsent(self) -> datetime | None:
        """Since when the row that waits longest has waited; None where none waits."""
