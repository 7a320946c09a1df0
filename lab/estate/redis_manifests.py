"""The objects that the Bitnami chart would have installed: StatefulSet and services of Redis with Sentinel."""

from __future__ import annotations

from dataclasses import dataclass

from lab.estate.kubernetes.resources import Json
from lab.estate.redis_link import REDIS_PORT, SENTINEL_PORT

REDIS_IMAGE = "bitnami/redis"
SENTINEL_IMAGE = "bitnami/redis-sentinel"
TAG = "7.2.5"
CONFIG_MOUNT = "/opt/bitnami/redis/etc"
DATA_MOUNT = "/data"
SENTINEL_MOUNT = "/opt/bitnami/redis-sentinel/etc"


@dataclass(frozen=True)
class RedisLayout:
    """How this Redis is installed. `save` and `appendonly` are the server's own settings; times in ms."""

    namespace: str = "integrations"
    release: str = "redis-sentinel"
    replicas: int = 3
    master_set: str = "mymaster"
    quorum: int = 2
    password: str = ""
    down_after_ms: int = 1000
    failover_timeout_ms: int = 3000
    save: str = "3600 1 300 100 60 10000"
    appendonly: bool = False
    sentinel_persistence: bool = False
    pod_management: str = "OrderedReady"
    when_scaled: str = "Retain"

    @property
    def name(self) -> str:
        """The StatefulSet's name."""
        return f"{self.release}-node"

    @property
    def labels(self) -> dict[str, str]:
        """The chart's labels of the pods."""
        return {
            "app.kubernetes.io/name": "redis",
            "app.kubernetes.io/instance": self.release,
            "app.kubernetes.io/component": "node",
        }

    def statefulset(self) -> Json:
        """The StatefulSet."""
        claims = ["redis-data", *(["sentinel-data"] if self.sentinel_persistence else [])]
        volumes = ["config", *([] if self.sentinel_persistence else ["sentinel-data"])]
        redis = {
            "name": "redis",
            "image": f"{REDIS_IMAGE}:{TAG}",
            "ports": [{"name": "redis", "containerPort": REDIS_PORT}],
            "volumeMounts": [_mount("config", CONFIG_MOUNT), _mount("redis-data", DATA_MOUNT)],
            "readinessProbe": _probe("ping_readiness_local.sh"),
        }
        sentinel = {
            "name": "sentinel",
            "image": f"{SENTINEL_IMAGE}:{TAG}",
            "ports": [{"name": "redis-sentinel", "containerPort": SENTINEL_PORT}],
            "volumeMounts": [_mount("sentinel-data", SENTINEL_MOUNT)],
            "readinessProbe": _probe("ping_sentinel.sh"),
        }
        pod = {
            "containers": [redis, sentinel],
            "volumes": [{"name": each, "emptyDir": {}} for each in volumes],
            "terminationGracePeriodSeconds": 30,
        }
        return {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": self.labels},
            "spec": {
                "replicas": self.replicas,
                "serviceName": f"{self.release}-headless",
                "podManagementPolicy": self.pod_management,
                "persistentVolumeClaimRetentionPolicy": {
                    "whenDeleted": "Retain",
                    "whenScaled": self.when_scaled,
                },
                "selector": {"matchLabels": self.labels},
                "template": {"metadata": {"labels": self.labels}, "spec": pod},
                "volumeClaimTemplates": [_claim(each) for each in claims],
            },
        }

    def services(self) -> list[Json]:
        """The Service that clients know, and the headless one of the StatefulSet."""
        return [self._service(self.release, {}), self._service(f"{self.release}-headless", _HEADLESS)]

    def _service(self, name: str, more: Json) -> Json:
        ports = [
            {"name": "tcp-redis", "port": REDIS_PORT, "protocol": "TCP"},
            {"name": "tcp-sentinel", "port": SENTINEL_PORT, "protocol": "TCP"},
        ]
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": self.namespace, "labels": self.labels},
            "spec": {"selector": self.labels, "ports": ports} | more,
        }


_HEADLESS: Json = {"clusterIP": "None", "publishNotReadyAddresses": True}


def _mount(name: str, path: str) -> Json:
    return {"name": name, "mountPath": path}


def _probe(script: str) -> Json:
    command = ["sh", "-c", f"/health/{script} 1"]
    return {"exec": {"command": command}, "periodSeconds": 5, "timeoutSeconds": 1, "failureThreshold": 5}


def _claim(name: str) -> Json:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}
    return {"metadata": {"name": name}, "spec": spec}
