"""The middleware's recent log lines: every pod's current container, and the one before it where it restarted."""

from __future__ import annotations

import asyncio

from bot.domain.errors import NotFound
from bot.domain.target import Target
from bot.domain.workload import Kind, Pod, WorkloadRef
from bot.ports.estate import Estate

_TAIL_LINES = 20_000
_LIMIT_BYTES = 8_000_000
"""A line has no limit of its own; Kubernetes cuts off the newest ones, so it must be ample."""


async def read_middleware_log(target: Target, estate: Estate, *, since_seconds: int) -> tuple[str, ...]:
    """Lines of the last `since_seconds`, pod by pod; none without a Deployment. Raises what the ports raise."""
    ref = WorkloadRef(Kind.DEPLOYMENT, target.namespace, target.middleware.deployment)
    try:
        workload = await estate.workloads.get(ref)
    except NotFound:
        return ()
    pods = await estate.cluster.pods(target.namespace, workload.selector)
    texts = await asyncio.gather(
        *(
            _text(target, estate, pod, since_seconds, previous=earlier)
            for pod in pods
            for earlier in _runs(target, pod)
        )
    )
    return tuple(line for text in texts for line in text.splitlines())


def _runs(target: Target, pod: Pod) -> tuple[bool, ...]:
    """Whether `previous` is asked: first, where there is one, so that lines stay in order."""
    container = target.middleware.container
    has_restarted = any(one.restarts > 0 for one in pod.containers if one.name == container)
    return (True, False) if has_restarted else (False,)


async def _text(target: Target, estate: Estate, pod: Pod, since_seconds: int, *, previous: bool) -> str:
    try:
        return await estate.cluster.logs(
            target.namespace,
            pod.name,
            target.middleware.container,
            previous=previous,
            since_seconds=since_seconds,
            tail_lines=_TAIL_LINES,
            limit_bytes=_LIMIT_BYTES,
        )
    except NotFound:
        return ""  # the container never ran, or its predecessor's log is gone
