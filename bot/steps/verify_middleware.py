"""Proves that the middleware's pods are available and none of them crash-loops."""

from __future__ import annotations

from bot.domain.errors import RunStopped
from bot.domain.patience import until
from bot.ports.step import StepContext


class VerifyMiddleware:
    """Looks at the pods themselves after the rollout said that it is complete."""

    id = "middleware.verify"

    async def is_done(self, context: StepContext) -> bool:
        """Never claimed: asking again is the proof."""
        return False

    async def run(self, context: StepContext) -> str:
        """Waits until it is healthy; raises RunStopped with what is not."""
        state = ""

        async def look() -> str | None:
            nonlocal state
            healthy, state = await _state(context)
            return state if healthy else None

        clock = context.estate.clock
        proof = await until(
            look,
            seconds=context.target.timings.verify_seconds,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )
        if proof is None:
            raise RunStopped(f"the middleware is not healthy: {state}")
        return proof


async def _state(context: StepContext) -> tuple[bool, str]:
    found = await context.estate.workloads.get(context.middleware)
    pods = await context.estate.cluster.pods(context.target.namespace, found.selector)
    looping = [pod.name for pod in pods if pod.crash_loops]
    if looping:
        return False, f"{', '.join(looping)} in CrashLoopBackOff"
    ready = sum(pod.is_ready and not pod.is_deleting for pod in pods)
    words = f"{ready} of {found.replicas} pods ready, {found.available_replicas} available"
    return found.replicas > 0 and ready >= found.replicas <= found.available_replicas, words
