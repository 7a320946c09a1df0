"""Keeps our own log-ins few enough that a test can never lock the integration user's account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.salesforce import TokenVerdict
from bot.ports.clock import Clock
from bot.ports.logins import Attempt, LoginBook

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """How often we log in, in seconds and counts.

    Salesforce locks after 3, 5 or 10 bad passwords in a row (the org's policy, 10 by default), and only a success
    is known to forgive them: hence a limit for the whole day too. Where the policy is 3, set both to 2.
    """

    reuse_seconds: float = 20.0
    failures: int = 3
    failure_window_seconds: float = 900.0
    failures_per_day: int = 5
    per_hour: int = 60
    stop_after_rate_exceeded_seconds: float = 3600.0


class LoginLimiter:
    """Judges by the book, which survives a restart, and by what Salesforce said last."""

    def __init__(self, book: LoginBook, clock: Clock, limits: LoginLimits, target: str, fingerprint: str) -> None:
        self._book = book
        self._clock = clock
        self._limits = limits
        self._target = target
        self._fingerprint = fingerprint
        self._stopped_until: datetime | None = None

    async def wait_seconds(self) -> float:
        """How long to hold back; 0 when a log-in is allowed now."""
        now = self._clock.now()
        window = max(_DAY, timedelta(seconds=self._limits.failure_window_seconds))
        logins = await self._book.since(self._target, now - window)
        ends = [self._stopped_until, self._hourly(logins, now), *self._after_failures(logins)]
        return max([0.0, *((end - now).total_seconds() for end in ends if end is not None)])

    async def note(self, verdict: TokenVerdict, was_judged: bool) -> None:
        """Records a log-in that reached Salesforce; what never arrived counts for nothing."""
        now = self._clock.now()
        if verdict is TokenVerdict.RATE_EXCEEDED:
            self._stopped_until = now + timedelta(seconds=self._limits.stop_after_rate_exceeded_seconds)
        if was_judged:
            ok = verdict in (TokenVerdict.OK, TokenVerdict.EMPTY)
            await self._book.record(self._target, now, ok, self._fingerprint)

    def _hourly(self, logins: Sequence[Attempt], now: datetime) -> datetime | None:
        hour = timedelta(hours=1)
        recent = [login.at for login in logins if login.at > now - hour]
        return recent[-self._limits.per_hour] + hour if len(recent) >= self._limits.per_hour else None

    def _after_failures(self, logins: Sequence[Attempt]) -> list[datetime]:
        """When enough of the last failures in a row are old enough; a success forgives those before it."""
        streak: list[datetime] = []
        for login in logins:
            if login.fingerprint == self._fingerprint:
                streak = [] if login.ok else [*streak, login.at]
        window = timedelta(seconds=self._limits.failure_window_seconds)
        rules = ((self._limits.failures, window), (self._limits.failures_per_day, _DAY))
        return [streak[-most] + span for most, span in rules if len(streak) >= most]
