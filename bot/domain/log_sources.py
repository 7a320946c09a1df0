"""Whose logs may be read in a channel: the workloads that the target's settings name, and no others."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.target import Target
from bot.domain.workload import Kind, WorkloadRef


def log_sources(target: Target) -> Mapping[str, WorkloadRef]:
    """Word -> workload: each by its own name, and the two that everybody has by `middleware` and `redis` too."""
    middleware = WorkloadRef(Kind.DEPLOYMENT, target.namespace, target.middleware.deployment)
    redis = WorkloadRef(Kind.STATEFULSET, target.namespace, target.redis.statefulset)
    return {"middleware": middleware, "redis": redis, middleware.name: middleware, redis.name: redis}
