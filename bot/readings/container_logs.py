"""The recent log of one container in several pods: what runs now, and what ran before a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from bot.domain.errors import NotFound
from bot.domain.workload import Pod
from bot.ports.cluster import Cluster
from bot.readings.newest_lines import LogText, newest_lines

TAIL_LINES = 20_000
LIMIT_BYTES = 8_000_000
"""A line has no limit of its own."""


async def container_logs(
    cluster: Cluster,
    namespace: str,
    pods: Sequence[Pod],
    container: str,
    *,
    since_seconds: int,
    timestamps: bool = False,
) -> tuple[LogText, ...]:
    """A text a run, the one before a restart first; empty where nothing is kept of it. Raises what Cluster raises.

    All readers ask alike, so that a report reads each log once.
    """

    async def read(pod: Pod, *, previous: bool) -> LogText:
        def ask(lines: int) -> Awaitable[str]:
            return cluster.logs(
                namespace,
                pod.name,
                container,
                previous=previous,
                since_seconds=since_seconds,
                tail_lines=lines,
                limit_bytes=LIMIT_BYTES,
                timestamps=timestamps,
            )

        try:
            return await newest_lines(ask, tail_lines=TAIL_LINES, limit_bytes=LIMIT_BYTES)
        except NotFound:
            return LogText()  # the container never ran, or its predecessor's log is gone

    wanted = [(pod, earlier) for pod in pods for earlier in runs(pod, container)]
    return tuple(await asyncio.gather(*(read(pod, previous=earlier) for pod, earlier in wanted)))


def runs(pod: Pod, container: str) -> tuple[bool, ...]:
    """Whether the previous run is meant: that one first, where the container has restarted."""
    has_restarted = any(one.restarts > 0 for one in pod.containers if one.name == container)
    return (True, False) if has_restarted else (False,)
