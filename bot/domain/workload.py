"""What Kubernetes says about workloads, pods and events, reduced to the fields that we judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """The two kinds of workload that a remediation may touch."""

    DEPLOYMENT = "deployment"
    STATEFULSET = "statefulset"


@dataclass(frozen=True, slots=True)
class WorkloadRef:
    """Names a workload; `str()` gives `statefulset/<namespace>/<name>`, which also names its lock."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Workload:
    """One reading of a Deployment or StatefulSet. `replicas` is the desired count of the spec."""

    ref: WorkloadRef
    uid: str
    resource_version: str
    generation: int
    observed_generation: int
    replicas: int
    current_replicas: int
    """`status.replicas`: pods that exist, terminating ones not counted by Deployments."""
    ready_replicas: int
    updated_replicas: int
    available_replicas: int
    current_revision: str
    update_revision: str
    template_hash: str
    """SHA-256 of the pod template without its `restartedAt` annotation: a restart keeps it."""
    annotations: Mapping[str, str]
    selector: Mapping[str, str]
    pod_management_policy: str = ""
    when_scaled: str = ""
    """`persistentVolumeClaimRetentionPolicy.whenScaled`: Retain or Delete; empty where unset."""
    claims: tuple[str, ...] = ()
    """Names of the volumeClaimTemplates."""
    claim_mounts: Mapping[str, tuple[str, ...]] | None = None
    """Container -> mount paths that stand on a claim; tells whether the sentinel's configuration persists."""
    progress_deadline_exceeded: bool = False
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """One container's status, init containers included. `waiting_reason` is e.g. CrashLoopBackOff."""

    name: str
    is_ready: bool
    restarts: int
    waiting_reason: str = ""
    waiting_message: str = ""
    last_exit_code: int | None = None
    last_exit_reason: str = ""
    last_finished_at: datetime | None = None

    @property
    def is_crash_looping(self) -> bool:
        """Judged by the reason alone: the phase usually stays Running and 5m0s is not a constant."""
        return self.waiting_reason == "CrashLoopBackOff"


@dataclass(frozen=True, slots=True)
class Pod:
    """One reading of a pod. `ip` is empty until it has one."""

    name: str
    uid: str
    ip: str
    phase: str
    is_ready: bool
    is_deleting: bool
    containers: tuple[Container, ...]
    labels: Mapping[str, str]
    created_at: datetime | None = None
    reason: str = ""

    @property
    def ordinal(self) -> int:
        """The number at the end of a StatefulSet pod's name; -1 where there is none."""
        tail = self.name.rpartition("-")[2]
        return int(tail) if tail.isdigit() else -1

    @property
    def crash_loops(self) -> tuple[Container, ...]:
        """The containers that Kubernetes holds back."""
        return tuple(container for container in self.containers if container.is_crash_looping)


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes event about an object."""

    at: datetime | None
    kind: str
    reason: str
    message: str
    subject: str
    count: int = 1
