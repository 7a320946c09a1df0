"""Git against the cluster: what differs, how healthy it is; Argo CD's own rules, reduced to the two workloads."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
_WORST_LAST = ("Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown")


def desired(live: Json) -> Json:
    """What Git would hold of a live object: no status, nothing that the cluster wrote."""
    meta = {key: live["metadata"][key] for key in ("name", "namespace", "labels") if key in live["metadata"]}
    manifest = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": meta}
    return copy.deepcopy(manifest | {"spec": live["spec"]})


def drift(wanted: Json, live: Json, ignored: Sequence[Mapping[str, Any]]) -> Json:
    """The part of the spec to write so that it is as Git wants it; empty when in sync. What Git lacks is free."""
    spec = copy.deepcopy(wanted["spec"])
    for rule in ignored:
        if rule.get("kind") == wanted["kind"] and rule.get("name") in (None, "", wanted["metadata"]["name"]):
            for pointer in rule.get("jsonPointers") or []:
                _forget({"spec": spec}, pointer)
    return {key: value for key, value in spec.items() if not _holds(value, live["spec"].get(key))}


def health(live: Json | None) -> tuple[str, str]:
    """Status and message of one workload."""
    if live is None:
        return "Missing", ""
    status, spec = live.get("status") or {}, live["spec"]
    if int(live["metadata"].get("generation", 0)) > int(status.get("observedGeneration", 0)):
        return "Progressing", f"Waiting for {live['kind'].lower()} spec update to be observed..."
    if live["kind"] == "StatefulSet":
        return _statefulset(int(spec.get("replicas", 1)), status)
    return _deployment(int(spec.get("replicas", 1)), status)


def worst(healths: Sequence[str]) -> str:
    """Of an application: that of its sickest resource."""
    return max(healths, key=_WORST_LAST.index, default="Healthy")


def _statefulset(replicas: int, status: Json) -> tuple[str, str]:
    ready = int(status.get("readyReplicas") or 0)
    if ready < replicas:
        return "Progressing", f"Waiting for {replicas - ready} pods to be ready..."
    return "Healthy", ""


def _deployment(replicas: int, status: Json) -> tuple[str, str]:
    conditions = {one["type"]: one for one in status.get("conditions") or []}
    if conditions.get("Progressing", {}).get("reason") == "ProgressDeadlineExceeded":
        return "Degraded", "Deployment exceeded its progress deadline"
    updated, available = int(status.get("updatedReplicas") or 0), int(status.get("availableReplicas") or 0)
    if updated < replicas:
        return "Progressing", f"{updated} out of {replicas} new replicas have been updated..."
    if int(status.get("replicas") or 0) > updated:
        return "Progressing", "old replicas are pending termination..."
    if available < updated:
        return "Progressing", f"{available} of {updated} updated replicas are available..."
    return "Healthy", ""


def _holds(wanted: Any, live: Any) -> bool:
    """Whether everything that is wanted is there; more may be."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(_holds(value, live.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(live, list) and len(live) == len(wanted)
        return same and all(_holds(one, other) for one, other in zip(wanted, live, strict=True))
    return bool(wanted == live)


def _forget(tree: Json, pointer: str) -> None:
    *path, last = pointer.strip("/").split("/")
    place: Any = tree
    for part in path:
        place = place.get(part) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place.pop(last, None)
