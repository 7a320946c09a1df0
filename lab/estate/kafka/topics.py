"""The topics of the cluster: how they are made, what they may be configured to, and what a policy refuses."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from kio.schema.errors import ErrorCode

from lab.estate.kafka.partition import Partition

REPLICATION_FACTOR = 3
DEFAULT_PARTITIONS = 6
DEFAULTS: Mapping[str, str] = {
    "cleanup.policy": "delete",
    "compression.type": "producer",
    "delete.retention.ms": "86400000",
    "max.message.bytes": "2097164",
    "message.timestamp.type": "CreateTime",
    "min.compaction.lag.ms": "0",
    "min.insync.replicas": "2",
    "retention.bytes": "-1",
    "retention.ms": "604800000",
    "segment.bytes": "104857600",
    "segment.ms": "604800000",
}
"""What Confluent Cloud sets for a topic; any other name is unknown."""
_NUMBERS = tuple(name for name in DEFAULTS if name.endswith((".ms", ".bytes", ".replicas")))
_LEGAL = re.compile(r"[A-Za-z0-9._-]{1,249}")


class Refused(Exception):
    """The broker says no: an error code of the protocol and the words with it."""

    def __init__(self, code: ErrorCode, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass
class Topic:
    """Its partitions and the settings that differ from DEFAULTS."""

    name: str
    partitions: list[Partition]
    config: dict[str, str] = field(default_factory=dict)
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    def setting(self, name: str) -> str:
        """The value in force."""
        return self.config.get(name, DEFAULTS[name])

    def expire(self) -> None:
        """Let retention take what is too old, now."""
        kept_ms = int(self.setting("retention.ms"))
        if kept_ms >= 0 and "delete" in self.setting("cleanup.policy"):
            for partition in self.partitions:
                partition.expire(int(time.time() * 1000) - kept_ms)


class Topics:
    """All topics by name. Nothing is created by asking for it."""

    def __init__(self) -> None:
        self._topics: dict[str, Topic] = {}

    def names(self) -> list[str]:
        """In alphabetical order."""
        return sorted(self._topics)

    def find(self, name: str) -> Topic | None:
        """The topic, rid of what retention has taken by now."""
        topic = self._topics.get(name)
        if topic is not None:
            topic.expire()
        return topic

    def partition(self, name: str, index: int) -> Partition | None:
        """One partition, if topic and index are real."""
        topic = self.find(name)
        return topic.partitions[index] if topic is not None and 0 <= index < len(topic.partitions) else None

    def create(
        self,
        name: str,
        partitions: int = DEFAULT_PARTITIONS,
        config: Mapping[str, str] | None = None,
        *,
        replication_factor: int = REPLICATION_FACTOR,
        only_validate: bool = False,
    ) -> Topic:
        """A new topic; -1 asks for the default number. Raises Refused as the admin API words it."""
        if not _LEGAL.fullmatch(name) or name in (".", ".."):
            raise Refused(ErrorCode.invalid_topic_exception, f"Topic name is invalid: '{name}'")
        if name in self._topics:
            raise Refused(ErrorCode.topic_already_exists, f"Topic '{name}' already exists.")
        if partitions == 0 or partitions < -1:
            words = "Number of partitions was set to an invalid non-positive value."
            raise Refused(ErrorCode.invalid_partitions, words)
        if replication_factor not in (-1, REPLICATION_FACTOR):
            words = f"Topic replication factor must be '{REPLICATION_FACTOR}'"
            raise Refused(ErrorCode.policy_violation, words)
        settings = dict(config or {})
        check_config(settings)
        count = DEFAULT_PARTITIONS if partitions == -1 else partitions
        topic = Topic(name, [Partition() for _ in range(count)], settings)
        if not only_validate:
            self._topics[name] = topic
        return topic

    def delete(self, name: str) -> None:
        """Raises Refused for an unknown one."""
        if self._topics.pop(name, None) is None:
            raise unknown_topic()

    def grow(self, name: str, count: int, *, only_validate: bool = False) -> None:
        """More partitions; fewer or as many are refused. Raises Refused."""
        topic = self.find(name)
        if topic is None:
            raise unknown_topic()
        have = len(topic.partitions)
        if count <= have:
            words = f"The topic {name} currently has {have} partition(s); {count} would not be an increase."
            raise Refused(ErrorCode.invalid_partitions, words)
        if not only_validate:
            topic.partitions.extend(Partition() for _ in range(count - have))


def unknown_topic() -> Refused:
    """The same words for everything that names a topic which is not there."""
    return Refused(ErrorCode.unknown_topic_or_partition, "This server does not host this topic-partition.")


def check_config(settings: Mapping[str, str]) -> None:
    """Raises Refused for an unknown name and for a number that is none."""
    for name, value in settings.items():
        if name not in DEFAULTS:
            raise Refused(ErrorCode.invalid_config, f"Unknown topic config name: {name}")
        if name in _NUMBERS and not re.fullmatch(r"-?\d+", value):
            words = f"Invalid value {value} for configuration {name}: Not a number of type LONG"
            raise Refused(ErrorCode.invalid_config, words)
