"""What controllers ask about pods, and how they make one from a template."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from lab.estate.kubernetes.moments import parse_stamp
from lab.estate.kubernetes.resources import Json
from lab.estate.kubernetes.store import Store

_SAFE = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(template: Json) -> str:
    """A short name part that changes with the template, in the alphabet that Kubernetes uses."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(_SAFE[byte % len(_SAFE)] for byte in digest[:10])


def owner_reference(owner: Json) -> Json:
    """The controlling ownerReference that dependents carry."""
    meta = owner["metadata"]
    names = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"]}
    return names | {"uid": meta["uid"], "controller": True, "blockOwnerDeletion": True}


def owned_by(store: Store, plural: str, owner: Json) -> list[Json]:
    """The dependents of that kind which the owner controls."""
    uid = owner["metadata"]["uid"]
    found = []
    for item in store.all(plural, owner["metadata"].get("namespace", "")):
        references = item["metadata"].get("ownerReferences") or []
        if any(ref["uid"] == uid and ref.get("controller") for ref in references):
            found.append(item)
    return found


def from_template(owner: Json, template: Json, name: str, labels: dict[str, str]) -> Json:
    """The manifest of a pod that the owner controls."""
    meta: dict[str, Any] = copy.deepcopy(template.get("metadata") or {})
    meta["labels"] = (meta.get("labels") or {}) | labels
    meta |= {"name": name, "namespace": owner["metadata"]["namespace"]}
    meta["ownerReferences"] = [owner_reference(owner)]
    meta.pop("creationTimestamp", None)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": copy.deepcopy(template["spec"]),
        "status": {"phase": "Pending"},
    }


def condition(item: Json, kind: str) -> Json | None:
    """That condition of the status, or None."""
    conditions = (item.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), None)


def is_terminating(pod: Json) -> bool:
    """Whether somebody has deleted it."""
    return "deletionTimestamp" in pod["metadata"]


def is_finished(pod: Json) -> bool:
    """Whether its phase is Succeeded or Failed."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_ready(pod: Json) -> bool:
    """Whether it runs and its Ready condition is True."""
    ready = condition(pod, "Ready")
    running = (pod.get("status") or {}).get("phase") == "Running"
    return running and ready is not None and ready["status"] == "True"


def seconds_until_available(pod: Json, min_ready_seconds: float) -> float | None:
    """0 when available, the seconds to wait when only minReadySeconds is missing, None when not ready."""
    ready = condition(pod, "Ready")
    if not is_ready(pod) or ready is None:
        return None
    since = (datetime.now(UTC) - parse_stamp(ready["lastTransitionTime"])).total_seconds()
    return max(0.0, min_ready_seconds - since) if min_ready_seconds else 0.0
