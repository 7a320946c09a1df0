"""The logs of every container of a workload's pods, the current ones and those before a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from bot.domain.errors import NotFound, SfintError
from bot.domain.workload import Pod, WorkloadRef
from bot.ports.estate import Estate
from bot.readings.newest_lines import newest_lines

_TAIL_LINES = 20_000
_LIMIT_BYTES = 2_000_000
"""Of one container: a line has no limit of its own."""
_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class LogStream:
    """One container's log; each line begins with the time at which Kubernetes took it, in UTC."""

    name: str
    text: str
    problem: str = ""
    """Why it could not be read; `text` is then empty."""
    is_cut: bool = False
    """True where older lines were not read."""


async def workload_logs(estate: Estate, ref: WorkloadRef, since_seconds: int) -> tuple[LogStream, ...]:
    """By pod and container. One that cannot be read says so; the pods themselves must be readable."""
    workload = await estate.workloads.get(ref)
    pods = await estate.cluster.pods(ref.namespace, workload.selector)
    places = asyncio.Semaphore(_AT_ONCE)
    wanted = [(pod, name, earlier) for pod in pods for name, earlier in _containers(pod)]
    read = await asyncio.gather(*(_read(estate, ref, since_seconds, places, *each) for each in wanted))
    return tuple(stream for stream in read if stream is not None)


def _containers(pod: Pod) -> list[tuple[str, bool]]:
    """Name, and whether the one before the last restart is meant."""
    return [
        (container.name, earlier)
        for container in pod.containers
        for earlier in ((True, False) if container.restarts else (False,))
    ]


async def _read(
    estate: Estate,
    ref: WorkloadRef,
    since_seconds: int,
    places: asyncio.Semaphore,
    pod: Pod,
    container: str,
    previous: bool,
) -> LogStream | None:
    """None where there is nothing to read: it never ran, or its log is gone."""
    name = f"{pod.name}/{container}{' (previous)' if previous else ''}"

    def ask(lines: int) -> Awaitable[str]:
        return estate.cluster.logs(
            ref.namespace,
            pod.name,
            container,
            previous=previous,
            since_seconds=since_seconds,
            tail_lines=lines,
            limit_bytes=_LIMIT_BYTES,
            timestamps=True,
        )

    try:
        async with places:
            log = await newest_lines(ask, tail_lines=_TAIL_LINES, limit_bytes=_LIMIT_BYTES)
    except NotFound:
        return None
    except SfintError as error:
        return LogStream(name, "", str(error))
    return LogStream(name, log.text, is_cut=log.is_cut)
