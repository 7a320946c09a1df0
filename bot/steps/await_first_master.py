"""Requires of the first pod alone that it is Ready, a master, and has a plausible number of keys."""

from __future__ import annotations

from bot.domain.errors import RunStopped
from bot.domain.patience import until
from bot.domain.redis_topology import RedisView
from bot.ports.step import StepContext
from bot.readings.observe_redis import read_redis_pods

_PLAUSIBLE_SHARE = 0.5
"""Sessions expire while Redis is away; fewer than half of the keys means that data was lost."""


class AwaitFirstMaster:
    """Argument: `keys_before`, the largest key count that a pod reported at the preflight, -1 if unknown."""

    id = "redis.await-first-master"

    async def is_done(self, context: StepContext) -> bool:
        """True when the run has already gone on to more than one replica."""
        return (await context.estate.workloads.get(context.workload)).replicas > 1

    async def run(self, context: StepContext) -> str:
        """Waits; raises RunStopped when it is no master in time, or its data is not plausible."""
        clock = context.estate.clock
        view = await until(
            lambda: _first_master(context),
            seconds=context.target.timings.ready_seconds,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )
        if view is None:
            raise RunStopped("the first pod did not become a Ready master in time")
        before = context.number("keys_before")
        if not context.plan.binding.accepts_data_loss and view.keys < before * _PLAUSIBLE_SHARE:
            raise RunStopped(f"the first pod came back with {view.keys} keys, before it were {before}")
        return f"{view.pod} is master at {view.ip} with {view.keys} keys"


async def _first_master(context: StepContext) -> RedisView | None:
    _, pods = await read_redis_pods(context.workload, context.estate)
    first = next((pod for pod in pods if pod.ordinal == 0 and pod.is_ready and not pod.is_deleting), None)
    if first is None:
        return None
    view = await context.estate.cache.node(first)
    return view if view.role == "master" and not view.loading and not view.problem else None
