"""One database behind one writer thread: a call returns when its transaction is committed."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, Executable, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from bot.adapters.store.shortcut import SqliteShortcut
from bot.domain.errors import BadAnswer, Conflict, Unreachable

T = TypeVar("T")

_MIGRATIONS = Path(__file__).with_name("migrations")
_MIGRATION_LOCK = 0x5F1A7
"""An arbitrary constant: two replicas that start together migrate one after the other."""
_BUSY_MILLISECONDS = 10_000
_PRAGMAS = (
    f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)


class Database:
    """`sqlite:///path` or `postgresql+psycopg://…`. All work runs on one thread, in the order of the calls."""

    def __init__(self, engine: Engine, worker: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._worker = worker
        self._shortcut = SqliteShortcut(engine.url.database or "", _PRAGMAS)

    @classmethod
    async def open(cls, url: str) -> Database:
        """Connects and brings the schema up to date; Unreachable when that cannot be done."""
        parsed = make_url(url)
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        database = cls(_engine(parsed), worker)
        try:
            await database._on_worker(database._migrate)
        except BaseException:
            await database.close()
            raise
        return database

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in one transaction and commits. Raises Unreachable, Conflict (a constraint) or BadAnswer."""
        return await self._on_worker(lambda: self._transact(work))

    async def add_within(self, seconds: float, table: Table, row: Mapping[str, object]) -> bool:
        """Adds the row unless a unique key says that it is there already, for somebody who waits.

        Unreachable when that was not begun, or found a lock, in half of this time each. Whoever gets Unreachable
        may rely on it: nothing is committed later behind their back.
        """
        future = self._worker.submit(self._add, table, row, seconds / 2)
        late = asyncio.get_running_loop().call_later(seconds / 2, future.cancel)  # only what was not begun
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise Unreachable("the store is busy") from None
        finally:
            late.cancel()

    async def ping(self) -> None:
        """Raises Unreachable when the database does not answer."""
        await self.run(lambda connection: connection.execute(text("SELECT 1")).scalar_one())

    async def close(self) -> None:
        """Waits for what was begun, then lets go of the file or the server."""
        await self._on_worker(self._shortcut.close)
        await self._on_worker(self._engine.dispose)
        self._worker.shutdown(wait=True)

    async def _on_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def _add(self, table: Table, row: Mapping[str, object], patience_seconds: float) -> bool:
        with _translated():
            if self._engine.dialect.name == "sqlite":
                return self._shortcut.add(table, row, patience_seconds)
            with self._engine.connect() as connection, connection.begin():
                return insert_if_new(connection, table, row)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with _translated(), self._engine.connect() as connection, connection.begin():
            return work(connection)

    def _migrate(self) -> None:
        self._transact(_upgrade)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """The driver's errors as ours; their texts name no value of a row."""
    try:
        yield
    except (IntegrityError, sqlite3.IntegrityError) as error:
        raise Conflict(f"the store refused a row: {getattr(error, 'orig', error)}") from error
    except (DBAPIError, sqlite3.Error) as error:
        raise Unreachable(f"the store could not be used: {getattr(error, 'orig', error)}") from error
    except SQLAlchemyError as error:
        raise BadAnswer(f"the store did not understand: {type(error).__name__}") from error


def insert_if_new(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Adds the row unless a unique key says that it is there already; True when it was added.

    The number that comes back tells: drivers do not agree on the row count of such an INSERT.
    """
    added = connection.execute(_insertion(table, connection.dialect.name), values)
    return added.scalar_one_or_none() is not None


@functools.cache
def _insertion(table: Table, dialect: str) -> Executable:
    """Made once a table: building a statement takes longer than running it."""
    row = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return row.on_conflict_do_nothing().returning(table.c.number)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _MIGRATION_LOCK})
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise BadAnswer(
            "the database was written by a newer release of sfint; start that release, or restore the backup that"
            f" was made before its upgrade ({error})"
        ) from error


def _engine(url: URL) -> Engine:
    # hide_parameters: an exception's text must not carry what was about to be stored.
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=url.get_backend_name() != "sqlite",  # a file does not hang up
        hide_parameters=True,
    )
    if url.get_backend_name() == "sqlite":
        if url.database:
            _create_private(Path(url.database))
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _create_private(path: Path) -> None:
    """Only the owner may read the file; SQLite gives its -wal and -shm the same permissions."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise Unreachable(
            f"store.directory: {path.parent} cannot be written ({error.strerror}); run this as the bot's own user"
        ) from error


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transactions begin late and skip DDL; ours begin in _begin_immediate.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
