"""Scales the StatefulSet by one conditional write that also says which run did it and what to restore."""

from __future__ import annotations

from bot.domain.errors import Conflict, NotFound, NothingToRestore, RunStopped
from bot.domain.fence import PHASE, PHASES, RESTORE, RUN, phase_of, unfinished_run
from bot.domain.workload import Workload
from bot.ports.step import StepContext

_ATTEMPTS = 10


class ScaleStatefulSet:
    """Arguments: `phase` (down, first, up) and the `replicas` to set; for the phase `down` the `expected` count
    and the `generation` that the plan saw; `from_zero` where it was left at 0; `only_if_ours` for the
    compensation, which has the `generation` too.

    A process that was frozen and wakes after somebody else wrote gets a Conflict, reads again and decides
    anew. The generation tells of every foreign change of the spec since the plan, also of one that was taken
    back, and however often this step is begun anew; after one it does not scale down.
    """

    id = "statefulset.scale"

    async def is_done(self, context: StepContext) -> bool:
        """True when the annotations show that this run has passed the phase; never of 0 after the last."""
        try:
            found = await context.estate.workloads.get(context.workload)
        except NotFound:
            return False
        return _has_passed(context, found)

    async def run(self, context: StepContext) -> str:
        """Writes; on a conflict reads again, and stops where the reading no longer allows the phase."""
        for _ in range(_ATTEMPTS):
            found = await _read(context)
            if _has_passed(context, found):
                return f"already at {found.replicas}"
            try:
                return await _write(context, found)
            except Conflict:
                continue
        raise Conflict(f"{context.workload} changed under every one of {_ATTEMPTS} attempts")


def _has_passed(context: StepContext, found: Workload) -> bool:
    phase = context.word("phase")
    if phase == "up" and found.replicas == 0:
        return False
    return phase_of(found.annotations, context.run_id) >= PHASES.index(phase)


async def _read(context: StepContext) -> Workload:
    try:
        return await context.estate.workloads.get(context.workload)
    except NotFound as error:
        if _is_compensation(context):
            raise NothingToRestore(f"{context.workload} was deleted meanwhile") from error
        raise


async def _write(context: StepContext, found: Workload) -> str:
    if _is_compensation(context):
        await _require_ours(context, found)
    else:
        _require_allowed(context, found)
    phase = context.word("phase")
    replicas = context.number("replicas")
    if phase == "up":  # never shrink what a person has scaled higher meanwhile
        replicas = max(replicas, found.replicas)
    await _patch(context, found, replicas)
    return f"{found.replicas} → {replicas} replicas"


async def _patch(context: StepContext, found: Workload, replicas: int | None) -> None:
    await context.estate.workloads.patch(
        context.workload,
        resource_version=found.resource_version,
        replicas=replicas,
        annotations={
            RUN: context.run_id,
            PHASE: context.word("phase"),
            RESTORE: str(context.plan.binding.restore_replicas),
        },
    )


def _is_compensation(context: StepContext) -> bool:
    return context.call.arguments.get("only_if_ours") is True


async def _require_ours(context: StepContext, found: Workload) -> None:
    """Lets a workload be that this run did not take down; raises NothingToRestore then.

    A write of ours whose answer was lost may still be on its way while the spec is as the plan saw it. It
    carries the resourceVersion of before: an annotation makes it a conflict.
    """
    if found.uid != context.plan.binding.workload_uid:
        raise NothingToRestore(f"{context.workload} was deleted and made anew: not of this run any more")
    if found.annotations.get(RUN) == context.run_id:
        return
    if found.generation == context.number("generation") and not unfinished_run(found.annotations):
        await _patch(context, found, None)
    raise NothingToRestore(f"this run had not scaled it; it stays at {found.replicas}")


def _require_allowed(context: StepContext, found: Workload) -> None:
    if found.uid != context.plan.binding.workload_uid:
        raise RunStopped(f"{context.workload} was deleted and made anew since the approval")
    match context.word("phase"):
        case "down":
            _require_untouched(context, found)
        case "first":
            ours = found.replicas == 0 and phase_of(found.annotations, context.run_id) == PHASES.index("down")
            left = found.replicas <= 1 and context.call.arguments.get("from_zero") is True
            if not (ours or left):
                raise RunStopped(
                    f"{context.workload} wants {found.replicas} replicas: somebody else changed it meanwhile"
                )
        case _:
            pass  # scaling up is always right: nothing is ever left at zero


def _require_untouched(context: StepContext, found: Workload) -> None:
    expected = context.number("expected")
    if found.replicas != expected:
        raise RunStopped(
            f"{context.workload} wants {found.replicas} replicas, the approved plan saw {expected}:"
            " somebody changed it meanwhile, so it is not scaled down"
        )
    if found.template_hash != context.plan.binding.template_hash:
        raise RunStopped(f"the pod template of {context.workload} changed since the approval")
    if found.generation != context.number("generation"):
        raise RunStopped(
            f"somebody changed {context.workload} and changed it back since the plan"
            f" (generation {found.generation}, planned at {context.number('generation')}): not scaled down"
        )
    other = unfinished_run(found.annotations)
    if other and other != context.run_id:
        raise RunStopped(f"run {other} has taken {context.workload} down and is not finished")
