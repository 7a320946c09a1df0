"""What containers said: lines with their times, kept a while after the container is gone."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import islice

from lab.estate.kubernetes.pod_logs import LogLines

KEPT_LINES = 20_000
KEPT_INSTANCES = 200


class ContainerLog:
    """The lines of one container instance."""

    def __init__(self) -> None:
        self._lines: deque[tuple[datetime, str]] = deque(maxlen=KEPT_LINES)
        self._dropped = 0
        self._is_closed = False
        self._changed = asyncio.Event()

    def add(self, text: str) -> None:
        """Keep a line."""
        if len(self._lines) == self._lines.maxlen:
            self._dropped += 1
        self._lines.append((datetime.now(UTC), text))
        self._wake()

    def close(self) -> None:
        """Nothing more will come."""
        self._is_closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def so_far(self) -> list[tuple[datetime, str]]:
        """Everything kept."""
        return list(self._lines)

    async def from_line(self, index: int) -> AsyncIterator[tuple[datetime, str]]:
        """The lines from that one on, until the log is closed."""
        index += self._dropped
        while True:
            changed = self._changed
            for line in list(islice(self._lines, max(0, index - self._dropped), None)):
                index += 1
                yield line
            if self._is_closed and index >= self._dropped + len(self._lines):
                return
            if changed is self._changed:
                await changed.wait()


class LogArchive:
    """Logs by container id, the latest few hundred instances."""

    def __init__(self) -> None:
        self._logs: OrderedDict[str, ContainerLog] = OrderedDict()

    def open(self, container_id: str) -> ContainerLog:
        """A new log for that instance."""
        log = self._logs[container_id] = ContainerLog()
        while len(self._logs) > KEPT_INSTANCES:
            self._logs.popitem(last=False)
        return log

    def forget(self, container_id: str) -> None:
        """As after a rotation too many, or a node's disk that was cleaned."""
        self._logs.pop(container_id, None)

    def log_of(self, container_id: str) -> LogLines | None:
        """See LogKeeper."""
        return self._logs.get(container_id)
