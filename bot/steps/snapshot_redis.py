"""Saves the data of the live master to disk before anything is stopped, where there is one."""

from __future__ import annotations

from bot.domain.errors import AccessDenied, RunStopped, Unreachable
from bot.domain.workload import Pod
from bot.ports.step import StepContext
from bot.readings.observe_redis import read_redis_pods


class SnapshotRedis:
    """BGSAVE is harmless to repeat, so `is_done` is never claimed: the newest snapshot is the best one."""

    id = "redis.snapshot"

    async def is_done(self, context: StepContext) -> bool:
        """False, except when the pods are already being taken away: then there is nothing left to save."""
        return (await context.estate.workloads.get(context.workload)).replicas == 0

    async def run(self, context: StepContext) -> str:
        """Saves; without a reachable master it says so. A failed save stops the run unless loss was accepted."""
        master = await _live_master(context)
        if master is None:
            return "no master can be reached: nothing to save"
        try:
            saved_at = await context.estate.cache.snapshot(master, context.target.timings.snapshot_seconds)
        except (RunStopped, Unreachable, AccessDenied) as error:
            if context.plan.binding.accepts_data_loss:
                return f"snapshot failed ({error}); the approver accepted data loss"
            raise RunStopped(f"the snapshot on {master.name} failed: {error}") from error
        return f"{master.name} saved (LASTSAVE {saved_at})"


async def _live_master(context: StepContext) -> Pod | None:
    _, pods = await read_redis_pods(context.workload, context.estate)
    for pod in pods:
        if pod.ip and (await context.estate.cache.node(pod)).role == "master":
            return pod
    return None
