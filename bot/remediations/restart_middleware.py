"""Plans a rollout restart of the middleware, with its evidence kept first."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.errors import NotFound
from bot.domain.remediation import Binding, Fact, NoPlan, Plan, StepCall
from bot.domain.target import Target
from bot.domain.workload import Kind, Pod, Workload, WorkloadRef
from bot.ports.estate import Estate
from bot.remediations.registry import remediation

NAME = "restart-middleware"
ENTRY = "middleware-down"
_UNSETTLED = timedelta(minutes=10)
"""Kubernetes forgets its back-off after ten minutes without a crash; so do we."""


@remediation(NAME)
async def restart_middleware(target: Target, estate: Estate) -> Plan | NoPlan:
    """Offers the restart unless the Deployment is missing or wants no replicas."""
    ref = WorkloadRef(Kind.DEPLOYMENT, target.namespace, target.middleware.deployment)
    try:
        workload = await estate.workloads.get(ref)
    except NotFound:
        return NoPlan(
            NAME,
            target.name,
            "not-found",
            f"there is no Deployment {ref.name} in namespace {ref.namespace}: nothing to restart",
            ("It must be deployed anew (Argo CD sync or Helm): that is for Ops or Platform.",),
            entry=ENTRY,
            needs_somebody=True,
        )
    if workload.replicas == 0:
        return NoPlan(
            NAME,
            target.name,
            "desired-zero",
            f"{ref.name} wants 0 replicas: a restart cannot bring it back",
            (
                "Somebody scaled it down; find out why, then: "
                f"kubectl -n {ref.namespace} scale deployment {ref.name} --replicas=1",
            ),
            entry=ENTRY,
            needs_somebody=True,
        )
    pods = await estate.cluster.pods(target.namespace, workload.selector)
    return _plan(target, workload, pods, estate.clock.now())


def _plan(target: Target, workload: Workload, pods: tuple[Pod, ...], now: datetime) -> Plan:
    looping = [container for pod in pods for container in pod.crash_loops]
    steady = not looping and not any(_crashed_lately(pod, now) for pod in pods)
    available = workload.available_replicas >= workload.replicas and steady
    binding = Binding(
        remediation=NAME,
        target=target.name,
        workload=str(workload.ref),
        workload_uid=workload.uid,
        template_hash=workload.template_hash,
        verdict="available" if available else "unavailable",
        rung="rollout-restart",
        restore_replicas=workload.replicas,
        accepts_data_loss=False,
    )
    return Plan(
        binding=binding,
        title="Restart the middleware (rolling)",
        entry=ENTRY,
        why=(
            f"{workload.available_replicas} of {workload.replicas} replicas are available",
            *(f"{container.name}: {container.waiting_message}" for container in looping),
        ),
        risks=_risks(looping=bool(looping), available=available),
        restores=_restores(workload, available=available),
        facts=(
            Fact("Images", ", ".join(workload.images) or "unknown"),
            *(Fact(pod.name, _pod_words(pod)) for pod in pods),
        ),
        steps=_steps(workload),
    )


def _crashed_lately(pod: Pod, now: datetime) -> bool:
    """Between two crashes a pod is available for moments; the verdict, and so the approval, must not flicker."""
    return any(
        container.restarts > 0
        and container.last_finished_at is not None
        and now - container.last_finished_at < _UNSETTLED
        for container in pod.containers
    )


def _risks(*, looping: bool, available: bool) -> tuple[str, ...]:
    risks = (
        ["for a moment two pods poll the same chat: LiveAgent answers 409 and ends that chat"] if available else []
    )
    if looping:
        risks.append("a restart starts the same image with the same settings: if those are bad, it fails again")
    return tuple(risks) or ("none beyond the restart itself: nothing is serving now",)


def _restores(workload: Workload, *, available: bool) -> str:
    count = f"{workload.replicas} replica{'' if workload.replicas == 1 else 's'}"
    meanwhile = "; old pods serve until new ones are ready" if available else ""
    return f"{count} of {workload.ref.name}{meanwhile}"


def _pod_words(pod: Pod) -> str:
    restarts = sum(container.restarts for container in pod.containers)
    ends = [
        f"last exit {container.last_exit_code} {container.last_exit_reason}".rstrip()
        for container in pod.containers
        if container.last_exit_code is not None
    ]
    return ", ".join([pod.phase, "ready" if pod.is_ready else "not ready", f"{restarts} restarts", *ends])


def _steps(workload: Workload) -> tuple[StepCall, ...]:
    kind, name = workload.ref.kind.value, workload.ref.name
    return (
        StepCall("evidence.capture", "Keep previous and current logs and events", {"kind": kind, "name": name}),
        StepCall("deployment.restart", "Start the rollout", {"template_hash": workload.template_hash}),
        StepCall("deployment.await-rollout", "The rollout is complete", {}),
        StepCall("middleware.verify", "The middleware is healthy", {}),
    )
