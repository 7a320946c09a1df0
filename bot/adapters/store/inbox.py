"""The inbox: facts are encrypted while they wait and erased when they are done."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime

from cryptography.fernet import InvalidToken, MultiFernet
from sqlalchemy import delete, func, select, update

from bot.adapters.store.database import Database
from bot.adapters.store.schema import inbox
from bot.domain.redaction import Redactor
from bot.ports.clock import Clock
from bot.ports.inbox import Arrival, Received

_RECORD_SECONDS = 1.5
"""Slack waits 3 s for the acknowledgement, or for the words that nothing was recorded."""
_log = logging.getLogger(__name__)


class SqlInbox:
    """Fulfils `Inbox`. `fernet` seals with its first key and opens with any, so that keys can be changed."""

    def __init__(self, database: Database, fernet: MultiFernet, redactor: Redactor, clock: Clock) -> None:
        self._database = database
        self._fernet = fernet
        self._redactor = redactor
        self._clock = clock

    async def record(self, received: Received) -> bool:
        """Commits the row; False when the key was there already."""
        row = {
            "key": received.key,
            "kind": received.kind.value,
            "facts": self._seal(received.facts),
            "received_at": received.received_at,
            "attempts": 0,
            "problem": "",
        }
        return await self._database.add_within(_RECORD_SECONDS, inbox, row)

    async def pending(self) -> tuple[Received, ...]:
        """Rows not yet done, oldest first; one sealed with a key that we no longer have is left where it is."""
        query = select(inbox).where(inbox.c.done_at.is_(None)).order_by(inbox.c.number)
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        waiting: list[Received] = []
        for row in rows:
            facts = self._unseal(row.key, row.facts)
            if facts is not None:
                waiting.append(Received(row.key, Arrival(row.kind), facts, row.received_at))
        return tuple(waiting)

    async def failed(self, key: str, problem: str) -> int:
        """Counts a failed attempt; returns how many there were, 0 for an unknown key."""
        change = (
            update(inbox)
            .where(inbox.c.key == key)
            .values(attempts=inbox.c.attempts + 1, problem=self._redactor.text(problem))
            .returning(inbox.c.attempts)
        )
        return await self._database.run(lambda connection: connection.execute(change).scalar_one_or_none() or 0)

    async def done(self, key: str) -> None:
        """Erases the facts; the key stays, so that a late duplicate is still known."""
        change = (
            update(inbox)
            .where(inbox.c.key == key, inbox.c.done_at.is_(None))
            .values(done_at=self._clock.now(), facts=None)
        )
        await self._database.run(lambda connection: connection.execute(change))

    async def backlog(self) -> int:
        """How many rows are not done, those that cannot be opened included."""
        query = select(func.count()).select_from(inbox).where(inbox.c.done_at.is_(None))
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())

    async def prune(self, older_than: datetime) -> int:
        """Forgets keys that were done before this moment; returns how many."""
        old = delete(inbox).where(inbox.c.done_at < older_than)
        return await self._database.run(lambda connection: connection.execute(old).rowcount)

    def _seal(self, facts: Mapping[str, str]) -> str:
        return self._fernet.encrypt(json.dumps(dict(facts)).encode()).decode()

    def _unseal(self, key: str, sealed: str) -> dict[str, str] | None:
        try:
            facts: dict[str, str] = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            _log.error("inbox row %s cannot be opened: its key is not among the configured ones", key)
            return None
        return facts
