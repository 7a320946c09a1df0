"""Posts the head of the audit chain to a channel: outside the database, so that a cut-off end is noticed."""

from __future__ import annotations

from bot.domain.notice import Notice
from bot.ports.chat import Where
from bot.usecases.desk import Desk


async def publish_audit_heads(desk: Desk, channel: str, every_seconds: float) -> None:
    """Runs until cancelled; says nothing while nothing was added."""
    while True:
        await publish_audit_head(desk, channel)
        await desk.clock.sleep(every_seconds)


async def publish_audit_head(desk: Desk, channel: str) -> None:
    """One post a head: its number and hash, which `sfint audit verify --head HASH` compares."""
    head = await desk.ledger.head()
    if head is None:
        return
    lines = (f"line {head.number}", f"`{head.hash}`", f"written {head.event.at:%Y-%m-%d %H:%M:%S} UTC")
    notice = Notice("Head of the audit chain", lines, f"sfint audit verify --head {head.hash}")
    await desk.chat.show(f"audit-head:{head.number}", Where(channel), notice)
