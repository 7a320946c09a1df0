"""The book of log-ins at Salesforce: what lets the limiter survive a restart of the bot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Login:
    """One log-in. `fingerprint` names the credentials without telling them: new ones start a new count."""

    at: datetime
    ok: bool
    fingerprint: str


class LoginBook(Protocol):
    """Commits before it returns; rows older than a day may be forgotten."""

    async def record(self, target: str, at: datetime, ok: bool, fingerprint: str) -> None:
        """Adds one log-in of this target."""

    async def since(self, target: str, at: datetime) -> tuple[Login, ...]:
        """The log-ins of this target at or after `at`, oldest first."""
