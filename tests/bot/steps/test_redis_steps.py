"""The steps that look at Redis pods: whose pods they take, and when they call it enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.errors import AccessDenied, RunStopped
from bot.domain.workload import Pod
from bot.steps.await_first_master import AwaitFirstMaster
from bot.steps.await_pods_gone import AwaitPodsGone
from bot.steps.canary import RedisCanary
from bot.steps.snapshot_redis import SnapshotRedis
from tests.bot.checks.check_world import REDIS, REDIS_LABELS, TARGET, redis_pods, workload
from tests.bot.domain.redis_world import master
from tests.bot.steps.step_world import NAME, StepWorld
from tests.fakes.estate import FakeCache, FakeWorkloads

STRANGER = Pod("redis-exporter-0", "uid-x", "10.0.0.77", "Running", True, False, (), REDIS_LABELS)
"""A pod of another StatefulSet that carries the same labels."""


class RefusesToSave(FakeCache):
    """A Redis whose user may not BGSAVE."""

    async def snapshot(self, pod: Pod, deadline_seconds: float) -> int:
        """NOPERM."""
        raise AccessDenied("Redis does not allow us to BGSAVE")


def at(replicas: int, *pods: Pod) -> StepWorld:
    """Redis wants so many and has these pods, beside the stranger."""
    world = StepWorld(workloads=FakeWorkloads(workload(REDIS, replicas)))
    world.cluster.contents[TARGET.namespace] = [STRANGER, *pods]
    return world


async def test_a_stranger_with_our_labels_does_not_keep_the_pods_from_being_gone() -> None:
    """Nor is it deleted as a stuck one."""
    world = at(0)

    assert await world.run(AwaitPodsGone()) == "no pod left"
    assert world.cluster.contents[TARGET.namespace] == [STRANGER]


async def test_stuck_pods_are_deleted_one_by_one_from_the_last() -> None:
    """OrderedReady waits for an unready pod for ever; a Ready one is left to the controller."""
    stuck = [replace(pod, is_ready=False) for pod in redis_pods()]
    world = at(0, *stuck)

    assert await world.run(AwaitPodsGone()) == f"no pod left; deleted the stuck {NAME}-2, {NAME}-1, {NAME}-0"


async def test_pods_that_do_not_go_stop_the_run() -> None:
    """Ready pods at zero are the controller's to take away; then a person must look."""
    with pytest.raises(RunStopped, match="pods are still there"):
        await at(0, *redis_pods()).run(AwaitPodsGone())


async def test_somebody_who_scales_up_meanwhile_ends_the_waiting() -> None:
    """Their intent is newer than the plan."""
    with pytest.raises(RunStopped, match="scaled statefulset/integrations/redis-sentinel-node up"):
        await at(3, *redis_pods()).run(AwaitPodsGone())


async def test_the_first_pod_is_ours_and_not_a_strangers_pod_0() -> None:
    """Both end in -0."""
    world = at(1, redis_pods()[0])
    world.cache.nodes = {f"{NAME}-0": master(0, keys=7, pod=f"{NAME}-0"), STRANGER.name: master(1, keys=0)}

    assert await world.run(AwaitFirstMaster(), keys_before=10) == f"{NAME}-0 is master at 10.0.0.1 with 7 keys"


@pytest.mark.parametrize(("keys", "before", "loss", "goes_on"), [
    (5, 10, False, True),
    (4, 10, False, False),
    (0, 10, True, True),
    (0, -1, False, True),
    (-1, 10, False, False),
])  # fmt: skip
async def test_fewer_than_half_of_the_keys_is_a_loss(keys: int, before: int, loss: bool, goes_on: bool) -> None:
    """Sessions expire while Redis is away; an approver who accepted the loss is not asked again."""
    world = at(1, redis_pods()[0])
    world.cache.nodes = {f"{NAME}-0": master(0, keys=keys)}

    if goes_on:
        assert "is master" in await world.run(AwaitFirstMaster(), keys_before=before, loss=loss)
    else:
        with pytest.raises(RunStopped, match="came back with"):
            await world.run(AwaitFirstMaster(), keys_before=before, loss=loss)


async def test_a_first_pod_that_is_no_master_in_time_stops_the_run() -> None:
    """It may have read the dead address again."""
    world = at(1, redis_pods()[0])
    world.cache.nodes = {}

    with pytest.raises(RunStopped, match="did not become a Ready master"):
        await world.run(AwaitFirstMaster(), keys_before=0)


async def test_a_refused_snapshot_stops_the_run_unless_loss_was_accepted() -> None:
    """A missing permission is no different from a failed save."""
    world = at(3, *redis_pods())
    world.cache = RefusesToSave(nodes=world.cache.nodes)

    with pytest.raises(RunStopped, match="does not allow us to BGSAVE"):
        await world.run(SnapshotRedis())
    assert "the approver accepted data loss" in await world.run(SnapshotRedis(), loss=True)


async def test_the_canary_asks_every_replica_of_ours() -> None:
    """The stranger is none."""
    assert await at(3, *redis_pods()).run(RedisCanary()) == "a key reached 2 of 2 replicas"
