"""Produce, Fetch and ListOffsets: records in, records out, and where they lie."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from kio.schema.errors import ErrorCode

from lab.estate.kafka.accounts import Operation, Resource
from lab.estate.kafka.meter import Measure
from lab.estate.kafka.partition import Partition
from lab.estate.kafka.records import BadBatch, Batch, split
from lab.estate.kafka.requests.call import Call
from lab.estate.kafka.topics import Refused, unknown_topic
from lab.estate.kafka.wire import Answer

_FETCH_BYTES = 16 * 1024**2


async def produce(call: Call) -> Answer:
    """Append; every partition has its own outcome."""
    return {
        "responses": [
            {
                "name": topic.name,
                "partition_responses": [_produced(call, topic.name, one) for one in topic.partition_data],
            }
            for topic in call.request.topic_data
        ]
    }


def _produced(call: Call, name: str, asked: Any) -> Answer:
    try:
        partition = _partition(call, Operation.WRITE, name, asked.index)
        batches = _batches(call, name, bytes(asked.records or b""))
    except Refused as refusal:
        return {"index": asked.index, "error_code": refusal.code, "base_offset": -1, "error_message": str(refusal)}
    kept = [call.cluster.append(name, asked.index, batch) for batch in batches]
    return {
        "index": asked.index,
        "base_offset": kept[0].base_offset if kept else partition.end_offset,
        "log_start_offset": partition.start_offset,
    }


def _batches(call: Call, name: str, data: bytes) -> list[Batch]:
    topic = call.cluster.topics.find(name)
    if topic is not None and len(data) > int(topic.setting("max.message.bytes")):
        raise Refused(ErrorCode.message_too_large, "larger than max.message.bytes")
    try:
        return split(data)
    except BadBatch as error:
        raise Refused(ErrorCode.corrupt_message, str(error)) from error


async def fetch(call: Call) -> Answer:
    """Records from the offsets asked for; waits for new ones as long as the client lets it."""
    request = call.request
    deadline = time.monotonic() + request.max_wait.total_seconds()
    while True:
        grown = _growth(call)
        answer = _Fetch(call)
        if answer.is_due(request.min_bytes) or (left := deadline - time.monotonic()) <= 0:
            return answer.told()
        waits = [asyncio.ensure_future(event.wait()) for event in grown]
        try:
            await asyncio.wait(
                waits or [asyncio.ensure_future(asyncio.sleep(left))],
                timeout=left,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for wait in waits:
                wait.cancel()


def _growth(call: Call) -> list[asyncio.Event]:
    topics = call.request.topics
    asked = [(topic.topic, one.partition) for topic in topics for one in topic.partitions]
    partitions = (call.cluster.topics.partition(name, index) for name, index in asked)
    return [partition.has_grown for partition in partitions if partition is not None]


class _Fetch:
    """One look at everything that a fetch asks for."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._left = min(call.request.max_bytes, _FETCH_BYTES)
        self._has_problem = False
        self._sent: list[tuple[str, int, list[Batch]]] = []
        self._responses = [
            {"topic": topic.topic, "partitions": [self._look(topic.topic, one) for one in topic.partitions]}
            for topic in call.request.topics
        ]

    def is_due(self, min_bytes: int) -> bool:
        """Whether it may be answered before the time is over."""
        size = sum(len(batch.data) for _, _, batches in self._sent for batch in batches)
        return self._has_problem or not self._responses or size >= max(min_bytes, 1)

    def told(self) -> Answer:
        """The answer; what is in it counts as sent."""
        now = int(time.time() * 1000)
        for name, index, batches in self._sent:
            for batch in batches:
                self._call.cluster.meter.add(Measure.SENT_RECORDS, name, index, now, batch.count)
                self._call.cluster.meter.add(Measure.SENT_BYTES, name, index, now, len(batch.data))
        return {"responses": self._responses}

    def _look(self, name: str, asked: Any) -> Answer:
        try:
            partition = _partition(self._call, Operation.READ, name, asked.partition)
            if not partition.start_offset <= asked.fetch_offset <= partition.end_offset:
                raise Refused(ErrorCode.offset_out_of_range, "out of range")
        except Refused as refusal:
            self._has_problem = True
            return {
                "partition_index": asked.partition,
                "error_code": refusal.code,
                "high_watermark": -1,
                "records": b"",
            }
        size = min(asked.partition_max_bytes, self._left)
        is_behind = asked.fetch_offset < partition.end_offset and self._left > 0
        batches = partition.read(asked.fetch_offset, size) if is_behind else []
        self._left -= sum(len(batch.data) for batch in batches)
        self._sent.append((name, asked.partition, batches))
        return {
            "partition_index": asked.partition,
            "high_watermark": partition.end_offset,
            "last_stable_offset": partition.end_offset,
            "log_start_offset": partition.start_offset,
            "records": b"".join(batch.data for batch in batches),
        }


async def list_offsets(call: Call) -> Answer:
    """Earliest, latest, or the first record at or after a time."""
    return {
        "topics": [
            {"name": topic.name, "partitions": [_offset(call, topic.name, one) for one in topic.partitions]}
            for topic in call.request.topics
        ]
    }


def _offset(call: Call, name: str, asked: Any) -> Answer:
    try:
        partition = _partition(call, Operation.DESCRIBE, name, asked.partition_index)
    except Refused as refusal:
        return {"partition_index": asked.partition_index, "error_code": refusal.code}
    offset, timestamp = partition.offset_for(asked.timestamp)
    return {"partition_index": asked.partition_index, "offset": offset, "timestamp": timestamp, "leader_epoch": 0}


def _partition(call: Call, operation: Operation, name: str, index: int) -> Partition:
    call.require(operation, Resource.TOPIC, name)
    partition = call.cluster.topics.partition(name, index)
    if partition is None:
        raise unknown_topic()
    return partition
