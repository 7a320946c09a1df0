"""Writes a key with a TTL to the new master, reads it on every replica and deletes it."""

from __future__ import annotations

from bot.domain.errors import RunStopped
from bot.domain.patience import until
from bot.ports.step import StepContext
from bot.readings.observe_redis import read_redis_pods

_KEY = "sfint:canary"


class RedisCanary:
    """A late write of it does no harm: the key expires by itself and belongs to nobody else."""

    id = "redis.canary"

    async def is_done(self, context: StepContext) -> bool:
        """Never claimed: asking again is the proof."""
        return False

    async def run(self, context: StepContext) -> str:
        """Tries until every replica has it; raises RunStopped at the deadline."""
        clock = context.estate.clock
        reached = await until(
            lambda: _once(context),
            seconds=context.target.timings.verify_seconds,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )
        if reached is None:
            raise RunStopped("a key written to the master did not reach every replica")
        return reached


async def _once(context: StepContext) -> str | None:
    found, pods = await read_redis_pods(context.workload, context.estate)
    views = [(pod, await context.estate.cache.node(pod)) for pod in pods if pod.ip]
    masters = [pod for pod, view in views if view.role == "master"]
    replicas = [pod for pod, view in views if view.role == "slave"]
    if len(masters) != 1 or len(replicas) != found.replicas - 1:
        return None
    had_it = await context.estate.cache.canary(masters[0], replicas, f"{_KEY}:{context.run_id}", context.run_id)
    return f"a key reached {had_it} of {len(replicas)} replicas" if had_it == len(replicas) else None
