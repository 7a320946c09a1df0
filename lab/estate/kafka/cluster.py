"""What the broker knows and may be asked for, whoever asks and however the wire carries it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lab.estate.kafka.accounts import Accounts
from lab.estate.kafka.groups import Committed, Group
from lab.estate.kafka.meter import MINUTE_MS, Measure, Meter
from lab.estate.kafka.partition import Partition
from lab.estate.kafka.records import Batch, compose
from lab.estate.kafka.topics import Topic, Topics


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
        kept = self._partition(topic, index).append(batch)
        moment = at_ms if at_ms is not None else int(time.time() * 1000)
        self.meter.add(Measure.RECEIVED_RECORDS, topic, index, moment, kept.count)
        self.meter.add(Measure.RECEIVED_BYTES, topic, index, moment, len(kept.data))
        return kept

    def seed(self, topic: str, moments: Iterable[float], value: bytes = b"{}") -> None:
        """History: one record a moment (Unix seconds, ascending), spread over the partitions in turn."""
        count = len(self._topic(topic).partitions)
        for number, moment in enumerate(moments):
            at_ms = int(moment * 1000)
            self.append(topic, number % count, compose([(at_ms, None, value)]), at_ms=at_ms)

    def seed_spans(
        self, topic: str, starts: Sequence[int], *, seconds: int, records: int, value: bytes = b"{}"
    ) -> None:
        """History in bulk: so many records, evenly, in each span of that length (Unix seconds, ascending)."""
        partitions = range(len(self._topic(topic).partitions))
        gap = seconds * 1000 / records
        for index in partitions:
            mine = [(int(number * gap), None, value) for number in range(index, records, len(partitions))]
            if mine:
                self._repeat(topic, index, compose(mine), starts)

    def _repeat(self, topic: str, index: int, pattern: Batch, starts: Sequence[int]) -> None:
        minutes = Counter((pattern.first + delta) // MINUTE_MS * MINUTE_MS for delta in pattern.deltas)
        for start in starts:
            self._partition(topic, index).append(pattern.later(start * 1000))
            for minute, count in minutes.items():
                share = len(pattern.data) * count // pattern.count
                self.meter.add(Measure.RECEIVED_RECORDS, topic, index, start * 1000 + minute, count)
                self.meter.add(Measure.RECEIVED_BYTES, topic, index, start * 1000 + minute, share)

    def _topic(self, name: str) -> Topic:
        topic = self.topics.find(name)
        assert topic is not None, f"no topic {name}"
        return topic

    def _partition(self, topic: str, index: int) -> Partition:
        return self._topic(topic).partitions[index]

    def group(self, group_id: str) -> Group:
        """The group, made if it was unknown: that is how groups come to be."""
        return self.groups.setdefault(group_id, Group(group_id))

    def commit_all(self, group_id: str, topic: str) -> None:
        """The group has read everything of the topic, as one that has been at work for long."""
        offsets = {
            (topic, index): Committed(partition.end_offset)
            for index, partition in enumerate(self._topic(topic).partitions)
        }
        self.group(group_id).offsets |= offsets
