"""Asking Kafka about topics and groups; nothing here writes, joins a group or creates a topic by asking for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.kafka_groups import GroupView, PartitionProgress
from bot.domain.kafka_topics import TopicView


class Stream(Protocol):
    """Every method may raise Unreachable, AccessDenied (the key itself, or a named permission) or BadAnswer."""

    async def topic_names(self) -> tuple[str, ...]:
        """Those that we may see, sorted, internal ones left out."""

    async def topics(self, names: Sequence[str]) -> tuple[TopicView, ...]:
        """One view a name, in that order; a missing or a forbidden topic is a view with a problem."""

    async def group(self, name: str) -> GroupView:
        """The group; one that never was is DEAD. AccessDenied where we may not describe it."""

    async def progress(self, group: str, topic: str) -> tuple[PartitionProgress, ...]:
        """Offsets of each partition of the topic, by number. NotFound for a missing topic."""
