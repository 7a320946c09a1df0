"""Slack's request limits: a tier for each method, and about one posting a second in each channel."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

# Calls a minute of the documented tiers.
CALLS_PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


@dataclass
class RateLimits:
    """Token buckets. A burst of `post_burst` messages passes in a channel, then `post_per_second`.

    Slack promises the rate and tolerates short bursts without saying how long: both are settings.
    """

    enforced: bool = True
    post_per_second: float = 1.0
    post_burst: int = 5
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def retry_after(self, method: str, *, tier: int | None, channel: str, now: float) -> int | None:
        """Seconds to wait when the call is one too many, else None and the call is counted."""
        if not self.enforced:
            return None
        if method == "chat.postMessage":
            return self._take((method, channel), self.post_per_second, self.post_burst, now)
        if tier is None:
            return None
        a_minute = CALLS_PER_MINUTE[tier]
        return self._take((method, ""), a_minute / 60, a_minute, now)

    def _take(self, key: tuple[str, str], per_second: float, burst: int, now: float) -> int | None:
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.filled_at) * per_second)
        bucket.filled_at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return None
        return max(1, math.ceil((1 - bucket.tokens) / per_second))
