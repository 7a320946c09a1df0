"""Which addresses the middleware's recent log says it could not dial on Redis' or Sentinel's port."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

from bot.domain.errors import NotFound
from bot.domain.target import Target
from bot.domain.workload import Kind, Pod, WorkloadRef
from bot.ports.estate import Estate

# Go's words, alone or inside a JSON string: `dial tcp 10.0.0.9:6379: connect: no route to host`.
_DIAL_ERROR = re.compile(
    r"dial tcp (?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>\d{1,3}(?:\.\d{1,3}){3})):(?P<port>\d+): "
    r"(?:connect: (?:no route to host|connection refused|host is down|network is unreachable"
    r"|connection timed out)|i\\?/o timeout)",
    re.IGNORECASE,
)
_TAIL_LINES = 20_000
_LIMIT_BYTES = 8_000_000
"""A line has no limit of its own. The same as in middleware_log.py, so that a report reads the log once."""


def dialled_in_vain(log: str, ports: Iterable[int]) -> frozenset[str]:
    """The addresses of every failed dial in the text on one of the ports."""
    wanted = {str(port) for port in ports}
    found = (match for match in _DIAL_ERROR.finditer(log) if match["port"] in wanted)
    return frozenset(match["six"] or match["four"] for match in found)


async def read_dial_errors(target: Target, estate: Estate) -> frozenset[str]:
    """Reads the current log of every middleware pod, and the previous one where its container restarted.

    Only lines of the last `log_window_seconds`. No Deployment, no addresses. Raises what the ports raise.
    """
    ref = WorkloadRef(Kind.DEPLOYMENT, target.namespace, target.middleware.deployment)
    try:
        workload = await estate.workloads.get(ref)
    except NotFound:
        return frozenset()
    pods = await estate.cluster.pods(target.namespace, workload.selector)
    logs = await asyncio.gather(
        *(_log(target, estate, pod, previous=earlier) for pod in pods for earlier in _runs(target, pod))
    )
    ports = (target.redis.redis_port, target.redis.sentinel_port)
    return frozenset().union(*(dialled_in_vain(log, ports) for log in logs))


def _runs(target: Target, pod: Pod) -> tuple[bool, ...]:
    """Current, and previous where there is one."""
    container = target.middleware.container
    has_restarted = any(one.restarts > 0 for one in pod.containers if one.name == container)
    return (False, True) if has_restarted else (False,)


async def _log(target: Target, estate: Estate, pod: Pod, *, previous: bool) -> str:
    try:
        return await estate.cluster.logs(
            target.namespace,
            pod.name,
            target.middleware.container,
            previous=previous,
            since_seconds=target.middleware.log_window_seconds,
            tail_lines=_TAIL_LINES,
            limit_bytes=_LIMIT_BYTES,
        )
    except NotFound:
        return ""  # the container never ran, or its predecessor's log is gone
