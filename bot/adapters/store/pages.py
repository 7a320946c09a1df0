"""The book of pages: one open page a key, states that never go back, and what the provider must still hear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, delete, select, update

from bot.adapters.store.database import Database, insert_if_new
from bot.adapters.store.schema import pages
from bot.domain.page import Page, PageState
from bot.domain.redaction import Redactor
from bot.domain.runbook import Severity, Team
from bot.ports.clock import Clock

_AFTER: dict[PageState, frozenset[PageState]] = {
    # It may stay queued with another problem: why the provider does not have it yet.
    PageState.QUEUED: frozenset(PageState),
    # A failed page may be tried again: nothing was accepted that this could undo.
    PageState.FAILED: frozenset(PageState),
    PageState.ACCEPTED: frozenset({PageState.ACKNOWLEDGED, PageState.RESOLVED}),
    PageState.ACKNOWLEDGED: frozenset({PageState.RESOLVED}),
    PageState.RESOLVED: frozenset(),
}
_FOR_THE_PROVIDER = (PageState.QUEUED, PageState.ACKNOWLEDGED, PageState.RESOLVED)
"""ACCEPTED and FAILED are the provider's own answers: it need not be told."""


class SqlPageBook:
    """Fulfils `PageBook`."""

    def __init__(self, database: Database, redactor: Redactor, clock: Clock) -> None:
        self._database = database
        self._redactor = redactor
        self._clock = clock

    async def open(self, page: Page) -> tuple[Page, bool]:
        """Stores the page unless one with its key is open; the index on open keys decides a race."""
        row = self._encode(page)

        def work(connection: Connection) -> tuple[Page, bool]:
            is_new = insert_if_new(connection, pages, row)
            return _decode(_latest(connection, page.key)), is_new

        return await self._database.run(work)

    async def get(self, key: str) -> Page | None:
        """The latest page with this key."""

        def work(connection: Connection) -> Page | None:
            row = _find(connection, key)
            return None if row is None else _decode(row)

        return await self._database.run(work)

    async def move(
        self, key: str, state: PageState, *, by: str = "", problem: str = "", reason: str = ""
    ) -> Page | None:
        """Changes the state, never backwards; returns the page as it now is, None when there is none."""
        said, why = self._redactor.text(problem), self._redactor.text(reason)

        def work(connection: Connection) -> Page | None:
            row = _find(connection, key)
            if row is None:
                return None
            if state not in _AFTER[PageState(row.state)]:
                return _decode(row)
            values = {"state": state.value, "by": by or row.by, "problem": said, "reason": why or row.reason}
            connection.execute(update(pages).where(pages.c.number == row.number).values(values))
            return _decode(_latest(connection, key))

        return await self._database.run(work)

    async def owed(self) -> tuple[Page, ...]:
        """Pages whose current state the provider has not been told yet, oldest first."""
        query = (
            select(pages)
            .where(pages.c.state.in_([state.value for state in _FOR_THE_PROVIDER]), pages.c.told != pages.c.state)
            .order_by(pages.c.number)
        )
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return tuple(_decode(row) for row in rows)

    async def told(self, key: str, state: PageState) -> None:
        """The provider has been told this state."""

        def work(connection: Connection) -> None:
            row = _find(connection, key)
            if row is not None:
                connection.execute(update(pages).where(pages.c.number == row.number).values(told=state.value))

        await self._database.run(work)

    async def prune(self, older_than: datetime) -> int:
        """Forgets resolved pages made before this moment that the provider knows about; returns how many."""
        resolved = PageState.RESOLVED.value
        old = delete(pages).where(
            pages.c.created_at < older_than, pages.c.state == resolved, pages.c.told == resolved
        )
        return await self._database.run(lambda connection: connection.execute(old).rowcount)

    def _encode(self, page: Page) -> dict[str, object]:
        return {
            "key": page.key,
            "target": page.target,
            "entry": page.entry,
            "team": page.team.value,
            "severity": page.severity.value,
            "summary": self._redactor.text(page.summary),
            "channel": page.channel,
            "thread": page.thread,
            "state": page.state.value,
            "created_at": page.created_at,
            "reason": self._redactor.text(page.reason),
            "by": page.by,
            "problem": self._redactor.text(page.problem),
            "told": "",
        }


def _find(connection: Connection, key: str) -> Row[tuple[object, ...]] | None:
    query = select(pages).where(pages.c.key == key).order_by(pages.c.number.desc()).limit(1).with_for_update()
    return connection.execute(query).one_or_none()


def _latest(connection: Connection, key: str) -> Row[tuple[object, ...]]:
    row = _find(connection, key)
    assert row is not None, "written in this transaction"  # noqa: S101
    return row


def _decode(row: Row[tuple[object, ...]]) -> Page:
    return Page(
        key=row.key,
        target=row.target,
        entry=row.entry,
        team=Team(row.team),
        severity=Severity(row.severity),
        summary=row.summary,
        channel=row.channel,
        thread=row.thread,
        state=PageState(row.state),
        created_at=row.created_at,
        reason=row.reason,
        by=row.by,
        problem=row.problem,
    )
