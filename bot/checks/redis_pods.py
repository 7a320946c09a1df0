"""Do the Redis pods that are wanted exist, and do they run?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.checks.registry import check
from bot.domain.errors import NotFound
from bot.domain.finding import Finding, Outcome
from bot.domain.target import Target
from bot.domain.workload import Kind, Pod, WorkloadRef
from bot.ports.estate import Estate
from bot.readings.observe_redis import read_redis_pods

_CODES = ("ok", "crash-loop", "missing", "not-ready", "scaled-to-zero")


@check("redis-pods", component="redis", codes=tuple(f"redis-pods.{code}" for code in _CODES))
async def redis_pods(target: Target, estate: Estate) -> Finding:
    """Compares the pods of the Redis StatefulSet with the count that it wants, and looks for crash loops."""
    name = target.redis.statefulset
    try:
        workload, pods = await read_redis_pods(WorkloadRef(Kind.STATEFULSET, target.namespace, name), estate)
    except NotFound:
        return _finding("missing", f"there is no StatefulSet {name} in {target.namespace}")
    lines = tuple(_line(pod) for pod in pods)
    crashing = [pod.name for pod in pods if pod.crash_loops]
    there = [pod for pod in pods if not pod.is_deleting]
    not_ready = [pod.name for pod in there if not pod.is_ready]
    if workload.replicas == 0:
        return _finding("scaled-to-zero", f"{name} is scaled to 0: no Redis runs", lines)
    if crashing:
        return _finding("crash-loop", f"crash loop in {', '.join(crashing)}", lines)
    if len(there) < workload.replicas:
        return _finding("missing", f"{len(there)} of {workload.replicas} pods of {name} exist", lines)
    if not_ready:
        return _finding("not-ready", f"not ready: {', '.join(not_ready)}", lines)
    return _finding("ok", f"all {workload.replicas} pods of {name} are ready", lines)


def _finding(code: str, summary: str, evidence: Sequence[str] = ()) -> Finding:
    outcome = Outcome.OK if code == "ok" else Outcome.FAILING
    return Finding("redis-pods", "redis", outcome, f"redis-pods.{code}", summary, tuple(evidence))


def _line(pod: Pod) -> str:
    state = "going away" if pod.is_deleting else "ready" if pod.is_ready else "not ready"
    restarts = sum(container.restarts for container in pod.containers)
    waits = [f"{one.name}: {one.waiting_message or one.waiting_reason}" for one in pod.crash_loops]
    return "; ".join([f"{pod.name} ({pod.ip or 'no address'}): {state}, {restarts} restarts", *waits])
