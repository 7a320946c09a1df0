"""Reading pods, logs and events of a namespace, and deleting one stuck pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.domain.workload import Event, Pod


class Cluster(Protocol):
    """Every method may raise Unreachable, AccessDenied or BadAnswer."""

    async def pods(self, namespace: str, selector: Mapping[str, str] | None = None) -> tuple[Pod, ...]:
        """Pods that carry all labels of `selector`, by name; all of the namespace without one."""

    async def services(self, namespace: str) -> Mapping[str, str]:
        """ClusterIP -> Service name; headless services are left out."""

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
        """A container's log. `previous` without an earlier container raises NotFound.

        With `timestamps` each line begins with the moment (RFC 3339, UTC) at which Kubernetes took it.
        """

    async def events(self, namespace: str, subject: str) -> tuple[Event, ...]:
        """Events about objects whose name is `subject` or starts with `subject-`, oldest first."""

    async def autoscalers(self, namespace: str, workload: str) -> tuple[str, ...]:
        """Names of HorizontalPodAutoscalers that scale the workload."""

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """Deletes gracefully, only if the pod still has this uid; a pod already gone is no error."""
