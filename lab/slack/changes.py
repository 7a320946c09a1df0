"""An append-only log of what changed, so that tests and the page wait for news instead of polling."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """Something on a screen is different: a `message`, a person's open `views`, or the `places` the bot is in."""

    kind: str
    channel: str = ""
    ts: str = ""
    person: str = ""


class ChangeLog:
    """Numbered changes; a reader that remembers a number never misses one."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._news = asyncio.Event()

    @property
    def revision(self) -> int:
        """How many changes there have been."""
        return len(self._changes)

    def publish(self, change: Change) -> None:
        """Record a change and wake everybody who waits."""
        self._changes.append(change)
        news, self._news = self._news, asyncio.Event()
        news.set()

    def since(self, revision: int) -> list[Change]:
        """What happened after the given revision."""
        return self._changes[revision:]

    async def wait_beyond(self, revision: int) -> None:
        """Return as soon as there is a change later than the revision."""
        while self.revision <= revision:
            await self._news.wait()
