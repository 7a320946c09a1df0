"""One row into a SQLite file without SQLAlchemy's way there: somebody waits for it within three seconds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite

_Bind = Callable[[Any], Any] | None


@dataclass(frozen=True)
class _Statement:
    """Its text with named placeholders, and how each value is written."""

    text: str
    binds: Mapping[str, _Bind]


@dataclass
class SqliteShortcut:
    """A connection of its own, used by the store's thread alone and opened by the first row.

    The statement and the types are the table's; what is saved is the checkout, the three statements of a
    transaction and the result machinery, which together take longer than the insert (docs/performance.md).
    """

    path: str
    pragmas: Sequence[str]
    _connection: sqlite3.Connection | None = None
    _statements: dict[str, _Statement] = field(default_factory=dict)

    def add(self, table: Table, row: Mapping[str, object], patience_seconds: float) -> bool:
        """Commits the row; False when a unique key is there already. Raises sqlite3.Error, a lock's among them."""
        if table.name not in self._statements:
            self._statements[table.name] = _statement(table, list(row))
        statement = self._statements[table.name]
        values = {name: bind(row[name]) if bind else row[name] for name, bind in statement.binds.items()}
        return self._open(patience_seconds).execute(statement.text, values).rowcount == 1

    def close(self) -> None:
        """On the thread that added."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self, patience_seconds: float) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self.path, isolation_level=None)  # each statement is a transaction
            for pragma in (*self.pragmas, f"PRAGMA busy_timeout={round(1000 * patience_seconds)}"):
                connection.execute(pragma)
            self._connection = connection
        return self._connection


def _statement(table: Table, columns: list[str]) -> _Statement:
    dialect = sqlite.dialect(paramstyle="named")
    insertion = sqlite.insert(table).on_conflict_do_nothing()
    text = str(insertion.compile(dialect=dialect, column_keys=columns))
    return _Statement(text, {name: table.c[name].type.bind_processor(dialect) for name in columns})
