"""Keeps within the rate that Slack promises for one channel."""

from __future__ import annotations

import asyncio


class Pace:
    """A token bucket a channel: a short burst, then `per_second`. Slack promises about one message a second."""

    def __init__(self, per_second: float = 1.0, burst: int = 4) -> None:
        self._per_second = per_second
        self._burst = burst
        self._buckets: dict[str, tuple[float, float]] = {}

    async def turn(self, channel: str) -> None:
        """Returns when the channel may take one more message."""
        now = asyncio.get_running_loop().time()
        tokens, since = self._buckets.get(channel, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - since) * self._per_second) - 1.0
        self._buckets[channel] = (tokens, now)
        if tokens < 0:
            await asyncio.sleep(-tokens / self._per_second)
