"""The Available and Progressing conditions of a Deployment, with the real reasons and words."""

from __future__ import annotations

from lab.estate.kubernetes.controllers.rollout import resolve_fences
from lab.estate.kubernetes.moments import stamp
from lab.estate.kubernetes.resources import Json


def deployment_conditions(
    item: Json, counts: dict[str, int], fresh: Json | None, was: list[Json], created: bool, is_late: bool
) -> list[Json]:
    """The conditions now; times change only with what they time."""
    wanted = [_available(item, counts), _progressing(item, counts, fresh, was, created, is_late)]
    return [_timed(each, was) for each in wanted]


def _available(item: Json, counts: dict[str, int]) -> Json:
    desired = item["spec"]["replicas"]
    rolling = item["spec"]["strategy"].get("rollingUpdate") or {}
    fences = resolve_fences(desired, rolling.get("maxSurge", 0), rolling.get("maxUnavailable", 0))
    unavailable = fences.max_unavailable if rolling else 0
    if counts["availableReplicas"] >= desired - unavailable:
        return _condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    message = "Deployment does not have minimum availability."
    return _condition("Available", "False", "MinimumReplicasUnavailable", message)


def _progressing(
    item: Json, counts: dict[str, int], fresh: Json | None, was: list[Json], created: bool, is_late: bool
) -> Json:
    name = fresh["metadata"]["name"] if fresh else ""
    before = next((each for each in was if each["type"] == "Progressing"), None)
    desired = item["spec"]["replicas"]
    is_complete = (
        counts["updatedReplicas"] == desired
        and counts["replicas"] == desired
        and counts["availableReplicas"] >= desired
    )
    done = f'ReplicaSet "{name}" has successfully progressed.'
    if fresh and is_complete:
        return _condition("Progressing", "True", "NewReplicaSetAvailable", done)
    if before and before["reason"] == "NewReplicaSetAvailable" and before["message"] == done:
        return _condition("Progressing", "True", "NewReplicaSetAvailable", done)
    if created:
        return _condition("Progressing", "True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
    if is_late:
        message = f'ReplicaSet "{name}" has timed out progressing.'
        return _condition("Progressing", "False", "ProgressDeadlineExceeded", message)
    return _condition("Progressing", "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')


def _condition(kind: str, status: str, reason: str, message: str) -> Json:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def _timed(each: Json, was: list[Json]) -> Json:
    before = next((old for old in was if old["type"] == each["type"]), {})
    now = stamp()
    same_status = before.get("status") == each["status"]
    same = same_status and all(before.get(k) == each[k] for k in ("reason", "message"))
    moved = before["lastTransitionTime"] if same_status else now
    updated = before["lastUpdateTime"] if same else now
    return each | {"lastTransitionTime": moved, "lastUpdateTime": updated}
