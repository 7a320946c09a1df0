"""A target and the workloads behind it, healthy, for the tests of the checks."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.target import Target
from bot.domain.workload import Container, Kind, Pod, Workload, WorkloadRef
from tests.bot.domain.redis_world import ADDRESSES

TARGET = Target("acme-prod", "integrations", frozenset({"C1"}))
REDIS = WorkloadRef(Kind.STATEFULSET, TARGET.namespace, TARGET.redis.statefulset)
MIDDLEWARE = WorkloadRef(Kind.DEPLOYMENT, TARGET.namespace, TARGET.middleware.deployment)
REDIS_LABELS = {"app": "redis"}
MIDDLEWARE_LABELS = {"app": "middleware"}


def workload(ref: WorkloadRef, replicas: int, **changes: object) -> Workload:
    """One with everything as wanted."""
    made = Workload(
        ref=ref,
        uid=f"uid-{ref.name}",
        resource_version="1",
        generation=1,
        observed_generation=1,
        replicas=replicas,
        current_replicas=replicas,
        ready_replicas=replicas,
        updated_replicas=replicas,
        available_replicas=replicas,
        current_revision="a",
        update_revision="a",
        template_hash="hash",
        annotations={},
        selector=REDIS_LABELS if ref.kind is Kind.STATEFULSET else MIDDLEWARE_LABELS,
        images=("acme/salesforce-integration:production-v0.1.7",),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # test data by name


def redis_pods() -> list[Pod]:
    """Three ready ones, with the addresses of the Redis world."""
    containers = (Container("redis", True, 0), Container("sentinel", True, 0))
    name = TARGET.redis.statefulset
    return [
        Pod(f"{name}-{n}", f"uid-{n}", ip, "Running", True, False, containers, REDIS_LABELS)
        for n, ip in enumerate(ADDRESSES)
    ]


def middleware_pod(restarts: int = 0) -> Pod:
    """A ready one."""
    container = Container(TARGET.middleware.container, True, restarts)
    name = f"{TARGET.middleware.deployment}-7d9f-x2k"
    return Pod(name, "uid-m", "10.0.0.50", "Running", True, False, (container,), MIDDLEWARE_LABELS)
