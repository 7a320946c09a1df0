"""Proves that the audit log is whole, and exports it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.domain.audit import GENESIS, AuditLine, chain_hash
from bot.domain.errors import BadAnswer
from bot.ports.ledger import Ledger


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """`lines` were found intact; `head` is the hash of the last of them, to compare with one kept elsewhere.

    `broken_at` is the number of the line that does not follow, 0 where all do; `problem` says what is wrong.
    """

    ok: bool
    lines: int
    head: str
    broken_at: int = 0
    problem: str = ""


async def verify_audit(ledger: Ledger, known_head: str = "") -> AuditVerdict:
    """Walks the chain from its first line.

    The chain cannot know of lines that were cut off at its end: `known_head`, a hash that was posted or exported
    before, must be met on the way.
    """
    count, head, is_met = 0, GENESIS, known_head in ("", GENESIS)
    try:
        async for line in ledger.lines():
            if problem := _flaw(line, count + 1, head):
                return AuditVerdict(False, count, head, count + 1, problem)
            count, head = count + 1, line.hash
            is_met = is_met or head == known_head
    except BadAnswer as error:
        return AuditVerdict(False, count, head, count + 1, str(error))
    if not is_met:
        problem = "the head kept elsewhere is not in this log: lines were cut off at its end, or it is another log"
        return AuditVerdict(False, count, head, count + 1, problem)
    return AuditVerdict(True, count, head)


async def export_audit(ledger: Ledger) -> AsyncIterator[str]:
    """One JSON object a line, in order, with everything that the hash covers; ends each with a newline."""
    async for line in ledger.lines():
        event = line.event
        document = {
            "number": line.number,
            "at": event.at.isoformat(),
            "action": event.action,
            "actor": event.actor,
            "target": event.target,
            "correlation_id": event.correlation_id,
            "details": dict(event.details),
            "previous": line.previous,
            "hash": line.hash,
        }
        yield json.dumps(document, sort_keys=True, ensure_ascii=False) + "\n"


def _flaw(line: AuditLine, number: int, previous: str) -> str:
    if line.number != number:
        return f"line {number} is missing: the next one is {line.number}"
    if line.previous != previous:
        return f"line {number} does not follow the line before it"
    if line.hash != chain_hash(previous, number, line.event):
        return f"line {number} was changed after it was written"
    return ""
