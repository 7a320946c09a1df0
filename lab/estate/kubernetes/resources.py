"""Which kinds the API stand-in serves, and what is true of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One served kind; `has_generation` says that a change of its spec is counted."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    has_status: bool = False
    has_scale: bool = False
    has_generation: bool = False
    is_custom: bool = False
    returns_deleted_object: bool = False
    short_names: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`statefulsets.apps`, as error messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """`StatefulSet.apps`, as 422 messages name it."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


RESOURCES = (
    Resource("", "v1", "namespaces", "Namespace", namespaced=False, has_status=True, short_names=("ns",)),
    Resource("", "v1", "pods", "Pod", has_status=True, returns_deleted_object=True, short_names=("po",)),
    Resource("", "v1", "events", "Event", short_names=("ev",)),
    Resource("", "v1", "services", "Service", has_status=True, returns_deleted_object=True, short_names=("svc",)),
    Resource(
        "",
        "v1",
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        has_status=True,
        returns_deleted_object=True,
        short_names=("pvc",),
    ),
    Resource(
        "apps",
        "v1",
        "deployments",
        "Deployment",
        has_status=True,
        has_scale=True,
        has_generation=True,
        short_names=("deploy",),
    ),
    Resource(
        "apps",
        "v1",
        "replicasets",
        "ReplicaSet",
        has_status=True,
        has_scale=True,
        has_generation=True,
        short_names=("rs",),
    ),
    Resource(
        "apps",
        "v1",
        "statefulsets",
        "StatefulSet",
        has_status=True,
        has_scale=True,
        has_generation=True,
        short_names=("sts",),
    ),
    Resource("apps", "v1", "controllerrevisions", "ControllerRevision"),
    Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", has_generation=True),
    Resource(
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        has_status=True,
        short_names=("hpa",),
    ),
    Resource(
        "external-secrets.io",
        "v1",
        "externalsecrets",
        "ExternalSecret",
        has_status=True,
        has_generation=True,
        is_custom=True,
        short_names=("es",),
    ),
)
BY_PLURAL = {resource.plural: resource for resource in RESOURCES}
BY_KIND = {resource.kind: resource for resource in RESOURCES}


def resource_at(group: str, version: str, plural: str) -> Resource | None:
    """The resource served at that path, or None."""
    found = BY_PLURAL.get(plural)
    return found if found and (found.group, found.version) == (group, version) else None


def resource_of(manifest: Json) -> Resource:
    """The resource that a manifest's apiVersion and kind name; KeyError when it is not served."""
    found = BY_KIND[manifest["kind"]]
    if found.api_version != manifest.get("apiVersion"):
        raise KeyError(manifest.get("apiVersion"))
    return found
