"""Opens the store: every book of the bot over one database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cryptography.fernet import Fernet, MultiFernet

from bot.adapters.store.database import Database
from bot.adapters.store.freeze import SqlFreezer
from bot.adapters.store.inbox import SqlInbox
from bot.adapters.store.ledger import SqlLedger
from bot.adapters.store.logins import SqlLoginBook
from bot.adapters.store.lookups import SqlLookupBook
from bot.adapters.store.outbox import SqlOutbox
from bot.adapters.store.pages import SqlPageBook
from bot.adapters.store.runs import SqlRunBook
from bot.domain.redaction import Redactor
from bot.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept after they are over; the audit log is kept for ever."""

    inbox: timedelta = timedelta(days=7)
    outbox: timedelta = timedelta(days=30)
    pages: timedelta = timedelta(days=365)
    runs: timedelta = timedelta(days=365)
    logins: timedelta = timedelta(days=2)
    lookups: timedelta = timedelta(days=2)
    """Longer than any budget's window; no setting, for nothing else reads them."""


@dataclass(frozen=True, slots=True)
class Store:
    """All books. `close` waits for what was begun; `ping` raises Unreachable."""

    database: Database
    clock: Clock
    inbox: SqlInbox
    outbox: SqlOutbox
    pages: SqlPageBook
    runs: SqlRunBook
    ledger: SqlLedger
    freezer: SqlFreezer
    logins: SqlLoginBook
    lookups: SqlLookupBook

    async def ping(self) -> None:
        """Raises Unreachable when the database does not answer."""
        await self.database.ping()

    async def prune(self, keep: Retention) -> int:
        """Deletes what is over and older than `keep` says; returns how many rows."""
        now = self.clock.now()
        return sum(
            [
                await self.inbox.prune(now - keep.inbox),
                await self.outbox.prune(now - keep.outbox),
                await self.pages.prune(now - keep.pages),
                await self.runs.prune(now - keep.runs),
                await self.logins.prune(now - keep.logins),
                await self.lookups.prune(now - keep.lookups),
            ]
        )

    async def close(self) -> None:
        """Closes the database."""
        await self.database.close()


async def open_store(url: str, inbox_keys: Sequence[str], redactor: Redactor, clock: Clock) -> Store:
    """Opens and migrates. ValueError for a missing or malformed Fernet key, Unreachable for the database."""
    if not inbox_keys:
        raise ValueError("the inbox needs at least one Fernet key (44 characters of URL-safe base64)")
    fernet = MultiFernet([Fernet(key) for key in inbox_keys])
    database = await Database.open(url)
    return Store(
        database=database,
        clock=clock,
        inbox=SqlInbox(database, fernet, redactor, clock),
        outbox=SqlOutbox(database, fernet, redactor, clock),
        pages=SqlPageBook(database, redactor, clock),
        runs=SqlRunBook(database, redactor),
        ledger=SqlLedger(database, redactor),
        freezer=SqlFreezer(database, redactor),
        logins=SqlLoginBook(database),
        lookups=SqlLookupBook(database),
    )
