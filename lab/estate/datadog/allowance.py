"""The ration of an endpoint: so many requests in a fixed period, told in every answer's headers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Allowance:
    """`limit` requests in `period` seconds, for the whole organisation; a new period renews them all."""

    def __init__(self, name: str, limit: int, period: float, clock: Callable[[], float] = time.time) -> None:
        self.name, self.limit, self.period = name, limit, period
        self._clock = clock
        self._began = clock()
        self.used = 0

    def take(self) -> bool:
        """Whether one more is allowed; a refused one counts nothing."""
        if self._clock() - self._began >= self.period:
            self._began, self.used = self._clock(), 0
        if self.used >= self.limit:
            return False
        self.used += 1
        return True

    def headers(self) -> dict[str, str]:
        """As they stand now; Reset is seconds from now."""
        reset = max(0.0, self._began + self.period - self._clock())
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Period": f"{self.period:.0f}",
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Reset": str(math.ceil(reset)),
            "X-RateLimit-Name": self.name,
        }
