"""A remediation's plan: what would be done to what, why, at which risk, and the hash that an approval binds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

Scalar = str | int | float | bool | None

CHANGING_STEPS = frozenset({"statefulset.scale", "deployment.restart"})
"""The released ids of the steps with which a repair begins to change the world."""


@dataclass(frozen=True, slots=True)
class StepCall:
    """One step by its released id (`statefulset.scale`), with JSON scalars as arguments, never a secret."""

    step: str
    title: str
    arguments: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Binding:
    """What the plan hash covers (product.md); resourceVersion, offsets, restart counts and times stay out."""

    remediation: str
    target: str
    workload: str
    """`statefulset/<namespace>/<name>` or `deployment/<namespace>/<name>`; also the lock's name."""
    workload_uid: str
    template_hash: str
    verdict: str
    rung: str
    restore_replicas: int
    accepts_data_loss: bool

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON of all fields, hexadecimal."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled line of the preflight."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the plan card shows and the engine needs; recorded once, interpreted later."""

    binding: Binding
    title: str
    entry: str
    why: tuple[str, ...]
    risks: tuple[str, ...]
    restores: str
    facts: tuple[Fact, ...]
    steps: tuple[StepCall, ...]
    compensation: tuple[StepCall, ...] = ()
    """What must still be done when a step fails after the world was changed: always ends at N replicas."""
    gentler: str = ""
    """The gentler repair that would also fit, and why this plan is offered all the same."""

    @property
    def hash(self) -> str:
        """The hash that the approval is bound to."""
        return self.binding.hash

    def may_have_changed(self, steps: int) -> bool:
        """True if one of the first so many steps changes something: a failed write may have landed, too."""
        return any(call.step in CHANGING_STEPS for call in self.steps[:steps])


@dataclass(frozen=True, slots=True)
class NoPlan:
    """A remediation that offers nothing, and why; `advice` says what a person does instead."""

    remediation: str
    target: str
    verdict: str
    reason: str
    advice: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    offers: tuple[str, ...] = ()
    """Other remediations (command names) that fit, shown as buttons."""
    entry: str = ""
    needs_somebody: bool = False
    """True where something is broken that this remediation does not mend: the entry's team is paged."""
