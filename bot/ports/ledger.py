"""The append-only, hash-chained audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from bot.domain.audit import AuditEvent, AuditLine


class Ledger(Protocol):
    """Recording commits before it returns; nothing updates or deletes a line."""

    async def record(self, event: AuditEvent) -> AuditLine:
        """Appends, after redaction of the details."""

    async def head(self) -> AuditLine | None:
        """The newest line; None while there is none."""

    def lines(self) -> AsyncIterator[AuditLine]:
        """All lines, in order."""
