"""Every message ever posted, with its edits: what people see, and the record that tests look into."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.slack.changes import Change, ChangeLog
from lab.slack.errors import Json

Clock = Callable[[], float]


@dataclass(frozen=True)
class Revision:
    """What a message said before an edit."""

    at: float
    text: str
    blocks: list[Json]


@dataclass
class StoredMessage:
    """One message. `history` holds what it said before each edit, oldest first; `deleted` ones are kept."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    ephemeral_to: str | None = None
    bot_id: str | None = None
    subtype: str | None = None
    broadcast: bool = False
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    history: list[Revision] = field(default_factory=list)
    edited_at: float | None = None
    deleted: bool = False

    @property
    def edited(self) -> int:
        """How many times it was edited."""
        return len(self.history)

    @property
    def is_reply(self) -> bool:
        """True inside a thread, false for a thread's parent."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    def is_visible_to(self, viewer: str | None) -> bool:
        """Whether this person has it on the screen; nobody (None) sees everything, deleted ones included."""
        return viewer is None or (not self.deleted and self.ephemeral_to in (None, viewer))


def with_ids(blocks: list[Json]) -> list[Json]:
    """Blocks as Slack stores them: every block has a block_id and every element an action_id, given or made up."""
    return [_named(block) for block in blocks]


def _named(block: Json) -> Json:
    named = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)[:5]}
    if named["type"] == "actions":
        named["elements"] = [_actionable(element) for element in named["elements"]]
    for place in ("accessory", "element"):
        if isinstance(named.get(place), dict) and named[place]["type"] != "image":
            named[place] = _actionable(named[place])
    return named


def _actionable(element: Json) -> Json:
    return {**element, "action_id": element.get("action_id") or secrets.token_urlsafe(4)[:5]}


class MessageStore:
    """Messages by channel in the order of posting; time stamps are unique and never go back."""

    def __init__(self, clock: Clock, changes: ChangeLog) -> None:
        self._clock = clock
        self._changes = changes
        self._by_channel: dict[str, list[StoredMessage]] = {}
        self._last_micros = 0

    def next_ts(self) -> str:
        """A time stamp that is later than every earlier one."""
        self._last_micros = max(self._last_micros + 1, int(self._clock() * 1_000_000))
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    def post(self, message: StoredMessage) -> StoredMessage:
        """Put a message at the end of its channel."""
        message.blocks = with_ids(message.blocks)
        self._by_channel.setdefault(message.channel, []).append(message)
        self._announce(message)
        return message

    def edit(self, message: StoredMessage, *, text: str, blocks: list[Json], metadata: Json | None) -> None:
        """Change what a message says and remember what it said."""
        message.history.append(Revision(self._clock(), message.text, message.blocks))
        message.text, message.blocks, message.metadata = text, with_ids(blocks), metadata
        message.edited_at = self._clock()
        self._announce(message)

    def delete(self, message: StoredMessage) -> None:
        """Take a message off every screen; it stays in the record."""
        message.deleted = True
        self._announce(message)

    def react(self, message: StoredMessage, name: str, user: str) -> bool:
        """Add a reaction; false when that person already reacted so."""
        users = message.reactions.setdefault(name, [])
        if user in users:
            return False
        users.append(user)
        self._announce(message)
        return True

    def _announce(self, message: StoredMessage) -> None:
        self._changes.publish(Change("message", channel=message.channel, ts=message.ts))
        if message.is_reply:
            self._changes.publish(Change("message", channel=message.channel, ts=str(message.thread_ts)))

    def all(self, channel: str) -> list[StoredMessage]:
        """The whole record of a channel: ephemeral and deleted ones too."""
        return list(self._by_channel.get(channel, []))

    def find(self, channel: str, ts: str) -> StoredMessage | None:
        """The message, unless it is deleted."""
        return next((one for one in self.all(channel) if one.ts == ts and not one.deleted), None)

    def replies(self, channel: str, ts: str) -> list[StoredMessage]:
        """What stands in a thread below its parent and is visible to all."""
        found = (one for one in self.all(channel) if one.thread_ts == ts and one.is_reply)
        return [one for one in found if not one.deleted and one.ephemeral_to is None]

    async def wait_for(
        self, predicate: Callable[[StoredMessage], bool], *, channel: str, timeout_seconds: float
    ) -> StoredMessage:
        """The first message, present or future, for which the predicate holds; TimeoutError shows the channel."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._first(predicate, channel)
        except TimeoutError as late:
            seen = "\n".join(f"  {one.ts} {one.user}: {one.text[:200]!r}" for one in self.all(channel))
            raise TimeoutError(
                f"no such message in {channel} within {timeout_seconds} s; it has:\n{seen}"
            ) from late

    async def _first(self, predicate: Callable[[StoredMessage], bool], channel: str) -> StoredMessage:
        while True:
            revision = self._changes.revision
            for message in self.all(channel):
                if not message.deleted and predicate(message):
                    return message
            await self._changes.wait_beyond(revision)
