"""Judges whether scaling Redis to zero can lose data: who comes back first, and what it has on disk."""

from __future__ import annotations

from bot.domain.redis_topology import RedisObservation, RedisView
from bot.domain.workload import Workload

_ON_THE_WAY_BYTES = 1_048_576
"""Linked pods of one busy master are never quite level when read; pod 0, stopped last, still gets the rest."""


def data_at_risk(observed: RedisObservation, workload: Workload, redis_container: str) -> tuple[str, ...]:
    """Reasons why data could be lost; empty when pod 0 is proven to hold the newest data on a volume it keeps."""
    reasons: list[str] = []
    mounts = workload.claim_mounts or {}
    if redis_container not in mounts:
        reasons.append(
            f"the pod template has no container `{redis_container}`: where Redis keeps data is not known"
        )
    elif not mounts[redis_container]:
        reasons.append("no volume claim is mounted in the Redis container: its data ends with the pod")
    if workload.when_scaled == "Delete":
        reasons.append("whenScaled is Delete: at zero replicas the volumes are removed")
    reasons += _first_pod_reasons(observed)
    return tuple(reasons)


def _first_pod_reasons(observed: RedisObservation) -> list[str]:
    ordinals = {pod.name: pod.ordinal for pod in observed.pods}
    answering = [view for view in observed.nodes if not view.problem]
    first = next((view for view in answering if ordinals.get(view.pod) == 0), None)
    if first is None:
        return ["pod 0 does not answer: it cannot be shown that it holds the newest data"]
    reasons = _persistence_reasons(first)
    silent = [view.pod for view in observed.nodes if view.problem]
    if silent:
        reasons.append(f"{', '.join(silent)} did not answer: its data may be newer than pod 0's")
    absent = sorted(set(range(observed.desired_replicas)) - set(ordinals.values()))
    if absent:
        named = ", ".join(str(ordinal) for ordinal in absent)
        reasons.append(f"pod {named} does not exist: the data on its volume may be newer than pod 0's")
    newer = [view for view in answering if view.pod != first.pod and not _has_all_of(first, view)]
    if newer:
        reasons.append(_behind(first, max(newer, key=_freshness)))
    return reasons


def _persistence_reasons(first: RedisView) -> list[str]:
    if not first.persists:
        return [f"persistence is off on {first.pod}"]
    if not first.appendonly and not first.last_save_ok:
        return [f"the last save of {first.pod} failed: what it has in memory may not reach its disk"]
    return []


def _freshness(view: RedisView) -> tuple[bool, int, int]:
    return (view.role == "master", view.offset, view.keys)


def _has_all_of(first: RedisView, other: RedisView) -> bool:
    """True where everything that `other` holds is in the history of pod 0; offsets count within one history only.

    The same rule by which a master lets a replica go on without a full copy (PSYNC, `master_replid2`).
    """
    if other.keys == 0 and other.role != "master":
        return True
    if other.replication_id == first.replication_id:
        on_the_way = _ON_THE_WAY_BYTES if _is_streaming(first) and _is_streaming(other) else 0
        return other.offset - first.offset <= on_the_way
    is_former = bool(first.former_replication_id) and other.replication_id == first.former_replication_id
    return is_former and other.offset < first.former_offset


def _is_streaming(view: RedisView) -> bool:
    return view.role == "master" or view.master_link_up


def _behind(first: RedisView, best: RedisView) -> str:
    return (
        f"pod 0 is behind {best.pod}: offset {first.offset} of {first.replication_id[:8]}"
        f" against {best.offset} of {best.replication_id[:8]}"
    )
