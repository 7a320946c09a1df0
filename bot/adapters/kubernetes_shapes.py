"""Reduces the JSON of the Kubernetes API to the domain's values; a field left out means the API's default."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bot.domain.workload import Container, Event, Kind, Pod, Workload, WorkloadRef

Json = Mapping[str, Any]

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_REVISION = "deployment.kubernetes.io/revision"


def workload_from(ref: WorkloadRef, document: Json) -> Workload:
    """A Deployment or StatefulSet of apps/v1."""
    metadata, spec, status = _part(document, "metadata"), _part(document, "spec"), _part(document, "status")
    annotations = _part(metadata, "annotations")
    template = _part(spec, "template")
    revision = str(annotations.get(_REVISION, "")) if ref.kind is Kind.DEPLOYMENT else ""
    return Workload(
        ref=ref,
        uid=str(metadata.get("uid", "")),
        resource_version=str(metadata.get("resourceVersion", "")),
        generation=int(metadata.get("generation") or 0),
        observed_generation=int(status.get("observedGeneration") or 0),
        replicas=_count(spec, "replicas", 1),
        current_replicas=_count(status, "replicas"),
        ready_replicas=_count(status, "readyReplicas"),
        updated_replicas=_count(status, "updatedReplicas"),
        available_replicas=_count(status, "availableReplicas"),
        current_revision=str(status.get("currentRevision") or revision),
        update_revision=str(status.get("updateRevision") or revision),
        template_hash=template_hash(template),
        annotations=dict(annotations),
        selector=dict(_part(_part(spec, "selector"), "matchLabels")),
        pod_management_policy=str(spec.get("podManagementPolicy") or ""),
        when_scaled=str(_part(spec, "persistentVolumeClaimRetentionPolicy").get("whenScaled") or ""),
        claims=tuple(_claim_names(spec)),
        claim_mounts=_claim_mounts(spec),
        progress_deadline_exceeded=_deadline_exceeded(status),
        images=tuple(str(one.get("image", "")) for one in _list(_part(template, "spec"), "containers")),
    )


def template_hash(template: Json) -> str:
    """SHA-256 of the canonical pod template without what a restart adds."""
    metadata = {key: value for key, value in _part(template, "metadata").items() if value is not None}
    annotations = {k: v for k, v in (metadata.pop("annotations", None) or {}).items() if k != RESTARTED_AT}
    if annotations:
        metadata["annotations"] = annotations
    canonical = json.dumps({**template, "metadata": metadata}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def pod_from(document: Json) -> Pod:
    """A pod of v1, its init containers first."""
    metadata, status = _part(document, "metadata"), _part(document, "status")
    statuses = [*_list(status, "initContainerStatuses"), *_list(status, "containerStatuses")]
    return Pod(
        name=str(metadata.get("name", "")),
        uid=str(metadata.get("uid", "")),
        ip=str(status.get("podIP") or ""),
        phase=str(status.get("phase") or ""),
        is_ready=any(one.get("type") == "Ready" and one.get("status") == "True" for one in _conditions(status)),
        is_deleting=bool(metadata.get("deletionTimestamp")),
        containers=tuple(_container(one) for one in statuses),
        labels=dict(_part(metadata, "labels")),
        created_at=moment(metadata.get("creationTimestamp")),
        reason=_pod_reason(status),
    )


def event_from(document: Json) -> Event:
    """An event of v1, in the older and in the newer way of counting and dating."""
    series, regarding = _part(document, "series"), _part(document, "involvedObject")
    dates = (series.get("lastObservedTime"), document.get("lastTimestamp"), document.get("eventTime"))
    written = next((date for date in dates if date), document.get("firstTimestamp"))
    return Event(
        at=moment(written or _part(document, "metadata").get("creationTimestamp")),
        kind=str(document.get("type") or ""),
        reason=str(document.get("reason") or ""),
        message=str(document.get("message") or ""),
        subject=str(regarding.get("name") or ""),
        count=int(series.get("count") or document.get("count") or 1),
    )


def service_addresses(document: Json) -> tuple[str, ...]:
    """The ClusterIPs of a service; none of a headless one."""
    spec = _part(document, "spec")
    addresses = _list(spec, "clusterIPs") or [spec.get("clusterIP")]
    return tuple(str(address) for address in addresses if address and address != "None")


def moment(text: object) -> datetime | None:
    """An RFC 3339 time, aware; None where there is none."""
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _container(status: Json) -> Container:
    state = _part(status, "state")
    waiting = _part(state, "waiting")
    ended = _part(state, "terminated") or _part(_part(status, "lastState"), "terminated")
    code = ended.get("exitCode")
    return Container(
        name=str(status.get("name", "")),
        is_ready=bool(status.get("ready")),
        restarts=_count(status, "restartCount"),
        waiting_reason=str(waiting.get("reason") or ""),
        waiting_message=str(waiting.get("message") or ""),
        last_exit_code=int(code) if code is not None else None,
        last_exit_reason=str(ended.get("reason") or ""),
        last_finished_at=moment(ended.get("finishedAt")),
    )


def _pod_reason(status: Json) -> str:
    """Why a pod does not run: Evicted and the like, or that no node takes it."""
    unscheduled = (
        one.get("reason")
        for one in _conditions(status)
        if one.get("type") == "PodScheduled" and one.get("status") == "False"
    )
    return str(status.get("reason") or next(unscheduled, "") or "")


def _deadline_exceeded(status: Json) -> bool:
    return any(
        one.get("type") == "Progressing" and one.get("reason") == "ProgressDeadlineExceeded"
        for one in _conditions(status)
    )


def _claim_names(spec: Json) -> list[str]:
    return [str(_part(one, "metadata").get("name", "")) for one in _list(spec, "volumeClaimTemplates")]


def _claim_mounts(spec: Json) -> dict[str, tuple[str, ...]]:
    pod_spec = _part(_part(spec, "template"), "spec")
    volumes = _list(pod_spec, "volumes")
    kept = {*_claim_names(spec), *(str(one["name"]) for one in volumes if one.get("persistentVolumeClaim"))}
    return {
        str(container.get("name", "")): tuple(_kept_paths(_list(container, "volumeMounts"), kept))
        for container in _list(pod_spec, "containers")
    }


def _kept_paths(mounts: Iterable[Json], kept: set[str]) -> list[str]:
    return [str(one.get("mountPath", "")) for one in mounts if one.get("name") in kept]


def _conditions(status: Json) -> list[Json]:
    return _list(status, "conditions")


def _part(document: Json, key: str) -> Json:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _list(document: Json, key: str) -> list[Any]:
    value = document.get(key)
    return value if isinstance(value, list) else []


def _count(document: Json, key: str, default: int = 0) -> int:
    value = document.get(key)
    return default if value is None else int(value)
