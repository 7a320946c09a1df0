"""One suite for the ports `cache`, `crm` and `clock`: the fakes of the tests, and adapters with their servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.redis import RedisCache
from bot.adapters.salesforce import SalesforceCredentials, SalesforceCrm
from bot.adapters.store.store import Store
from bot.domain.crm_query import QueryVerdict
from bot.domain.errors import RunStopped, Unreachable
from bot.domain.redis_topology import RedisView, SentinelView
from bot.domain.salesforce import CallVerdict, TokenVerdict
from bot.ports.cache import Cache
from bot.ports.clock import Clock
from bot.ports.crm import Crm
from lab.estate.salesforce.server import SalesforceStandIn
from lab.ports import free_port
from tests.bot.adapters.redis_processes import RedisProcesses, ask, eventually, pod_at
from tests.fakes.estate import FakeCache, FakeClock, FakeCrm

MASTER, REPLICA, NOBODY = (pod_at(f"node-{n}", f"127.91.9.{11 + n}") for n in range(3))


def fake_cache() -> FakeCache:
    """A master, its replica, and a pod where nobody listens."""
    return FakeCache(
        sentinels={MASTER.name: SentinelView(MASTER.name, MASTER.ip, master_ip=MASTER.ip)},
        nodes={
            MASTER.name: RedisView(MASTER.name, MASTER.ip, role="master", connected_replicas=1),
            REPLICA.name: RedisView(
                REPLICA.name, REPLICA.ip, role="slave", master_host=MASTER.ip, master_link_up=True
            ),
        },
    )


@pytest.fixture(scope="module")
def real_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCache]:
    """The adapter, and servers like that."""
    redis, sentinel = free_port(MASTER.ip), free_port(MASTER.ip)
    world = RedisProcesses(tmp_path_factory.mktemp("redis"))
    try:
        world.redis(MASTER.ip, redis)
        world.redis(REPLICA.ip, redis, f"replicaof {MASTER.ip} {redis}")
        eventually(lambda: "master_link_status:up" in ask(REPLICA.ip, redis, "INFO", "replication"))
        world.sentinel(MASTER.ip, sentinel, MASTER.ip, redis)
        eventually(lambda: MASTER.ip in ask(MASTER.ip, sentinel, "SENTINEL", "MASTER", "mymaster"))
        yield RedisCache(master_name="mymaster", redis_port=redis, sentinel_port=sentinel)
    finally:
        world.stop()


@pytest.fixture(params=["fake", "valkey"])
def cache(request: pytest.FixtureRequest) -> Cache:
    """The fake, then the adapter."""
    return fake_cache() if request.param == "fake" else request.getfixturevalue("real_cache")


async def test_roles_and_links_are_told_pod_by_pod(cache: Cache) -> None:
    """By the master, by its replica and by a sentinel."""
    master, replica, sentinel = await cache.node(MASTER), await cache.node(REPLICA), await cache.sentinel(MASTER)

    assert (master.pod, master.role, master.connected_replicas, master.problem) == ("node-0", "master", 1, "")
    assert (replica.role, replica.master_host, replica.master_link_up) == ("slave", MASTER.ip, True)
    assert (sentinel.pod, sentinel.master_ip, sentinel.problem) == ("node-0", MASTER.ip, "")


async def test_reads_never_raise_for_a_silent_pod_and_acts_do(cache: Cache) -> None:
    """The view says what is wrong."""
    assert "cannot be reached" in (await cache.node(NOBODY)).problem
    assert "cannot be reached" in (await cache.sentinel(NOBODY)).problem
    with pytest.raises(Unreachable):
        await cache.snapshot(NOBODY, 1.0)


async def test_a_snapshot_is_newer_than_the_one_before_and_told(cache: Cache) -> None:
    """LASTSAVE of the view and of the answer are one."""
    before = (await cache.node(MASTER)).last_save_at

    saved = await cache.snapshot(MASTER, 10.0)

    assert saved > before
    assert (await cache.node(MASTER)).last_save_at == saved


async def test_a_canary_counts_the_replicas_it_reached(cache: Cache) -> None:
    """And stops where it is not taken."""
    assert await cache.canary(MASTER, [REPLICA], "sfint:canary", "song") == 1
    with pytest.raises(RunStopped, match="node-1 does not take writes"):
        await cache.canary(REPLICA, [], "sfint:canary", "song")


@pytest.fixture(params=["fake", "org"])
async def crm(request: pytest.FixtureRequest, store: Store) -> AsyncIterator[Crm]:
    """The fake, then the adapter with the org on loopback."""
    if request.param == "fake":
        yield FakeCrm()
        return
    async with AsyncExitStack() as stack:
        org_server = await stack.enter_async_context(SalesforceStandIn())
        org = org_server.org
        credentials = SalesforceCredentials(
            login_url=org_server.login_url,
            username=org.username,
            client_id=org.client_id,
            client_secret=org.client_secret,
            password=org.password,
            security_token=org.security_token,
        )
        adapter = SalesforceCrm(
            credentials, target="acme-prod", book=store.logins, clock=SystemClock(), api_version="v66.0"
        )
        stack.push_async_callback(adapter.aclose)
        yield adapter


async def test_a_log_in_gives_a_token_with_which_a_call_works(crm: Crm) -> None:
    """Asked again the answer is the same, from memory or not."""
    token = await crm.log_in()

    assert (token.verdict, (await crm.log_in()).verdict) == (TokenVerdict.OK, TokenVerdict.OK)
    assert (await crm.call(token)).verdict is CallVerdict.OK


async def test_a_query_without_rows_is_an_answer(crm: Crm) -> None:
    """Complete and empty, which is not the same as not asked."""
    answer = await crm.query("SELECT Id FROM Contact WHERE Email = 'nobody@example.com'")

    assert (answer.verdict, answer.rows, answer.is_complete) == (QueryVerdict.OK, (), True)


@pytest.fixture(params=[FakeClock, SystemClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    """The fake, then the adapter."""
    made: Clock = request.param()
    return made


async def test_time_is_aware_and_passes_while_somebody_sleeps(clock: Clock) -> None:
    """Both clocks move by what was slept at least."""
    moment, seconds = clock.now(), clock.monotonic()

    await clock.sleep(0.02)

    assert moment.tzinfo is UTC
    assert clock.monotonic() - seconds > 0.01
    assert clock.now() >= moment
