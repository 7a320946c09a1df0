"""Waits until every replica of the StatefulSet is Ready, and none too many is left."""

from __future__ import annotations

from bot.domain.errors import RunStopped
from bot.domain.patience import until
from bot.domain.workload import Workload
from bot.ports.step import StepContext


class AwaitStatefulSetReady:
    """Argument: `replicas`, the count that must be ready (more is fine: a person may have scaled higher)."""

    id = "statefulset.await-ready"

    async def is_done(self, context: StepContext) -> bool:
        """True when all replicas are ready now."""
        return await _ready(context) is not None

    async def run(self, context: StepContext) -> str:
        """Waits; raises RunStopped when they are not ready in time."""
        clock = context.estate.clock
        found = await until(
            lambda: _ready(context),
            seconds=context.target.timings.ready_seconds,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )
        if found is None:
            now = await context.estate.workloads.get(context.workload)
            raise RunStopped(f"only {now.ready_replicas} of {now.replicas} replicas are ready in time")
        return f"{found.ready_replicas} of {found.replicas} ready"


async def _ready(context: StepContext) -> Workload | None:
    found = await context.estate.workloads.get(context.workload)
    settled = (
        found.replicas >= context.number("replicas")
        and found.observed_generation >= found.generation
        and found.ready_replicas == found.replicas
        and found.current_replicas == found.replicas
    )
    return found if settled else None
