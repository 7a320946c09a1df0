"""The check of Redis Sentinel: reading, verdict and outcome together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.checks.redis_sentinel import redis_sentinel
from bot.domain.errors import AccessDenied, Unreachable
from bot.domain.finding import Outcome
from bot.domain.redis_topology import RedisView, SentinelView
from bot.ports.estate import Estate
from tests.bot.checks import check_world as world
from tests.bot.domain.redis_world import DEAD, master, replica, sentinel
from tests.fakes.estate import FakeCache, FakeCluster, FakeWorkloads, fake_estate

_NAMES = [pod.name for pod in world.redis_pods()]


def _estate(
    *, held: str = "", log: str = "", problem: AccessDenied | None = None, cluster: FakeCluster | None = None
) -> Estate:
    pods = [*world.redis_pods(), world.middleware_pod()]
    made = cluster or FakeCluster({world.TARGET.namespace: pods}, log_problem=problem)
    made.log[world.middleware_pod().name, world.TARGET.middleware.container, False] = log
    views: list[SentinelView] = [sentinel(n, held) if held else sentinel(n) for n in range(3)]
    nodes: list[RedisView] = [master(0), replica(1), replica(2)]
    cache = FakeCache(
        {name: replace(view, pod=name) for name, view in zip(_NAMES, views, strict=True)},
        {name: replace(view, pod=name) for name, view in zip(_NAMES, nodes, strict=True)},
    )
    workloads = FakeWorkloads(world.workload(world.REDIS, 3), world.workload(world.MIDDLEWARE, 1))
    return fake_estate(cluster=made, workloads=workloads, cache=cache)


async def test_a_healthy_redis_is_ok() -> None:
    """With what every sentinel said as evidence."""
    finding = await redis_sentinel(world.TARGET, _estate())

    assert (finding.code, finding.outcome) == ("redis.healthy", Outcome.OK)
    assert sum(line.startswith("sentinel ") for line in finding.evidence) == 3


async def test_stale_sentinels_are_failing() -> None:
    """The summary tells the reason."""
    finding = await redis_sentinel(world.TARGET, _estate(held=DEAD))

    assert (finding.code, finding.outcome) == ("redis.sentinels-stale", Outcome.FAILING)
    assert DEAD in finding.summary


async def test_a_dead_address_in_the_log_makes_the_client_stale() -> None:
    """The real line, inside its JSON."""
    line = f'{{"severity":"error","error":"[dial tcp {DEAD}:6379: connect: no route to host]"}}\n'

    finding = await redis_sentinel(world.TARGET, _estate(log=line))

    assert (finding.code, finding.outcome) == ("redis.client-stale", Outcome.FAILING)


async def test_a_log_that_may_not_be_read_is_told_and_no_more() -> None:
    """The other sources still give a verdict."""
    finding = await redis_sentinel(world.TARGET, _estate(problem=AccessDenied("pods/log is forbidden")))

    assert finding.code == "redis.healthy"
    assert finding.evidence[-1] == "the middleware's log could not be read: pods/log is forbidden"


async def test_a_silent_kubernetes_is_for_the_runner_to_tell() -> None:
    """The check raises; who runs it makes that an UNKNOWN finding."""
    with pytest.raises(Unreachable):
        await redis_sentinel(world.TARGET, _estate(cluster=FakeCluster(problem=Unreachable("no answer"))))
