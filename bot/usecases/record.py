"""Records an act in the audit log, with the correlation id of the command that caused it."""

from __future__ import annotations

from bot.domain.audit import AuditEvent
from bot.usecases.desk import Desk


async def record(desk: Desk, action: str, *, actor: str, target: str, correlation_id: str, **details: str) -> None:
    """Appends one line; `action` is dotted, e.g. `approval.refused`."""
    await desk.ledger.record(AuditEvent(action, actor, target, correlation_id, desk.clock.now(), details))
