"""Plans the repair of Redis Sentinel: the full restart only where nothing gentler is built and it fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.data_at_risk import data_at_risk
from bot.domain.errors import NotFound
from bot.domain.fence import count_to_restore, unfinished_run
from bot.domain.redis_advice import advice, gentler
from bot.domain.redis_topology import Diagnosis, RedisObservation, Verdict
from bot.domain.redis_verdict import classify
from bot.domain.remediation import Binding, Fact, NoPlan, Plan, Scalar, StepCall
from bot.domain.target import Target
from bot.domain.workload import Kind, Workload, WorkloadRef
from bot.ports.estate import Estate
from bot.readings.ask_argocd import ask_self_heal
from bot.readings.observe_redis import observe_redis
from bot.remediations.registry import remediation

NAME = "restart-sentinel"
ENTRY = "redis-failure"
_NOBODY_NEEDED = (Verdict.HEALTHY, Verdict.HYGIENE, Verdict.FAILOVER_RUNNING, Verdict.UNKNOWN)
"""As the check: what is not failing pages nobody."""


def _confirm_after(target: Target, plan: Plan) -> float:
    """One failover-timeout, so that a failover under way is not taken for a lost master."""
    return 0.0 if plan.binding.rung == "scale-up" else target.redis.failover_timeout_seconds


@remediation(NAME, confirm_after=_confirm_after)
async def restart_sentinel(target: Target, estate: Estate) -> Plan | NoPlan:
    """Reads everything, judges, and offers the full restart, a scale-up, or the reason for neither."""
    ref = WorkloadRef(Kind.STATEFULSET, target.namespace, target.redis.statefulset)
    try:
        workload = await estate.workloads.get(ref)
    except NotFound:
        return _not_found(target, ref)
    observed = await observe_redis(target, estate, with_logs=True)
    diagnosis = classify(observed)
    facts = _preflight(observed, diagnosis, workload, target)
    offered = diagnosis.verdict in (Verdict.NO_MASTER, Verdict.SENTINELS_STALE, Verdict.SCALED_TO_ZERO)
    if not offered and not _is_left_half_way(workload):
        return _no_plan(target, diagnosis, facts)
    scalers = await estate.cluster.autoscalers(target.namespace, target.redis.statefulset)
    facts = (*facts, Fact("Autoscaler", ", ".join(scalers) or "none"))
    healer = await ask_self_heal(estate, workload.ref)
    facts = (*facts, *healer.facts)
    if scalers and not _only_scales_up(workload, diagnosis):
        who = f"HorizontalPodAutoscaler {', '.join(scalers)} scales this workload"
        return _reverted(target, diagnosis, facts, who, "suspend the autoscaler")
    if healer.healed_by and not _only_scales_up(workload, diagnosis):
        who = f"Argo CD heals the application {healer.healed_by} by itself"
        return _reverted(target, diagnosis, facts, who, "switch self-heal off there for the time of the repair")
    plan = await _plan(target, estate, workload, observed, diagnosis, facts)
    return replace(plan, risks=(*plan.risks, *healer.risks))


def _reverted(target: Target, diagnosis: Diagnosis, facts: tuple[Fact, ...], who: str, first: str) -> NoPlan:
    """The refusal where something would take the scale back while the repair runs."""
    return NoPlan(
        NAME,
        target.name,
        diagnosis.verdict,
        f"{who} and would revert the repair",
        (f"Ask Ops to {first}, then ask again.",),
        facts,
        entry=ENTRY,
        needs_somebody=True,
    )


def _not_found(target: Target, ref: WorkloadRef) -> NoPlan:
    return NoPlan(
        NAME,
        target.name,
        "not-found",
        f"there is no StatefulSet {ref.name} in namespace {ref.namespace}: nothing to restart",
        (
            f"If Redis has another name, correct targets.{target.name}.redis.statefulset or .namespace;"
            " else it must be deployed anew (Argo CD sync or Helm): that is for Ops.",
        ),
        entry=ENTRY,
        needs_somebody=True,
    )


async def _plan(
    target: Target,
    estate: Estate,
    workload: Workload,
    observed: RedisObservation,
    diagnosis: Diagnosis,
    facts: tuple[Fact, ...],
) -> Plan:
    scale_up = _only_scales_up(workload, diagnosis)
    losses = () if scale_up else data_at_risk(observed, workload, target.redis.redis_container)
    restore = count_to_restore(workload.annotations, workload.replicas, target.redis.replicas)
    binding = Binding(
        remediation=NAME,
        target=target.name,
        workload=str(workload.ref),
        workload_uid=workload.uid,
        template_hash=workload.template_hash,
        verdict=diagnosis.verdict,
        rung="scale-up" if scale_up else "recreate",
        restore_replicas=restore,
        accepts_data_loss=bool(losses),
    )
    keys = max((view.keys for view in observed.nodes if not view.problem), default=-1)
    down = () if scale_up else _down_steps(workload, restore)
    return Plan(
        binding=binding,
        title=f"Scale Redis Sentinel up to {restore}" if scale_up else "Restart Redis Sentinel (N → 0 → 1 → N)",
        entry=ENTRY,
        why=diagnosis.evidence,
        risks=(*losses, *_risks(workload, target, scale_up=scale_up)),
        restores=f"{restore} replicas of {target.redis.statefulset}, whatever happens on the way",
        facts=facts,
        steps=(*down, *_up_steps(restore, keys, from_zero=scale_up), *await _client_steps(target, estate)),
        compensation=_compensation(workload, restore),
        gentler=gentler(target, diagnosis),
    )


def _only_scales_up(workload: Workload, diagnosis: Diagnosis) -> bool:
    return diagnosis.verdict is Verdict.SCALED_TO_ZERO or _is_left_half_way(workload)


def _is_left_half_way(workload: Workload) -> bool:
    """True where a run of ours took it down and has not brought it back; if that run lives, it holds the lock."""
    restore = count_to_restore(workload.annotations, 0, 0)
    return bool(unfinished_run(workload.annotations)) and workload.replicas <= 1 < restore


def _call(step: str, title: str, **arguments: Scalar) -> StepCall:
    return StepCall(step, title, arguments)


def _down_steps(workload: Workload, restore: int) -> tuple[StepCall, ...]:
    kind, name = workload.ref.kind.value, workload.ref.name
    return (
        _call("redis.snapshot", "Save the live master's data to disk"),
        _call("evidence.capture", "Keep logs and events of the Redis pods", kind=kind, name=name),
        _call("statefulset.scale", "Scale to 0", phase="down", replicas=0, **_seen(workload)),
        _call("statefulset.await-gone", "Wait until no pod is left"),
    )


def _seen(workload: Workload) -> Mapping[str, Scalar]:
    """What the step compares with, so that it does not scale down what somebody changed since the plan."""
    return {"expected": workload.replicas, "generation": workload.generation}


def _up_steps(restore: int, keys: int, *, from_zero: bool) -> tuple[StepCall, ...]:
    return (
        _call("statefulset.scale", "Scale to 1", phase="first", replicas=1, from_zero=from_zero),
        _call("redis.await-first-master", "The first pod is a Ready master with its data", keys_before=keys),
        _call("statefulset.scale", f"Scale to {restore}", phase="up", replicas=restore),
        _call("statefulset.await-ready", f"All {restore} replicas are Ready", replicas=restore),
        _call("redis.verify-topology", "Every sentinel agrees on one live master"),
        _call("redis.canary", "A key reaches every replica"),
    )


def _compensation(workload: Workload, restore: int) -> tuple[StepCall, ...]:
    up: dict[str, Scalar] = {"phase": "up", "replicas": restore, "generation": workload.generation}
    return (
        _call("statefulset.scale", f"Bring the replicas back to {restore}", only_if_ours=True, **up),
        _call("statefulset.await-ready", "All wanted replicas are Ready", replicas=1),
    )


async def _client_steps(target: Target, estate: Estate) -> tuple[StepCall, ...]:
    ref = WorkloadRef(Kind.DEPLOYMENT, target.namespace, target.middleware.deployment)
    try:
        middleware = await estate.workloads.get(ref)
    except NotFound:
        return ()
    if middleware.replicas == 0:
        return ()
    return (
        _call("middleware.restart-if-stale", "Restart the middleware if it still dials a dead address"),
        _call("deployment.await-rollout", "The middleware's rollout is complete"),
        _call("middleware.verify", "The middleware is healthy"),
    )


def _risks(workload: Workload, target: Target, *, scale_up: bool) -> tuple[str, ...]:
    risks = [] if scale_up else ["while no Redis runs, live chats cannot be stored and new ones fail"]
    sentinel_mounts = (workload.claim_mounts or {}).get(target.redis.sentinel_container, ())
    if any("sentinel" in path for path in sentinel_mounts):
        risks.append("the sentinels keep their configuration on a volume: pod 0 may read the dead address again")
    if workload.pod_management_policy == "Parallel":
        risks.append("podManagementPolicy is Parallel: the first pod is therefore started alone")
    if _is_managed_by_argo(workload):
        risks.append("Argo CD manages this workload: with self-heal on it reverts a scale within seconds")
    return tuple(risks)


def _is_managed_by_argo(workload: Workload) -> bool:
    return any(name.startswith("argocd.argoproj.io/") for name in workload.annotations)


def _preflight(
    observed: RedisObservation, diagnosis: Diagnosis, workload: Workload, target: Target
) -> tuple[Fact, ...]:
    first = Fact("Verdict", diagnosis.verdict.value)
    nodes = tuple(
        Fact(
            view.pod,
            view.problem
            or f"{view.role or '?'}, offset {view.offset} of {view.replication_id[:8] or '?'}, {view.keys} keys,"
            f" persistence {'on' if view.persists else 'OFF'}",
        )
        for view in observed.nodes
    )
    mounted = (workload.claim_mounts or {}).get(target.redis.sentinel_container, ())
    kept = any("sentinel" in path for path in mounted)
    return (
        first,
        Fact(
            "Replicas to restore",
            str(count_to_restore(workload.annotations, workload.replicas, target.redis.replicas)),
        ),
        Fact("podManagementPolicy", workload.pod_management_policy or "OrderedReady"),
        Fact("whenScaled", workload.when_scaled or "Retain"),
        Fact("Sentinel configuration", "on a volume" if kept else "ends with the pod"),
        Fact("Argo CD", "manages this workload" if _is_managed_by_argo(workload) else "no sign of it"),
        *nodes,
    )


def _no_plan(target: Target, diagnosis: Diagnosis, facts: tuple[Fact, ...]) -> NoPlan:
    words = advice(target, diagnosis)
    why = tuple(Fact("Evidence", line) for line in diagnosis.evidence)
    return NoPlan(
        NAME,
        target.name,
        diagnosis.verdict,
        words.reason,
        words.advice,
        (*facts, *why),
        words.offers,
        ENTRY,
        needs_somebody=diagnosis.verdict not in _NOBODY_NEEDED,
    )
