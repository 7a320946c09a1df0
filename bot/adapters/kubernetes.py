"""Kubernetes as the bot's ports see it: pods, logs, events; Deployments and StatefulSets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from bot.adapters.kubernetes_api import KubernetesApi
from bot.adapters.kubernetes_credentials import connect_kubernetes
from bot.adapters.kubernetes_log_words import checked_log, reason_for_no_log
from bot.adapters.kubernetes_shapes import event_from, pod_from, service_addresses, workload_from
from bot.domain.errors import BadAnswer, Conflict, NotFound
from bot.domain.workload import Event, Kind, Pod, Workload, WorkloadRef

__all__ = ["KubernetesApi", "KubernetesCluster", "KubernetesWorkloads", "connect_kubernetes"]

_PLURALS = {Kind.DEPLOYMENT: "deployments", Kind.STATEFULSET: "statefulsets"}
T = TypeVar("T")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class KubernetesCluster:
    """Reads a namespace, and deletes one stuck pod; implements `bot.ports.cluster.Cluster`."""

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api

    async def pods(self, namespace: str, selector: Mapping[str, str] | None = None) -> tuple[Pod, ...]:
        """Pods that carry all labels of `selector`, by name; all of the namespace without one."""
        query = {"labelSelector": ",".join(f"{k}={v}" for k, v in sorted(selector.items()))} if selector else {}
        items = await self._api.items(f"list pods in {namespace}", _core(namespace, "pods"), query)
        return tuple(sorted((_shaped(pod_from, item) for item in items), key=lambda pod: pod.name))

    async def services(self, namespace: str) -> Mapping[str, str]:
        """ClusterIP -> Service name; headless services are left out."""
        items = await self._api.items(f"list services in {namespace}", _core(namespace, "services"))
        return {address: _name(item) for item in items for address in _shaped(service_addresses, item)}

    async def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        since_seconds: int | None = None,
        tail_lines: int | None = None,
        limit_bytes: int | None = None,
        timestamps: bool = False,
    ) -> str:
        """A container's log; NotFound where the container, or its predecessor, never ran."""
        limits = {"sinceSeconds": since_seconds, "tailLines": tail_lines, "limitBytes": limit_bytes}
        query: dict[str, str | int] = {key: value for key, value in limits.items() if value is not None}
        query["container"] = container
        query |= {name: "true" for name, wanted in (("previous", previous), ("timestamps", timestamps)) if wanted}
        what = f"read the log of {pod}/{container}"
        try:
            text = await self._api.text(what, f"{_core(namespace, 'pods')}/{quote(pod, safe='')}/log", query)
        except (BadAnswer, NotFound) as error:
            raise reason_for_no_log(error, pod) from error
        return checked_log(text, pod, previous=previous)

    async def events(self, namespace: str, subject: str) -> tuple[Event, ...]:
        """Events about objects whose name is `subject` or starts with `subject-`, oldest first."""
        items = await self._api.items(f"list events in {namespace}", _core(namespace, "events"))
        found = [_shaped(event_from, item) for item in items]
        about = [one for one in found if one.subject == subject or one.subject.startswith(f"{subject}-")]
        return tuple(sorted(about, key=lambda event: event.at or _LONG_AGO))

    async def autoscalers(self, namespace: str, workload: str) -> tuple[str, ...]:
        """Names of HorizontalPodAutoscalers that scale the workload."""
        path = f"/apis/autoscaling/v2/namespaces/{quote(namespace, safe='')}/horizontalpodautoscalers"
        items = await self._api.items(f"list autoscalers in {namespace}", path)
        scaling = [item for item in items if _scaled_by(item) == workload]
        return tuple(sorted(_name(item) for item in scaling))

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """Deletes gracefully, only if the pod still has this uid; a pod already gone is no error."""
        options = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid}}
        path = f"{_core(namespace, 'pods')}/{quote(name, safe='')}"
        try:
            await self._api.delete(f"delete pod {name}", path, options)
        except (NotFound, Conflict):
            # Conflict: another pod took the name, so the one with this uid is gone as well.
            return


class KubernetesWorkloads:
    """Reads and conditionally writes workloads; implements `bot.ports.workloads.Workloads`."""

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api

    async def get(self, ref: WorkloadRef) -> Workload:
        """One reading."""
        document = await self._api.get(f"read {ref}", _workload_path(ref))
        return _shaped(lambda found: workload_from(ref, found), document)

    async def patch(
        self,
        ref: WorkloadRef,
        *,
        resource_version: str,
        replicas: int | None = None,
        annotations: Mapping[str, str | None] | None = None,
        template_annotations: Mapping[str, str] | None = None,
    ) -> Workload:
        """ONE merge patch with metadata.resourceVersion; Conflict if the object changed since."""
        metadata: dict[str, Any] = {"resourceVersion": resource_version}
        if annotations:
            metadata["annotations"] = dict(annotations)
        spec: dict[str, Any] = {}
        if replicas is not None:
            spec["replicas"] = replicas
        if template_annotations:
            spec["template"] = {"metadata": {"annotations": dict(template_annotations)}}
        patch = {"metadata": metadata, **({"spec": spec} if spec else {})}
        document = await self._api.merge_patch(f"change {ref}", _workload_path(ref), patch)
        return _shaped(lambda found: workload_from(ref, found), document)


def _core(namespace: str, plural: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/{plural}"


def _workload_path(ref: WorkloadRef) -> str:
    namespace, name = quote(ref.namespace, safe=""), quote(ref.name, safe="")
    return f"/apis/apps/v1/namespaces/{namespace}/{_PLURALS[ref.kind]}/{name}"


def _shaped(shape: Callable[[Mapping[str, Any]], T], document: Mapping[str, Any]) -> T:
    try:
        return shape(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadAnswer(f"Kubernetes sent an object that cannot be read: {error!r}") from error


def _name(document: Mapping[str, Any]) -> str:
    return str((document.get("metadata") or {}).get("name", ""))


def _scaled_by(autoscaler: Mapping[str, Any]) -> str:
    return str(((autoscaler.get("spec") or {}).get("scaleTargetRef") or {}).get("name", ""))
