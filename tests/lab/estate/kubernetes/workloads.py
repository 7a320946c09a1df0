"""Small manifests for the tests of the cluster stand-in."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def deployment(name: str = "web", replicas: int = 1, image: str = "acme/idle:v1", **spec: Any) -> Json:
    """A Deployment of one container."""
    made = _workload("Deployment", name, replicas, image)
    made["spec"] |= spec
    return made


def statefulset(name: str = "node", replicas: int = 3, image: str = "acme/idle:v1", **spec: Any) -> Json:
    """A StatefulSet of one container."""
    made = _workload("StatefulSet", name, replicas, image)
    made["spec"] |= {"serviceName": name} | spec
    return made


def _workload(kind: str, name: str, replicas: int, image: str) -> Json:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "integrations", "labels": labels},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }
