"""What went through the cluster, by topic and minute: the source of the Confluent metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

MINUTE_MS = 60_000


class Measure(StrEnum):
    """What is counted; the names are those of the Metrics API behind `io.confluent.kafka.server/`."""

    RECEIVED_RECORDS = "received_records"
    RECEIVED_BYTES = "received_bytes"
    SENT_RECORDS = "sent_records"
    SENT_BYTES = "sent_bytes"


class Meter:
    """Counts that outlive their topic, as the real metrics do."""

    def __init__(self) -> None:
        self._counts: dict[Measure, Counter[tuple[str, int, int]]] = {measure: Counter() for measure in Measure}

    def add(self, measure: Measure, topic: str, partition: int, at_ms: int, amount: int) -> None:
        """Count something that happened at that Unix time."""
        self._counts[measure][topic, partition, at_ms // MINUTE_MS] += amount

    def read(self, measure: Measure) -> Mapping[tuple[str, int, int], int]:
        """(topic, partition, minute of Unix time) -> amount; a minute without any is absent."""
        return self._counts[measure]
