"""Record batches, logs and seeded history: what the broker computes by itself."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.estate.kafka.cluster import Cluster
from lab.estate.kafka.meter import Measure
from lab.estate.kafka.partition import EARLIEST, LATEST, MAX_TIMESTAMP, Partition
from lab.estate.kafka.records import BadBatch, compose, split

_MOMENTS = st.integers(0, 4_000_000_000_000)
_RECORDS = st.lists(st.tuples(_MOMENTS, st.none() | st.binary(max_size=9), st.binary(max_size=99)), min_size=1)


@given(_RECORDS, st.integers(0, 10**12))
def test_a_batch_is_read_as_it_was_composed(records: list[tuple[int, bytes | None, bytes]], shift: int) -> None:
    """Also one that was moved to another time."""
    batch = compose(records)

    assert split(batch.data) == [batch]
    assert split(batch.later(shift).data) == [batch.later(shift)]
    assert [batch.first + delta for delta in batch.deltas] == [moment for moment, _, _ in records]


@given(st.integers(8, 80), st.integers(1, 255))
def test_a_damaged_batch_is_refused(place: int, change: int) -> None:
    """One byte anywhere behind the offset is enough, the leader's epoch excepted, which no checksum covers."""
    data = bytearray(compose([(1_700_000_000_000, b"key", b"a value that is long enough")]).data)
    if 12 <= place < 16:
        return
    data[place] ^= change

    with pytest.raises(BadBatch):
        split(bytes(data))


@given(st.lists(_MOMENTS, min_size=1, max_size=30), _MOMENTS, st.integers(1, 5))
def test_the_offset_of_a_moment_is_that_of_the_first_record_since(
    moments: list[int], asked: int, size: int
) -> None:
    """However the records lie in batches, and also where time goes backwards."""
    partition = Partition()
    for begin in range(0, len(moments), size):
        partition.append(compose([(moment, None, b"") for moment in moments[begin : begin + size]]))

    wanted = next(((n, moment) for n, moment in enumerate(moments) if moment >= asked), (-1, -1))
    assert partition.offset_for(asked) == wanted
    assert partition.offset_for(EARLIEST) == (0, -1)
    assert partition.offset_for(LATEST) == (len(moments), -1)
    assert partition.offset_for(MAX_TIMESTAMP) == (moments.index(max(moments)), max(moments))


def test_seeded_spans_hold_what_was_asked_for() -> None:
    """In the log by the records' time, and in the metrics by minute."""
    cluster = Cluster("lkc-acme01")
    topic = cluster.topics.create("t", 3)
    hour = int(time.time()) // 3600 * 3600 - 5 * 3600
    cluster.seed_spans("t", [hour, hour + 3600], seconds=3600, records=600)

    def since(seconds: int) -> int:
        return sum(each.offset_for((hour + seconds) * 1000)[0] for each in topic.partitions)

    assert sum(each.end_offset for each in topic.partitions) == 1200
    assert [since(0), since(60), since(3600)] == [0, 10, 600]
    counted = cluster.meter.read(Measure.RECEIVED_RECORDS)
    assert sum(amount for (_, _, minute), amount in counted.items() if minute == hour // 60 + 7) == 10


def test_retention_is_the_topic_s_own() -> None:
    """A day here; -1 keeps all."""
    cluster, now = Cluster("lkc-acme01"), time.time()
    cluster.topics.create("short", 1, {"retention.ms": str(24 * 3600 * 1000)})
    cluster.topics.create("endless", 1, {"retention.ms": "-1"})
    for name in ("short", "endless"):
        cluster.seed(name, [now - 90 * 86_400, now - 2 * 86_400, now - 60])

    kept = [cluster.topics.partition(name, 0) for name in ("short", "endless")]
    assert [(each.start_offset, each.end_offset) for each in kept if each is not None] == [(2, 3), (0, 3)]
