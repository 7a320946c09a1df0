"""A small cluster whose workloads have no replicas, deployed by the lab's Argo CD; a pod never gets ready."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from lab.estate.argocd import ArgoCdStandIn
from lab.estate.kubernetes import KubernetesStandIn

NAME, NAMESPACE = "salesforce-integration", "integrations"
KINDS = {"deployments": "Deployment", "statefulsets": "StatefulSet"}


@dataclass
class Deployed:
    """Both of them; `scale` is somebody with kubectl."""

    cluster: KubernetesStandIn
    argocd: ArgoCdStandIn

    def scale(self, replicas: int, plural: str = "deployments") -> None:
        """By hand."""
        self.cluster.patch(plural, NAME, {"spec": {"replicas": replicas}}, NAMESPACE)

    def replicas(self, plural: str = "deployments") -> int:
        """As they stand."""
        return int(self.cluster.get(plural, NAME, NAMESPACE)["spec"]["replicas"])


@contextlib.asynccontextmanager
async def deployed() -> AsyncIterator[Deployed]:
    """A Deployment and a StatefulSet of that name, in sync and healthy; quick to heal."""
    async with KubernetesStandIn() as cluster:
        for plural, kind in KINDS.items():
            cluster.create(_manifest(kind))
            await cluster.until(lambda plural=plural: _is_observed(cluster, plural), 5.0, "observed")  # type: ignore[misc]
        async with ArgoCdStandIn(cluster) as argocd:
            argocd.application.heal_seconds = argocd.application.sync_seconds = 0.05
            for plural in KINDS:
                argocd.application.adopt(plural, NAME)
            yield Deployed(cluster, argocd)


def _is_observed(cluster: KubernetesStandIn, plural: str) -> bool:
    status = cluster.get(plural, NAME, NAMESPACE).get("status") or {}
    return bool(status.get("observedGeneration"))


def _manifest(kind: str) -> dict[str, object]:
    labels = {"app": f"{NAME}-{kind.lower()}"}
    probe = {"httpGet": {"path": "/health", "port": 8080}}
    container = {"name": "main", "image": "acme/none:1", "readinessProbe": probe}
    spec: dict[str, object] = {
        "replicas": 0,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }
    if kind == "StatefulSet":
        spec["serviceName"] = NAME
    metadata = {"name": NAME, "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}
