"""A small book of log-in attempts, so that the limiter which protects the account survives a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attempt:
    """One log-in. `fingerprint` is a salted hash of the credentials: another one means that they changed."""

    at: datetime
    ok: bool
    fingerprint: str


class LoginBook(Protocol):
    """Commits before it returns; holds no credential."""

    async def record(self, target: str, at: datetime, ok: bool, fingerprint: str) -> None:
        """Writes one attempt down."""

    async def since(self, target: str, at: datetime) -> tuple[Attempt, ...]:
        """The target's attempts at or after `at`, oldest first."""
