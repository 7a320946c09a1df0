"""The big switch, as one row."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from bot.adapters.store.database import Database
from bot.adapters.store.schema import freeze
from bot.domain.redaction import Redactor
from bot.ports.freeze import FreezeState

_ONLY = 1


class SqlFreezer:
    """Fulfils `Freezer`; no row means that nobody ever froze anything."""

    def __init__(self, database: Database, redactor: Redactor) -> None:
        self._database = database
        self._redactor = redactor

    async def state(self) -> FreezeState:
        """What holds now."""
        query = select(freeze).where(freeze.c.id == _ONLY)
        row = await self._database.run(lambda connection: connection.execute(query).one_or_none())
        return FreezeState(False) if row is None else FreezeState(row.is_frozen, row.by, row.reason, row.since)

    async def set(self, state: FreezeState) -> None:
        """Freezes or thaws; the last word counts."""
        values = {
            "id": _ONLY,
            "is_frozen": state.is_frozen,
            "by": state.by,
            "reason": self._redactor.text(state.reason),
            "since": state.since,
        }

        def work(connection: Connection) -> None:
            connection.execute(delete(freeze).where(freeze.c.id == _ONLY))
            connection.execute(insert(freeze).values(values))

        await self._database.run(work)
