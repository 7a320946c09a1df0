"""Does the middleware run: is it there, wanted, available, and not in the middle of a rollout?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.checks.registry import check
from bot.domain.errors import NotFound
from bot.domain.finding import Finding, Outcome
from bot.domain.rollout import Rollout, RolloutState, rollout_state
from bot.domain.target import Target
from bot.domain.workload import Container, Kind, Pod, Workload, WorkloadRef
from bot.ports.estate import Estate
from bot.readings.last_errors import last_errors

_OUTCOMES = {
    "ok": Outcome.OK,
    "rolling-out": Outcome.DEGRADED,
    "crash-loop": Outcome.FAILING,
    "down": Outcome.FAILING,
    "desired-zero": Outcome.FAILING,
    "not-found": Outcome.FAILING,
}

_MOST_ERRORS = 3
_LOG_SHARE = 0.4
"""Of the check's time: a slow log must not cost the verdict."""


@check(
    "middleware-deployment",
    component="middleware",
    codes=tuple(f"middleware.{code}" for code in _OUTCOMES),
)
async def middleware_deployment(target: Target, estate: Estate) -> Finding:
    """Compares what the middleware's Deployment wants with what is available, and looks for crash loops."""
    name = target.middleware.deployment
    try:
        workload = await estate.workloads.get(WorkloadRef(Kind.DEPLOYMENT, target.namespace, name))
    except NotFound:
        return _finding("not-found", f"there is no Deployment {name} in {target.namespace}")
    if workload.replicas == 0:
        return _finding("desired-zero", f"{name} is scaled to 0: a restart cannot bring it back, scaling can")
    pods = await estate.cluster.pods(target.namespace, workload.selector)
    code, words = _judged(workload, pods, rollout_state(workload))
    images = (f"image {image}" for image in workload.images)
    errors = () if code == "ok" else await _last_errors(target, estate, pods)
    return _finding(code, f"{name}: {words}", (*(_line(pod) for pod in pods), *images, *errors))


async def _last_errors(target: Target, estate: Estate, pods: Sequence[Pod]) -> tuple[str, ...]:
    seconds = target.timings.check_seconds * _LOG_SHARE
    container = target.middleware.container
    found = await last_errors(estate, target.namespace, pods, container, most=_MOST_ERRORS, seconds=seconds)
    return tuple(f"log: {line}" for line in found)


def _judged(workload: Workload, pods: Sequence[Pod], rollout: Rollout) -> tuple[str, str]:
    crashing = [pod.name for pod in pods if pod.crash_loops]
    available = f"{workload.available_replicas} of {workload.replicas} pods are available"
    if crashing:
        return "crash-loop", f"crash loop in {', '.join(crashing)}; {available}"
    if rollout.state is RolloutState.FAILED:
        return "down", f"{rollout.words}; {available}"
    is_short = workload.available_replicas < workload.replicas
    if is_short and not (_is_rolling(workload) and workload.available_replicas > 0):
        return "down", available
    if is_short or rollout.state is RolloutState.PROGRESSING:
        return "rolling-out", f"{rollout.words}; {available}"
    return "ok", available


def _is_rolling(workload: Workload) -> bool:
    """True while old pods are being replaced: then some unavailability is part of the plan."""
    has_news = workload.observed_generation < workload.generation or workload.updated_replicas < workload.replicas
    return has_news or workload.current_replicas > workload.updated_replicas


def _finding(code: str, summary: str, evidence: Sequence[str] = ()) -> Finding:
    name, component = "middleware-deployment", "middleware"
    return Finding(name, component, _OUTCOMES[code], f"middleware.{code}", summary, tuple(evidence))


def _line(pod: Pod) -> str:
    state = "going away" if pod.is_deleting else "ready" if pod.is_ready else f"not ready {pod.reason}".strip()
    parts = [f"{pod.name}: {state}, {sum(one.restarts for one in pod.containers)} restarts"]
    parts += [f"{one.name}: {one.waiting_message or one.waiting_reason}" for one in pod.crash_loops]
    parts += [_ended(one) for one in pod.containers if one.last_exit_code is not None]
    return "; ".join(parts)


def _ended(container: Container) -> str:
    """How the run before ended: exit code, reason (OOMKilled, Error, Completed), time."""
    words = f"{container.name} ended with {container.last_exit_code} {container.last_exit_reason}".strip()
    at = container.last_finished_at
    return f"{words} at {at:%H:%M:%S} UTC" if at else words
