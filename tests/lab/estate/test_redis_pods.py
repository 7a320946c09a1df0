"""Redis with Sentinel in the lab: whole at first, broken in each known way for good, healed by the real repair."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from lab.estate.kubernetes import KubernetesStandIn
from lab.estate.redis_link import REDIS_PORT, Refused, ask
from lab.estate.redis_manifests import RedisLayout
from lab.estate.redis_pods import RedisPods

LASTING_SECONDS = 4.0
"""Longer than down-after and failover-timeout together: what still holds then does not heal itself."""


@pytest.fixture
def layout() -> RedisLayout:
    """As the lab installs it; a test may ask for another by parametrize."""
    return RedisLayout()


@pytest.fixture
async def redis(layout: RedisLayout) -> AsyncIterator[RedisPods]:
    """Three pods that agree."""
    async with KubernetesStandIn() as kubernetes:
        pods = RedisPods(kubernetes, layout)
        await pods.start()
        await pods.ready(30)
        yield pods


async def lasts(redis: RedisPods) -> None:
    """Let the sentinels have their chance to heal it."""
    await asyncio.sleep(LASTING_SECONDS)


async def test_it_is_whole_and_reached_through_its_service(redis: RedisPods) -> None:
    """Agreed master, two replicas and two other sentinels each; the Service leads to some sentinel."""
    facts = await redis.facts()
    host, port = redis.sentinel_address().split(":")

    assert facts.agree(3)
    assert {(s.num_slaves, s.num_other_sentinels) for s in facts.sentinels} == {(2, 2)}
    answer = await ask(host, int(port), "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
    assert answer == [facts.masters[0].ip, str(REDIS_PORT)]


async def test_stranded_on_a_dead_master_it_stays_so_until_scaled_from_zero(redis: RedisPods) -> None:
    """Failover is impossible; 0, 1, N heals it and finds the data on the volumes."""
    await redis.on_redis(await redis.master_ordinal(), "SET", "session", "alive")
    await redis.until(lambda facts: all(each.keys == 1 for each in facts.redis), 10, "replicated")
    dead = await redis.strand_all_on_dead_master()
    await lasts(redis)
    facts = await redis.facts()

    assert facts.masters == ()
    assert {each.master_host for each in facts.redis} == {dead} == facts.believed_masters
    assert all(each.is_ready for each in facts.redis)
    with pytest.raises(Refused, match="NOGOODSLAVE"):
        await redis.on_sentinel(0, "FAILOVER", "mymaster")

    await redis.restart_from_zero()
    assert await redis.on_redis(2, "GET", "session") == "alive"
    assert {(s.num_slaves, s.num_other_sentinels) for s in (await redis.facts()).sentinels} == {(2, 2)}


async def test_a_stranded_pod_that_is_deleted_comes_back_stranded(redis: RedisPods) -> None:
    """The start-up script believes the other sentinels: deleting pods one by one is no repair."""
    dead = await redis.strand_all_on_dead_master()
    old = redis.ip(2)
    redis.kubernetes.delete("pods", redis.pod_name(2))

    facts = await redis.until(
        lambda now: (
            len(now.redis) == 3
            and now.redis[2].ip != old
            and now.redis[2].master_host == dead
            and now.sentinels[2].master_ip == dead
        ),
        30,
        "back again",
    )
    assert facts.masters == ()


async def test_stale_sentinels_are_repaired_by_pointing_them_at_the_live_master(redis: RedisPods) -> None:
    """One live master all the time."""
    before = await redis.master_ordinal()
    dead = await redis.point_sentinels_at_dead_address()
    await lasts(redis)
    facts = await redis.facts()

    assert [each.pod for each in facts.masters] == [redis.pod_name(before)]
    assert facts.masters[0].connected_replicas == 2
    assert facts.believed_masters == {dead}

    await redis.repoint_sentinels(before)
    await redis.ready()


async def test_one_crash_looping_pod_leaves_the_rest_well_and_its_deletion_heals(redis: RedisPods) -> None:
    """The runbook's picture: hundreds of restarts, five minutes of back-off, both containers, honestly broken."""
    master = await redis.master_ordinal()
    await redis.crash_loop(master)
    pod = redis.kubernetes.get("pods", redis.pod_name(master))
    statuses = {each["name"]: each for each in pod["status"]["containerStatuses"]}
    facts = await redis.facts()

    for name in ("redis", "sentinel"):
        message = statuses[name]["state"]["waiting"]["message"]
        assert message.startswith(
            f"back-off 5m0s restarting failed container={name} pod={redis.pod_name(master)}_"
        )
        assert statuses[name]["restartCount"] > 300
    assert len(facts.masters) == 1
    assert sum(each.has_quorum for each in facts.sentinels) == 2

    loop = redis.kubernetes.kubelet.container("integrations", redis.pod_name(master), "redis")
    loop.start_now()
    await redis.kubernetes.until(lambda: loop.last["terminated"]["exitCode"] == 1, 10, "it crashed by itself")

    redis.kubernetes.delete("pods", redis.pod_name(master))
    await redis.until(lambda now: now.agree(3), 30, "healed")


