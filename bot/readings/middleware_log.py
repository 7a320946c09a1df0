"""The middleware's recent log lines: every pod's current container, and the one before it where it restarted."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.errors import NotFound
from bot.domain.target import Target
from bot.domain.workload import Kind, Pod, WorkloadRef
from bot.ports.estate import Estate
from bot.readings.container_logs import container_logs
from bot.readings.newest_lines import LogText


async def read_middleware_log(target: Target, estate: Estate, *, since_seconds: int) -> tuple[str, ...]:
    """Lines of the last `since_seconds`, pod by pod. Raises what the ports raise.

    NotFound without a pod: a silent middleware refuses nobody, of one that is not there nothing is known.
    """
    pods = await middleware_pods(target, estate)
    if not pods:
        raise NotFound("no pod of the middleware runs, so there is no log")
    logs = await middleware_texts(target, estate, pods, since_seconds=since_seconds)
    return tuple(line for log in logs for line in log.text.splitlines())


async def middleware_pods(target: Target, estate: Estate) -> tuple[Pod, ...]:
    """None without a Deployment, which is told by another check. Raises what the ports raise."""
    ref = WorkloadRef(Kind.DEPLOYMENT, target.namespace, target.middleware.deployment)
    try:
        workload = await estate.workloads.get(ref)
    except NotFound:
        return ()
    return await estate.cluster.pods(target.namespace, workload.selector)


async def middleware_texts(
    target: Target, estate: Estate, pods: Sequence[Pod], *, since_seconds: int
) -> tuple[LogText, ...]:
    """The log of each run of its container in these pods."""
    container = target.middleware.container
    return await container_logs(estate.cluster, target.namespace, pods, container, since_seconds=since_seconds)
