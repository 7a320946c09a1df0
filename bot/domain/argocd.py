"""What Argo CD says about an application: is it as Git wants it, is it healthy, would it undo a change of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.workload import WorkloadRef

_REPLICAS = "/spec/replicas"


@dataclass(frozen=True, slots=True)
class ArgoCd:
    """Which application deploys a target's workloads."""

    application: str = "salesforce-integration"


@dataclass(frozen=True, slots=True)
class Resource:
    """An object that the application manages; `sync` and `health` are empty where Argo CD says nothing."""

    kind: str
    namespace: str
    name: str
    sync: str = ""
    health: str = ""
    message: str = ""

    @property
    def is_well(self) -> bool:
        """As Git wants it, and healthy as far as Argo CD can tell."""
        return self.sync in ("", "Synced") and self.health in ("", "Healthy")

    def __str__(self) -> str:
        said = ", ".join(word for word in (self.sync, self.health, self.message) if word)
        return f"{self.kind} {self.name}: {said}"


@dataclass(frozen=True, slots=True)
class Ignored:
    """What is no difference for Argo CD: JSON pointers of a kind, and of one object where it is named."""

    kind: str
    name: str = ""
    namespace: str = ""
    pointers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """One reading. `sync`, `health` and `operation` are Argo CD's words; empty where it says none."""

    name: str
    sync: str
    health: str
    operation: str = ""
    """Phase of the last sync: Running, Terminating, Succeeded, Failed or Error."""
    operation_message: str = ""
    is_automated: bool = False
    heals_itself: bool = False
    conditions: Mapping[str, str] | None = None
    """Type -> message of what Argo CD complains about."""
    resources: tuple[Resource, ...] = ()
    ignored: tuple[Ignored, ...] = ()

    def reverts_scaling_of(self, ref: WorkloadRef) -> bool:
        """True where self-heal would set back the replicas of this workload within seconds."""
        return self.heals_itself and self._manages(ref) and not self._ignores_replicas(ref)

    def _manages(self, ref: WorkloadRef) -> bool:
        return any(
            one.kind.lower() == ref.kind.value and (one.namespace, one.name) == (ref.namespace, ref.name)
            for one in self.resources
        )

    def _ignores_replicas(self, ref: WorkloadRef) -> bool:
        return any(
            _REPLICAS in one.pointers
            and one.kind.lower() == ref.kind.value
            and one.name in ("", ref.name)
            and one.namespace in ("", ref.namespace)
            for one in self.ignored
        )
