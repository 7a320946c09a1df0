"""`kill -9` at every boundary of restart-sentinel, and inside its writes: it always ends repaired, once."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from lab.estate.kubernetes.http import Asked, Dropped
from lab.world import World
from tests.chaos.lives import WINDOWS, Lives, approve, ask, assert_repaired_once, ended, mortal, scales_to

STEPS = (
    "announce",
    "time-left",
    "settle",
    "started",
    "authorize",
    "00 redis.snapshot",
    "01 evidence.capture",
    "02 statefulset.scale",
    "03 statefulset.await-gone",
    "04 statefulset.scale",
    "05 redis.await-first-master",
    "06 statefulset.scale",
    "07 statefulset.await-ready",
    "08 redis.verify-topology",
    "09 redis.canary",
    "10 middleware.restart-if-stale",
    "11 deployment.await-rollout",
    "12 middleware.verify",
    "conclude",
    "watch-times",
    "watch",
)
MOMENTS = ("before", "acted", "after")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at_every_step_of_one_run(moment: str) -> None:
    """One run, one death a step: before it, when it has acted but is not recorded, or after its record."""
    async with World(windows=WINDOWS, with_bot=False) as world, mortal(world, moments=moment) as lives:
        await world.redis.strand_all_on_dead_master()
        run_id = await approve(world, await ask(world), lives)
        await ended(world, run_id)
        await lives.until_deaths(len(STEPS))

        assert lives.died_at() == {f"{step}@{moment}" for step in STEPS}
        await assert_repaired_once(world, run_id)
        lives.check()


@pytest.mark.timeout(300)
async def test_killed_inside_every_write_that_scales() -> None:
    """For 0, 1 and N: the write is sent and never arrives, then it arrives and its answer does not."""
    async with World(windows=WINDOWS, with_bot=False) as world, mortal(world) as lives:
        await world.redis.strand_all_on_dead_master()
        writes = KillInsideWrites(lives)
        world.kubernetes.observe(writes)
        run_id = await approve(world, await ask(world), lives)
        await ended(world, run_id)

        assert writes.struck == [(count, moment) for count in (0, 1, 3) for moment in ("received", "carried out")]
        await assert_repaired_once(world, run_id)
        lives.check()


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_once_in_a_run_of_its_own(moment: str, step: str) -> None:
    """The whole matrix, one death a run."""
    async with World(windows=WINDOWS, with_bot=False) as world, mortal(world, moments=moment, step=step) as lives:
        await world.redis.strand_all_on_dead_master()
        run_id = await approve(world, await ask(world), lives)
        await ended(world, run_id)
        await lives.until_deaths(1)

        assert lives.died_at() == {f"{step}@{moment}"}
        await assert_repaired_once(world, run_id)
        lives.check()


class KillInsideWrites:
    """Kills the bot while the API server holds its write: before it is carried out, then before the answer."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self.struck: list[tuple[int, str]] = []

    async def __call__(self, moment: str, asked: Asked, body: Any) -> None:
        """Told by the API server."""
        count = scales_to(asked, body)
        if count is None or (count, moment) in self.struck:
            return
        self.struck.append((count, moment))
        self._lives.bot.signal(signal.SIGKILL)
        raise Dropped
