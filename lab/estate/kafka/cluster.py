"""What the broker knows and may be asked for, whoever asks and however the wire carries it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from lab.estate.kafka.accounts import Accounts
from lab.estate.kafka.groups import Committed, Group
from lab.estate.kafka.meter import Measure, Meter
from lab.estate.kafka.records import Batch, compose
from lab.estate.kafka.topics import Topics


@dataclass
class Cluster:
    """Topics, groups, accounts and meter of one cluster. `address` is where its only listener is."""

    id: str
    address: tuple[str, int] = ("127.0.0.1", 0)
    topics: Topics = field(default_factory=Topics)
    groups: dict[str, Group] = field(default_factory=dict)
    accounts: Accounts = field(default_factory=Accounts)
    meter: Meter = field(default_factory=Meter)

    def append(self, topic: str, index: int, batch: Batch, *, at_ms: int | None = None) -> Batch:
        """Add records to a partition that exists; `at_ms` is when they arrived (now, unless told)."""
        partition = self.topics.partition(topic, index)
        assert partition is not None, f"no partition {index} of {topic}"
        kept = partition.append(batch)
        moment = at_ms if at_ms is not None else int(time.time() * 1000)
        self.meter.add(Measure.RECEIVED_RECORDS, topic, index, moment, kept.count)
        self.meter.add(Measure.RECEIVED_BYTES, topic, index, moment, len(kept.data))
        return kept

    def seed(self, topic: str, moments: Iterable[float], value: bytes = b"{}") -> None:
        """History: one record a moment (Unix seconds, ascending), spread over the partitions in turn."""
        found = self.topics.find(topic)
        assert found is not None, f"no topic {topic}"
        for number, moment in enumerate(moments):
            at_ms = int(moment * 1000)
            self.append(topic, number % len(found.partitions), compose([(at_ms, None, value)]), at_ms=at_ms)

    def group(self, group_id: str) -> Group:
        """The group, made if it was unknown: that is how groups come to be."""
        return self.groups.setdefault(group_id, Group(group_id))

    def commit(self, group_id: str, topic: str, offsets: dict[int, int]) -> None:
        """Commit from the outside, as a consumer that has gone away did."""
        group = self.group(group_id)
        group.offsets |= {(topic, index): Committed(offset) for index, offset in offsets.items()}
