"""What a step is: an act under a released id that can be repeated without harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.domain.remediation import Plan, StepCall
from bot.domain.target import Target
from bot.domain.workload import Kind, WorkloadRef
from bot.ports.attach import Attach
from bot.ports.estate import Estate


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step may use: the recorded plan, the target as configured now, and its systems."""

    run_id: str
    plan: Plan
    call: StepCall
    target: Target
    estate: Estate
    attach: Attach

    @property
    def workload(self) -> WorkloadRef:
        """The workload that the plan is bound to."""
        kind, namespace, name = self.plan.binding.workload.split("/", 2)
        return WorkloadRef(Kind(kind), namespace, name)

    @property
    def middleware(self) -> WorkloadRef:
        """The target's middleware, whichever workload the plan is bound to."""
        return WorkloadRef(Kind.DEPLOYMENT, self.target.namespace, self.target.middleware.deployment)

    def number(self, name: str) -> int:
        """An integer argument of the call; a missing one is a defect of the plan."""
        value = self.call.arguments[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{self.call.step}: argument {name} must be an integer, not {value!r}")
        return value

    def word(self, name: str) -> str:
        """A string argument of the call."""
        value = self.call.arguments[name]
        if not isinstance(value, str):
            raise TypeError(f"{self.call.step}: argument {name} must be a string, not {value!r}")
        return value


class Step(Protocol):
    """Implemented by one class a file in `bot/steps/`, found by `collect()`.

    `id` is released: it never changes its meaning, so that an older run finishes on a newer release.
    Raises RunStopped when going on would be wrong; Unreachable, RateLimited and Conflict are tried again.
    """

    id: str

    async def is_done(self, context: StepContext) -> bool:
        """True when the observed world already shows this step's effect for this run."""

    async def run(self, context: StepContext) -> str:
        """Acts; returns a note for the progress card (facts, never a secret)."""
