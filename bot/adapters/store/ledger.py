"""The audit log: appended under a lock, numbered without gaps, chained by hash; triggers refuse every change."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, insert, select, text

from bot.adapters.store.database import Database
from bot.adapters.store.schema import ledger
from bot.domain.audit import GENESIS, AuditEvent, AuditLine, chain_hash
from bot.domain.errors import BadAnswer
from bot.domain.redaction import Redactor

_CHUNK = 500
"""Lines read at a time, so that an export never keeps the ack path waiting."""


class SqlLedger:
    """Fulfils `Ledger`. Nothing prunes it: a line that is gone would break the chain of those that stay."""

    def __init__(self, database: Database, redactor: Redactor) -> None:
        self._database = database
        self._redactor = redactor

    async def record(self, event: AuditEvent) -> AuditLine:
        """Appends, after redaction; returns the line as it was stored."""
        kept = self._redacted(event)
        return await self._database.run(lambda connection: _append(connection, kept))

    async def head(self) -> AuditLine | None:
        """The newest line; None while there is none."""
        query = select(ledger).order_by(ledger.c.number.desc()).limit(1)
        row = await self._database.run(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else _decode(row)

    async def lines(self) -> AsyncIterator[AuditLine]:
        """All lines, in order. Raises BadAnswer at a line that cannot be read."""
        last = 0
        while True:
            rows = await self._after(last)
            for row in rows:
                yield _decode(row)
            if len(rows) < _CHUNK:
                return
            last = rows[-1].number

    async def _after(self, number: int) -> Sequence[Row[tuple[object, ...]]]:
        query = select(ledger).where(ledger.c.number > number).order_by(ledger.c.number).limit(_CHUNK)
        return await self._database.run(lambda connection: connection.execute(query).all())

    def _redacted(self, event: AuditEvent) -> AuditEvent:
        clean = self._redactor.text
        details = self._redactor.value(dict(event.details))
        if not isinstance(details, dict):
            raise BadAnswer("redacted details are no object")
        return AuditEvent(
            action=clean(event.action),
            actor=clean(event.actor),
            target=clean(event.target),
            correlation_id=clean(event.correlation_id),
            at=event.at.astimezone(UTC),
            details={name: str(value) for name, value in details.items()},
        )


def _append(connection: Connection, event: AuditEvent) -> AuditLine:
    if connection.dialect.name == "postgresql":
        # Replicas append one after the other; on SQLite the transaction holds the only write lock already.
        connection.execute(text("LOCK TABLE ledger IN EXCLUSIVE MODE"))
    head = connection.execute(
        select(ledger.c.number, ledger.c.hash).order_by(ledger.c.number.desc()).limit(1)
    ).one_or_none()
    number, previous = (1, GENESIS) if head is None else (head.number + 1, head.hash)
    line = AuditLine(number, event, previous, chain_hash(previous, number, event))
    connection.execute(insert(ledger).values(_encode(line)))
    return line


def _encode(line: AuditLine) -> dict[str, object]:
    event = line.event
    return {
        "number": line.number,
        "action": event.action,
        "actor": event.actor,
        "target": event.target,
        "correlation_id": event.correlation_id,
        "at": event.at.isoformat(),
        "details": json.dumps(dict(event.details)),
        "previous": line.previous,
        "hash": line.hash,
    }


def _decode(row: Row[tuple[object, ...]]) -> AuditLine:
    try:
        details: dict[str, str] = json.loads(row.details)
        at = datetime.fromisoformat(row.at)
    except ValueError as error:
        raise BadAnswer(f"audit line {row.number} cannot be read: {error}") from error
    event = AuditEvent(row.action, row.actor, row.target, row.correlation_id, at, details)
    return AuditLine(row.number, event, row.previous, row.hash)
