"""Datadog's ration of requests, as far as we may use it: shared by all targets that have the same keys."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from bot.domain.datadog import RequestBudget
from bot.domain.errors import RateLimited
from bot.ports.clock import Clock

_HOUR = 3600.0
_UNTOLD_RESET = 60.0
"""How long we wait after a 429 that names no time."""


class HourlyBudget:
    """Counts our requests of the last hour, believes what Datadog says is left, and never touches the reserve.

    Datadog rations each endpoint by itself; we count all of ours together, which is the stricter way.
    """

    def __init__(self, clock: Clock, *, per_hour: int = 300, reserve: int = 60) -> None:
        self._clock, self._per_hour, self._reserve = clock, per_hour, reserve
        self._asked: deque[float] = deque()
        self._told: dict[str, tuple[int, float]] = {}
        self._closed_until = 0.0

    def now(self) -> RequestBudget:
        """As it stands."""
        used = self._used()
        left = min([self._per_hour - used, *(left for left, _ in self._told.values())]) - self._reserve
        wait = self._wait_seconds(left)
        return RequestBudget(self._per_hour, 0 if wait else max(0, left), self._reserve, wait)

    def spend(self) -> None:
        """Counts one request that is about to be made. Raises RateLimited where none is left for us."""
        budget = self.now()
        if budget.left <= 0:
            words = f"Datadog's requests of this hour are spent, but for {budget.reserve} kept for people"
            raise RateLimited(words, budget.renewed_in_seconds)
        self._asked.append(self._clock.monotonic())

    def learn(self, headers: Mapping[str, str]) -> None:
        """Reads the X-RateLimit headers of an answer; what is no number is no news."""
        remaining, reset = _number(headers, "x-ratelimit-remaining"), _number(headers, "x-ratelimit-reset")
        if remaining is not None and reset is not None:
            name = headers.get("x-ratelimit-name", "")
            self._told[name] = (int(remaining), self._clock.monotonic() + reset)

    def close(self, headers: Mapping[str, str]) -> float:
        """After a 429: nothing is asked until the time that it names; returns those seconds."""
        told = (_number(headers, name) for name in ("x-ratelimit-reset", "retry-after"))
        wait = next((seconds for seconds in told if seconds is not None), _UNTOLD_RESET)
        self._closed_until = max(self._closed_until, self._clock.monotonic() + wait)
        return wait

    def _used(self) -> int:
        now = self._clock.monotonic()
        while self._asked and self._asked[0] <= now - _HOUR:
            self._asked.popleft()
        self._told = {name: told for name, told in self._told.items() if told[1] > now}
        return len(self._asked)

    def _wait_seconds(self, left: int) -> float:
        now = self._clock.monotonic()
        if self._closed_until > now:
            return self._closed_until - now
        if left > 0:
            return 0.0
        resets = [until - now for remaining, until in self._told.values() if remaining <= self._reserve]
        return max([*resets, self._asked[0] + _HOUR - now if self._asked and not resets else 0.0, 1.0])


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        found = float(headers[name])
    except (KeyError, ValueError):
        return None
    return found if 0 <= found <= 86400 else None
