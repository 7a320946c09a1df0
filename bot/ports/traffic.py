"""How many messages a topic received, by windows of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.kafka_traffic import TopicTraffic, Window


class Traffic(Protocol):
    """Raises Unreachable, AccessDenied, RateLimited or BadAnswer where nothing at all could be asked."""

    async def messages(self, topics: Sequence[str], windows: Sequence[Window]) -> tuple[TopicTraffic, ...]:
        """One answer a topic, in that order; a window without a figure is None, never 0."""
