"""Judges whether scaling Redis to zero can lose data: who comes back first, and what it has on disk."""

from __future__ import annotations

from bot.domain.redis_topology import RedisObservation, RedisView
from bot.domain.workload import Workload


def data_at_risk(observed: RedisObservation, workload: Workload, redis_container: str) -> tuple[str, ...]:
    """Reasons why data could be lost; empty when pod 0 is proven to hold the newest data on a volume it keeps."""
    reasons: list[str] = []
    mounts = workload.claim_mounts or {}
    if not mounts.get(redis_container):
        reasons.append("no volume claim is mounted in the Redis container: its data ends with the pod")
    if workload.when_scaled == "Delete":
        reasons.append("whenScaled is Delete: at zero replicas the volumes are removed")
    reasons += _first_pod_reasons(observed)
    return tuple(reasons)


def _first_pod_reasons(observed: RedisObservation) -> list[str]:
    by_pod = {pod.name: pod.ordinal for pod in observed.pods}
    answering = [view for view in observed.nodes if not view.problem]
    first = next((view for view in answering if by_pod.get(view.pod) == 0), None)
    if first is None:
        return ["pod 0 does not answer: it cannot be shown that it holds the newest data"]
    reasons = [] if first.persists else [f"persistence is off on {first.pod}"]
    silent = [view.pod for view in observed.nodes if view.problem]
    if silent:
        reasons.append(f"{', '.join(silent)} did not answer: its data may be newer than pod 0's")
    best = max(answering, key=_freshness)
    if first.role != "master" and _is_behind(first, best):
        reasons.append(
            f"pod 0 is behind {best.pod}: offset {first.offset} of {first.replication_id[:8]}"
            f" against {best.offset} of {best.replication_id[:8]}"
        )
    return reasons


def _freshness(view: RedisView) -> tuple[bool, int, int]:
    return (view.role == "master", view.offset, view.keys)


def _is_behind(first: RedisView, best: RedisView) -> bool:
    if first.pod == best.pod:
        return False
    if first.replication_id != best.replication_id:
        return True  # two histories cannot be compared by offset
    return first.offset < best.offset
