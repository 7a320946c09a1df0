"""The book of log-in attempts: times, outcomes and fingerprints, never a credential."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from bot.adapters.store.database import Database
from bot.adapters.store.schema import logins
from bot.ports.logins import Attempt


class SqlLoginBook:
    """Fulfils `LoginBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, target: str, at: datetime, ok: bool, fingerprint: str) -> None:
        """Writes one attempt down."""
        row = insert(logins).values(target=target, at=at, ok=ok, fingerprint=fingerprint)
        await self._database.run(lambda connection: connection.execute(row))

    async def since(self, target: str, at: datetime) -> tuple[Attempt, ...]:
        """The target's attempts at or after `at`, oldest first."""
        query = (
            select(logins.c.at, logins.c.ok, logins.c.fingerprint)
            .where(logins.c.target == target, logins.c.at >= at)
            .order_by(logins.c.at, logins.c.number)
        )
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return tuple(Attempt(row.at, row.ok, row.fingerprint) for row in rows)

    async def prune(self, older_than: datetime) -> int:
        """Forgets attempts made before this moment; returns how many."""
        old = delete(logins).where(logins.c.at < older_than)
        return await self._database.run(lambda connection: connection.execute(old).rowcount)
