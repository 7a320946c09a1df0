"""Whose logs may be read in a channel: the workloads that the target's settings name, and no others."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.target import Target
from bot.domain.workload import Kind, WorkloadRef


def log_sources(target: Target) -> Mapping[str, WorkloadRef]:
    """Word -> workload: each by its own name, and by `middleware`, `redis` or the core service's name too."""
    middleware = WorkloadRef(Kind.DEPLOYMENT, target.namespace, target.middleware.deployment)
    redis = WorkloadRef(Kind.STATEFULSET, target.namespace, target.redis.statefulset)
    core = target.integrations
    services = core.services if core is not None else ()
    namespace = core.namespace if core is not None and core.namespace else target.namespace
    names = {service.workload: WorkloadRef(Kind.DEPLOYMENT, namespace, service.workload) for service in services}
    return {
        "middleware": middleware,
        "redis": redis,
        **{service.name.lower(): names[service.workload] for service in services},
        **names,
        middleware.name: middleware,
        redis.name: redis,
    }
