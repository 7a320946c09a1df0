"""One partition's log: appended batches, reads from an offset, offsets by time, and what retention takes away."""

from __future__ import annotations

import asyncio
from bisect import bisect_right

from lab.estate.kafka.records import Batch

EARLIEST, LATEST, MAX_TIMESTAMP = -2, -1, -3
"""The timestamps with a meaning of their own in ListOffsets."""


class Partition:
    """Batches in the order of their offsets. A leader's log; replicas are only told of."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []
        self.start_offset = 0
        self.end_offset = 0
        self.has_grown = asyncio.Event()

    def append(self, batch: Batch) -> Batch:
        """Give the batch its offsets and keep it."""
        kept = batch.at(self.end_offset)
        self._batches.append(kept)
        self.end_offset = kept.next_offset
        grown, self.has_grown = self.has_grown, asyncio.Event()
        grown.set()
        return kept

    def read(self, offset: int, max_bytes: int) -> list[Batch]:
        """Whole batches from the one that holds the offset; the first is given whatever its size."""
        found: list[Batch] = []
        size = 0
        for batch in self._batches[self._index(offset) :]:
            if found and size + len(batch.data) > max_bytes:
                break
            found.append(batch)
            size += len(batch.data)
        return found

    def offset_for(self, timestamp: int) -> tuple[int, int]:
        """Offset and timestamp of the first record at or after that time (ms); (-1, -1) when there is none."""
        if timestamp == LATEST:
            return self.end_offset, -1
        if timestamp == EARLIEST:
            return self.start_offset, -1
        if timestamp == MAX_TIMESTAMP:
            timestamp = max((batch.newest for batch in self._batches), default=0)
        found = (batch.first_since(timestamp) for batch in self._batches)
        return next((place for place in found if place is not None), (-1, -1))

    def expire(self, before: int) -> None:
        """Drop the oldest batches whose records are all older than that time (ms)."""
        kept = next((n for n, batch in enumerate(self._batches) if batch.newest >= before), len(self._batches))
        del self._batches[:kept]
        self.start_offset = self._batches[0].base_offset if self._batches else self.end_offset

    def _index(self, offset: int) -> int:
        return max(bisect_right(self._batches, offset, key=lambda batch: batch.base_offset) - 1, 0)
