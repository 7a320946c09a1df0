"""The book of contact look-ups: who asked and when, never for whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from bot.adapters.store.database import Database, insert_if_new
from bot.adapters.store.schema import lookups
from bot.ports.lookups import Lookup


class SqlLookupBook:
    """Fulfils `LookupBook`. Counting and writing are one transaction: of many at once only one is the last."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, lookup: Lookup, *, most: int, window: timedelta) -> datetime | None:
        """See the port."""
        theirs = (lookups.c.target == lookup.target, lookups.c.person == lookup.person)
        row = {"key": lookup.key, "target": lookup.target, "person": lookup.person, "at": lookup.at}
        earlier = (
            select(lookups.c.key, lookups.c.at)
            .where(*theirs, lookups.c.at > lookup.at - window)
            .order_by(lookups.c.at.desc())
            .limit(most)
        )

        def work(connection: Connection) -> datetime | None:
            made = connection.execute(earlier).all()
            if len(made) >= most and lookup.key not in {each.key for each in made}:
                oldest: datetime = made[-1].at
                return oldest + window
            insert_if_new(connection, lookups, row)
            return None

        return await self._database.run(work)

    async def prune(self, older_than: datetime) -> int:
        """Forgets those made before this moment; returns how many."""
        old = delete(lookups).where(lookups.c.at < older_than)
        return await self._database.run(lambda connection: connection.execute(old).rowcount)
