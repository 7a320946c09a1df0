"""Times as the API writes them, and waits shortened by the lab's time scale."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime


def stamp(at: datetime | None = None) -> str:
    """RFC 3339 with whole seconds, as metadata and conditions carry it."""
    return (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(at: datetime | None = None) -> str:
    """RFC 3339 with microseconds, as log lines and eventTime carry it."""
    return (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_stamp(text: str) -> datetime:
    """The moment that an RFC 3339 text names; ValueError when it names none."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class ScaledTime:
    """Waits that the cluster counts in real seconds, made short: 0.05 turns a minute into three seconds."""

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def real_seconds(self, nominal_seconds: float) -> float:
        """How long the lab really waits for that many seconds of the cluster."""
        return nominal_seconds * self.scale

    async def sleep(self, nominal_seconds: float) -> None:
        """Let that many seconds of the cluster pass."""
        await asyncio.sleep(self.real_seconds(nominal_seconds))


def duration_text(seconds: int) -> str:
    """A duration as Go prints it: 10s, 1m20s, 5m0s."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
