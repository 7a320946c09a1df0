"""Reading and conditionally writing Deployments and StatefulSets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.domain.workload import Workload, WorkloadRef


class Workloads(Protocol):
    """Every method may raise NotFound, Unreachable, AccessDenied or BadAnswer."""

    async def get(self, ref: WorkloadRef) -> Workload:
        """One reading."""

    async def patch(
        self,
        ref: WorkloadRef,
        *,
        resource_version: str,
        replicas: int | None = None,
        annotations: Mapping[str, str | None] | None = None,
        template_annotations: Mapping[str, str] | None = None,
    ) -> Workload:
        """ONE merge patch with metadata.resourceVersion; Conflict if the object changed since (durable runs).

        An annotation given as None is removed.
        """
