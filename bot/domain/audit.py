"""One line of the audit log: who did what, to what, with which outcome, chained by hash to the line before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What is to be recorded. `action` is dotted (`approval.refused`); `details` hold redacted scalars."""

    action: str
    actor: str
    target: str
    correlation_id: str
    at: datetime
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A recorded event: its number (from 1, without gaps), the hash of the line before, and its own."""

    number: int
    event: AuditEvent
    previous: str
    hash: str


def chain_hash(previous: str, number: int, event: AuditEvent) -> str:
    """SHA-256 over the previous hash and the canonical JSON of this line, hexadecimal."""
    body = {
        "number": number,
        "action": event.action,
        "actor": event.actor,
        "target": event.target,
        "correlation_id": event.correlation_id,
        "at": event.at.isoformat(),
        "details": dict(event.details),
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()