async def test_a_moved_master_leaves_an_address_that_no_pod_has(redis: RedisPods) -> None:
    """The pod hands over before it goes, and comes back as a replica elsewhere."""
    facts = await redis.facts()
    old = facts.masters[0]

    now = await redis.move_master()

    assert now.masters[0].pod != old.pod
    assert old.ip not in {each.ip for each in now.redis}


async def test_a_split_brain_stays_split(redis: RedisPods) -> None:
    """Two masters, two opinions."""
    await redis.split_brain()
    await lasts(redis)
    facts = await redis.facts()

    assert len(facts.masters) == 2
    assert facts.believed_masters == {each.ip for each in facts.masters}


async def test_a_stale_replica_stays_stale_and_the_sentinels_right(redis: RedisPods) -> None:
    """They never heard of it."""
    master = await redis.master_ordinal()
    ordinal = next(number for number in range(3) if number != master)
    dead = await redis.strand_replica(ordinal)
    await lasts(redis)
    facts = await redis.facts()

    assert (facts.redis[ordinal].master_host, facts.redis[ordinal].link_is_up) == (dead, False)
    assert facts.believed_masters == {facts.masters[0].ip}


async def test_a_failover_can_be_caught_in_progress(redis: RedisPods) -> None:
    """Until its chosen replica thaws."""
    chosen = await redis.hang_failover()
    flags = [each.flags for each in (await redis.facts()).sentinels]

    redis.thaw(chosen)
    facts = await redis.ready()

    assert any("failover_in_progress" in each for each in flags)
    assert facts.masters[0].pod == redis.pod_name(chosen)


async def test_somebody_scales_to_zero_without_a_trace_of_ours(redis: RedisPods) -> None:
    """No pod, no annotation, and the write is on record."""
    await redis.scale_to_zero_by_somebody()

    held = redis.kubernetes.get("statefulsets", redis.layout.name)
    assert (held["spec"]["replicas"], redis.pods()) == (0, [])
    assert "annotations" not in held["metadata"]
    assert [(r.user, r.body) for r in redis.kubernetes.requests] == [
        ("omar@example.com", {"spec": {"replicas": 0}})
    ]


@pytest.mark.parametrize("layout", [RedisLayout(save="")], ids=["no persistence"])
async def test_without_persistence_the_data_is_lost_from_zero(redis: RedisPods) -> None:
    """Risk 4 of the repair."""
    await redis.on_redis(await redis.master_ordinal(), "SET", "session", "alive")
    await redis.strand_all_on_dead_master()

    facts = await redis.restart_from_zero()

    assert [each.keys for each in facts.redis] == [0, 0, 0]


@pytest.mark.parametrize("layout", [RedisLayout(sentinel_persistence=True)], ids=["sentinel.conf on a volume"])
async def test_a_persisted_sentinel_conf_brings_the_dead_master_back(redis: RedisPods) -> None:
    """Risk 1: the first pod reads the old address and does not become a master."""
    dead = await redis.strand_all_on_dead_master()
    await redis.scale(0)

    await redis.scale(1)

    facts = await redis.facts()
    assert (facts.redis[0].role, facts.redis[0].master_host) == ("slave", dead)


@pytest.mark.parametrize("layout", [RedisLayout(password="tiger-7", appendonly=True, save="")], ids=["password"])
async def test_a_password_and_an_append_only_file_change_nothing(redis: RedisPods) -> None:
    """Redis and Sentinel want it, and a stranger is refused."""
    await redis.on_redis(await redis.master_ordinal(), "SET", "session", "alive")
    await redis.until(lambda facts: all(each.keys == 1 for each in facts.redis), 10, "replicated")
    with pytest.raises(Refused, match="NOAUTH"):
        await ask(redis.ip(0), REDIS_PORT, "PING")
    await redis.strand_all_on_dead_master()

    await redis.restart_from_zero()

    assert await redis.on_redis(0, "GET", "session") == "alive"
