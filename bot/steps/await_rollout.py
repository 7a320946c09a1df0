"""Waits until the middleware's rollout is complete by the real algorithm, or has failed."""

from __future__ import annotations

from bot.domain.errors import RunStopped
from bot.domain.patience import until
from bot.domain.rollout import RolloutState, rollout_state
from bot.ports.step import StepContext


class AwaitRollout:
    """The old pods serve until the new ones are available, so a failed rollout needs no way back by us."""

    id = "deployment.await-rollout"

    async def is_done(self, context: StepContext) -> bool:
        """True when the rollout is complete now."""
        rollout = rollout_state(await context.estate.workloads.get(context.middleware))
        return rollout.state is RolloutState.DONE

    async def run(self, context: StepContext) -> str:
        """Waits; raises RunStopped with Kubernetes' own words when it failed or takes too long."""
        words = ""

        async def look() -> str | None:
            nonlocal words
            rollout = rollout_state(await context.estate.workloads.get(context.middleware))
            words = rollout.words
            if rollout.state is RolloutState.FAILED:
                raise RunStopped(f"the rollout failed: {words}")
            return words if rollout.state is RolloutState.DONE else None

        clock = context.estate.clock
        done = await until(
            look,
            seconds=context.target.timings.rollout_seconds,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )
        if done is None:
            raise RunStopped(f"the rollout is not complete in time: {words}")
        return done
