"""The middleware's recent log lines: every pod's current container, and the one before it where it restarted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.errors import NotFound
from bot.domain.target import Target
from bot.domain.workload import Kind, Pod, WorkloadRef
from bot.ports.estate import Estate
from bot.readings.container_logs import container_logs
from bot.readings.newest_lines import LogText


@dataclass(frozen=True, slots=True)
class MiddlewareLog:
    """Lines pod by pod, each pod's oldest first; a log that is too long is read in part."""

    lines: tuple[str, ...] = ()
    is_cut: bool = False
    """True where a log holds more than was read of it: what is counted in `lines` is the least."""
    lacks_newest: bool = False
    """True where that is what was written last: how things stand now is not known then."""

    @property
    def gap(self) -> str:
        """What was not read, in words; empty where all was."""
        if self.lacks_newest:
            return "its newest lines could not be read: they are too long"
        return "only its newest lines were read: there are more" if self.is_cut else ""


async def read_middleware_log(target: Target, estate: Estate, *, since_seconds: int) -> MiddlewareLog:
    """What was written in the last `since_seconds`. Raises what the ports raise.

    NotFound without a pod: a silent middleware refuses nobody, of one that is not there nothing is known.
    """
    pods = await middleware_pods(target, estate)
    if not pods:
        raise NotFound("no pod of the middleware runs, so there is no log")
    logs = await middleware_texts(target, estate, pods, since_seconds=since_seconds)
    return MiddlewareLog(
        lines=tuple(line for log in logs for line in log.text.splitlines()),
        is_cut=any(log.is_cut for log in logs),
        lacks_newest=any(log.lacks_newest for log in logs),
    )


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
