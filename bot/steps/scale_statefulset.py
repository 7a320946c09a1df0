"""Scales the StatefulSet by one conditional write that also says which run did it and what to restore."""

from __future__ import annotations

from bot.domain.errors import Conflict, RunStopped
from bot.domain.fence import PHASE, PHASES, RESTORE, RUN, phase_of, unfinished_run
from bot.domain.workload import Workload
from bot.ports.step import StepContext

_ATTEMPTS = 10


class ScaleStatefulSet:
    """Arguments: `phase` (down, first, up), `replicas` to set; `expected` count before the phase `down`;
    `from_zero` where a person had scaled it to 0; `only_if_ours` for the compensation.

    A process that was frozen and wakes after somebody else wrote gets a Conflict, reads again and decides
    anew; after a foreign change of the spec it does not scale down.
    """

    id = "statefulset.scale"

    async def is_done(self, context: StepContext) -> bool:
        """True when the annotations show that this run has passed the phase."""
        found = await context.estate.workloads.get(context.workload)
        return phase_of(found.annotations, context.run_id) >= PHASES.index(context.word("phase"))

    async def run(self, context: StepContext) -> str:
        """Writes; on a conflict reads again, and stops where the reading no longer allows the phase."""
        first_generation: int | None = None
        for _ in range(_ATTEMPTS):
            found = await context.estate.workloads.get(context.workload)
            if phase_of(found.annotations, context.run_id) >= PHASES.index(context.word("phase")):
                return f"already at {found.replicas}"
            first_generation = found.generation if first_generation is None else first_generation
            _require_allowed(context, found, first_generation)
            try:
                return await _write(context, found)
            except Conflict:
                continue
        raise Conflict(f"{context.workload} changed under every one of {_ATTEMPTS} attempts")


async def _write(context: StepContext, found: Workload) -> str:
    phase = context.word("phase")
    replicas = context.number("replicas")
    untouched = found.annotations.get(RUN) != context.run_id and found.replicas > 0
    if context.call.arguments.get("only_if_ours") is True and untouched:
        return f"this run had not scaled it down; it stays at {found.replicas}"
    if phase == "up":  # never shrink what a person has scaled higher meanwhile
        replicas = max(replicas, found.replicas)
    await context.estate.workloads.patch(
        context.workload,
        resource_version=found.resource_version,
        replicas=replicas,
        annotations={
            RUN: context.run_id,
            PHASE: phase,
            RESTORE: str(context.plan.binding.restore_replicas),
        },
    )
    return f"{found.replicas} → {replicas} replicas"


def _require_allowed(context: StepContext, found: Workload, first_generation: int) -> None:
    binding = context.plan.binding
    if found.uid != binding.workload_uid:
        raise RunStopped(f"{context.workload} was deleted and made anew since the approval")
    match context.word("phase"):
        case "down":
            _require_untouched(context, found, first_generation)
        case "first":
            ours = phase_of(found.annotations, context.run_id) == PHASES.index("down")
            fresh = context.call.arguments.get("from_zero") is True
            if found.replicas != 0 or not (ours or fresh):
                raise RunStopped(
                    f"{context.workload} wants {found.replicas} replicas: somebody else changed it meanwhile"
                )
        case _:
            pass  # scaling up is always right: nothing is ever left at zero


def _require_untouched(context: StepContext, found: Workload, first_generation: int) -> None:
    expected = context.number("expected")
    if found.replicas != expected:
        raise RunStopped(
            f"{context.workload} wants {found.replicas} replicas, the approved plan saw {expected}:"
            " somebody changed it meanwhile, so it is not scaled down"
        )
    if found.generation != first_generation:
        raise RunStopped(f"{context.workload} was changed by somebody else while we wrote: not scaled down")
    if found.template_hash != context.plan.binding.template_hash:
        raise RunStopped(f"the pod template of {context.workload} changed since the approval")
    other = unfinished_run(found.annotations)
    if other and other != context.run_id:
        raise RunStopped(f"run {other} has taken {context.workload} down and is not finished")
