"""What the API server adds to a manifest and refuses in one: defaults, validation, fields that may not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.estate.kubernetes.errors import ApiError, forbidden, invalid
from lab.estate.kubernetes.rbac import User
from lab.estate.kubernetes.resources import Json, Resource

WORKLOADS = ("deployments", "statefulsets", "replicasets")
_STATEFUL_MUTABLE = {
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
}
_POLICY = "sfint-sfint-scale-and-restart-only"
"""Of the release `sfint` in the namespace `sfint`."""
_STATEFUL_FORBIDDEN = (
    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
    "'minReadySeconds' are forbidden"
)


def fill_defaults(resource: Resource, item: Json) -> None:
    """Write the defaults that readers rely on into the object."""
    spec = item.get("spec")
    if resource.plural not in (*WORKLOADS, "pods") or not isinstance(spec, dict):
        return None
    if resource.plural == "pods":
        return _pod_defaults(spec)
    spec.setdefault("replicas", 1)
    _pod_defaults(spec.setdefault("template", {}).setdefault("spec", {}))
    if resource.plural == "deployments":
        _deployment_defaults(spec)
    elif resource.plural == "statefulsets":
        _stateful_defaults(spec)
    return None


def _pod_defaults(spec: Json) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    for container in spec.get("containers") or []:
        container.setdefault("imagePullPolicy", "IfNotPresent")
        container.setdefault("resources", {})
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
        for port in container.get("ports") or []:
            port.setdefault("protocol", "TCP")


def _deployment_defaults(spec: Json) -> None:
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)


def _stateful_defaults(spec: Json) -> None:
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    spec.setdefault("revisionHistoryLimit", 10)
    policy = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    policy.setdefault("whenDeleted", "Retain")
    policy.setdefault("whenScaled", "Retain")


def shape_problem(resource: Resource, item: Json) -> str:
    """Why the JSON does not fit the typed object, in the words of Go's decoder; empty when it fits."""
    meta = item.get("metadata")
    if not isinstance(meta, dict):
        return _misfit(meta, "ObjectMeta.metadata", "v1.ObjectMeta")
    for field in ("annotations", "labels"):
        for value in (meta.get(field) or {}).values():
            if not isinstance(value, str):
                return _misfit(value, f"ObjectMeta.metadata.{field}", "string")
    replicas = (item.get("spec") or {}).get("replicas", 0)
    if resource.plural in WORKLOADS and (not isinstance(replicas, int) or isinstance(replicas, bool)):
        return _misfit(replicas, f"{resource.kind}Spec.spec.replicas", "int32")
    return ""


def _misfit(value: Any, field: str, wanted: str) -> str:
    return f"json: cannot unmarshal {_go_type(value)} into Go struct field {field} of type {wanted}"


def _go_type(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def validate(resource: Resource, item: Json, old: Json | None = None) -> None:
    """ApiError 422 for what the server would not store."""
    name = item["metadata"]["name"]
    spec = item.get("spec") or {}
    causes: list[tuple[str, str, str]] = []
    if resource.plural in WORKLOADS:
        causes += _workload_causes(spec)
        if old and resource.plural == "statefulsets" and _frozen(spec) != _frozen(old["spec"]):
            causes.append(("FieldValueForbidden", "spec", _STATEFUL_FORBIDDEN))
        if old and resource.plural == "deployments" and spec.get("selector") != old["spec"].get("selector"):
            message = f"Invalid value: {spec.get('selector')}: field is immutable"
            causes.append(("FieldValueInvalid", "spec.selector", message))
    if resource.plural == "pods" and not spec.get("containers"):
        causes.append(("FieldValueRequired", "spec.containers", "Required value"))
    if causes:
        raise invalid(resource, name, causes)


def _workload_causes(spec: Json) -> list[tuple[str, str, str]]:
    causes: list[tuple[str, str, str]] = []
    if spec.get("replicas", 0) < 0:
        message = f"Invalid value: {spec['replicas']}: must be greater than or equal to 0"
        causes.append(("FieldValueInvalid", "spec.replicas", message))
    selector = (spec.get("selector") or {}).get("matchLabels") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if not spec.get("selector"):
        causes.append(("FieldValueRequired", "spec.selector", "Required value"))
    elif any(labels.get(key) != value for key, value in selector.items()):
        message = f"Invalid value: {labels}: `selector` does not match template `labels`"
        causes.append(("FieldValueInvalid", "spec.template.metadata.labels", message))
    return causes


def _frozen(spec: Json) -> Json:
    return {key: value for key, value in spec.items() if key not in _STATEFUL_MUTABLE}


def check_scaling_policy(user: User, resource: Resource, item: Json, old: Json) -> None:
    """The ValidatingAdmissionPolicy of the chart: the bot may change replicas and annotations of its own only."""
    if not user.is_limited_to_scaling or resource.plural not in WORKLOADS:
        return
    broken = [words for words, part in _FENCES if part(item) != part(old)]
    if not broken:
        return
    why = f"ValidatingAdmissionPolicy '{_POLICY}' with binding '{_POLICY}' denied request: {broken[0]}"
    error = forbidden(resource, item["metadata"]["name"], why)
    details = {**(error.details or {}), "causes": [{"message": why}]}
    raise ApiError(422, "Invalid", error.message, details)


def _without(part: Json | None, *keys: str) -> Json:
    return {key: value for key, value in (part or {}).items() if key not in keys}


def _template(item: Json) -> Json:
    template: Json = item["spec"].get("template") or {}
    return template


def _template_meta(item: Json) -> Json:
    return {key: value for key, value in (_template(item).get("metadata") or {}).items() if value is not None}


def _foreign_notes(item: Json) -> Json:
    notes = item["metadata"].get("annotations") or {}
    return {key: value for key, value in notes.items() if not key.startswith("sfint/")}


_FENCES: tuple[tuple[str, Callable[[Json], Json]], ...] = (
    ("sfint may change nothing outside metadata and spec", lambda item: _without(item, "metadata", "spec")),
    (
        "sfint may change no metadata but annotations",
        lambda item: _without(item["metadata"], "annotations", "generation", "managedFields", "resourceVersion"),
    ),
    ("sfint may write no annotation but its own", _foreign_notes),
    (
        "sfint may change no field of the spec but replicas",
        lambda item: _without(item["spec"], "replicas", "template"),
    ),
    ("sfint may change nothing in the pod template", lambda item: _without(_template(item), "metadata")),
    (
        "sfint may change no metadata of the pod template but annotations",
        lambda item: _without(_template_meta(item), "annotations"),
    ),
    (
        "sfint may write no annotation of the pod template but kubectl.kubernetes.io/restartedAt",
        lambda item: _without(_template_meta(item).get("annotations"), "kubectl.kubernetes.io/restartedAt"),
    ),
)
"""Each part of a workload that keeps its value, as the shipped policy words it."""
