"""What arrived and was acknowledged: recorded before the ack, worked on after it, erased when done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Arrival(StrEnum):
    """The kinds of thing that arrive."""

    COMMAND = "command"
    CLICK = "click"
    SUBMISSION = "submission"
    SHORTCUT = "shortcut"


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery. `key` is unique per human act (Slack's trigger_id and what was done): a retry has the same.

    `facts` holds only strings: command: user_id, team_id, channel_id, text, response_url;
    click: user_id, team_id, channel_id, action_id, value, message_ts, response_url;
    submission: user_id, team_id, channel_id, callback_id, private_metadata, and `field.<action_id>` per input;
    shortcut: user_id, team_id, channel_id, callback_id, text, files (ids, by spaces), message_ts, response_url.
    """

    key: str
    kind: Arrival
    facts: Mapping[str, str]
    received_at: datetime


class Inbox(Protocol):
    """Facts are encrypted at rest."""

    async def record(self, received: Received) -> bool:
        """Commits the row; False when the key was there already (a duplicate delivery)."""

    async def pending(self) -> tuple[Received, ...]:
        """Rows not yet done, oldest first."""

    async def failed(self, key: str, problem: str) -> int:
        """Counts a failed attempt, with the redacted problem; returns how many there were."""

    async def done(self, key: str) -> None:
        """Marks it done and erases its facts; the key stays, so that a late duplicate is still known."""
