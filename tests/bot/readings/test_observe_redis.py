"""The whole reading against real Redis pods in the lab's cluster: every way they break gets its verdict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.kubernetes import KubernetesApi, KubernetesCluster, KubernetesWorkloads, connect_kubernetes
from bot.adapters.redis import RedisCache
from bot.domain.errors import NotFound
from bot.domain.redis_topology import Diagnosis, Verdict
from bot.domain.redis_verdict import classify
from bot.domain.target import Target
from bot.domain.workload import Kind, WorkloadRef
from bot.ports.estate import Estate
from bot.readings.observe_redis import observe_redis, redis_pods_of
from lab.estate.kubernetes import KubernetesStandIn
from lab.estate.redis_pods import RedisPods
from tests.bot.checks import check_world
from tests.fakes.estate import FakeCrm

_TARGET = Target("acme-prod", "integrations", frozenset({"C1"}))


class World:
    """Redis pods, and the bot's estate in front of them."""

    def __init__(self, redis: RedisPods, estate: Estate) -> None:
        self.redis = redis
        self.estate = estate

    async def diagnose(self) -> Diagnosis:
        """One reading, judged."""
        return classify(await observe_redis(_TARGET, self.estate, with_logs=False))

    async def settles_at(self, verdict: Verdict) -> Diagnosis:
        """Reads until that verdict: sentinels tell each other of news within seconds."""
        diagnosis = await self.diagnose()
        try:
            async with asyncio.timeout(20):
                while diagnosis.verdict is not verdict:
                    await asyncio.sleep(0.1)
                    diagnosis = await self.diagnose()
        except TimeoutError:
            pytest.fail(f"expected {verdict}, got {diagnosis.verdict}: {diagnosis.evidence}")
        return diagnosis


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A healthy installation of three."""
    async with KubernetesStandIn() as kubernetes:
        redis = RedisPods(kubernetes)
        await redis.start()
        await redis.ready()
        api = await connect_kubernetes(url=kubernetes.url, token=kubernetes.token)
        yield World(redis, _estate(api))
        await api.close()


def _estate(api: KubernetesApi) -> Estate:
    cache = RedisCache(master_name=_TARGET.redis.master_name)
    return Estate(KubernetesCluster(api), KubernetesWorkloads(api), cache, FakeCrm(), SystemClock())


async def test_health_and_a_stranded_installation(world: World) -> None:
    """Every pod and sentinel holds a dead address: no master; the evidence names it."""
    await world.settles_at(Verdict.HEALTHY)

    dead = await world.redis.strand_all_on_dead_master()
    diagnosis = await world.diagnose()

    assert diagnosis.verdict is Verdict.NO_MASTER, diagnosis.evidence
    assert dead in diagnosis.dead_addresses


async def test_stale_sentinels_with_a_live_master(world: World) -> None:
    """The live master is named for the repair."""
    await world.redis.point_sentinels_at_dead_address()

    diagnosis = await world.diagnose()

    assert diagnosis.verdict is Verdict.SENTINELS_STALE, diagnosis.evidence
    assert diagnosis.master_ip == world.redis.ip(await world.redis.master_ordinal())


async def test_a_stranded_replica(world: World) -> None:
    """Only that one is named."""
    master = await world.redis.master_ordinal()
    lost = next(ordinal for ordinal in range(3) if ordinal != master)
    await world.redis.strand_replica(lost)

    diagnosis = await world.diagnose()

    assert (diagnosis.verdict, diagnosis.affected_pods) == (
        Verdict.REPLICA_STALE,
        (world.redis.pod_name(lost),),
    ), diagnosis.evidence


async def test_two_masters(world: World) -> None:
    """For a person to decide."""
    await world.redis.split_brain()

    assert (await world.diagnose()).verdict is Verdict.SPLIT_BRAIN


async def test_one_crashing_pod_of_three(world: World) -> None:
    """The runbook's own picture."""
    await world.redis.crash_loop()

    diagnosis = await world.settles_at(Verdict.CRASH_LOOP)

    assert diagnosis.affected_pods == (world.redis.pod_name(2),)


async def test_a_failover_that_hangs(world: World) -> None:
    """Nothing is judged while it runs."""
    chosen = await world.redis.hang_failover()

    assert (await world.diagnose()).verdict is Verdict.FAILOVER_RUNNING

    world.redis.thaw(chosen)


async def test_a_scale_to_zero_by_somebody_and_by_our_own_run(world: World) -> None:
    """The replicas are offered back either way; the evidence tells whose doing it was."""
    await world.redis.scale_to_zero_by_somebody()
    theirs = await world.diagnose()
    ref = WorkloadRef(Kind.STATEFULSET, _TARGET.namespace, _TARGET.redis.statefulset)
    found = await world.estate.workloads.get(ref)
    await world.estate.workloads.patch(
        ref,
        resource_version=found.resource_version,
        annotations={"sfint/run": "r1", "sfint/phase": "down"},
    )

    ours = await world.diagnose()

    assert (theirs.verdict, ours.verdict) == (Verdict.SCALED_TO_ZERO, Verdict.SCALED_TO_ZERO)
    assert "somebody" in theirs.evidence[0]
    assert "a run of ours" in ours.evidence[0]


async def test_a_statefulset_that_is_not_there_is_raised() -> None:
    """Who runs the check says so."""
    async with KubernetesStandIn() as kubernetes:
        api = await connect_kubernetes(url=kubernetes.url, token=kubernetes.token)
        with pytest.raises(NotFound):
            await observe_redis(_TARGET, _estate(api))
        await api.close()


def test_only_numbered_pods_with_the_labels_belong_to_a_statefulset() -> None:
    """A name that begins alike is not enough, nor are labels alone."""
    workload = check_world.workload(check_world.REDIS, 3)
    pods = check_world.redis_pods()
    other_labels = replace(pods[0], name="redis-sentinel-node-7", labels={"app": "other"})
    other_name = replace(pods[0], name="redis-sentinel-node-2-debug")

    assert redis_pods_of(workload, [other_name, *reversed(pods), other_labels]) == tuple(pods)
