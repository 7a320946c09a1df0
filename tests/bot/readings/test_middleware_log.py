"""The middleware's log: all its pods, what ran before a restart first, and no more than the window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.errors import AccessDenied, NotFound
from bot.domain.workload import Pod
from bot.ports.estate import Estate
from bot.readings.container_logs import LIMIT_BYTES, TAIL_LINES
from bot.readings.middleware_log import MiddlewareLog, read_middleware_log
from tests.bot.checks.check_world import MIDDLEWARE, TARGET, middleware_pod, workload
from tests.fakes.estate import FakeCluster, FakeWorkloads, fake_estate

CONTAINER = TARGET.middleware.container
ONE = middleware_pod()
OTHER = replace(middleware_pod(restarts=2), name=f"{TARGET.middleware.deployment}-7d9f-y3m")


def _estate(cluster: FakeCluster, *pods: Pod) -> Estate:
    cluster.contents[TARGET.namespace] = list(pods)
    return fake_estate(cluster=cluster, workloads=FakeWorkloads(workload(MIDDLEWARE, len(pods))))


async def test_lines_of_all_pods_come_oldest_first() -> None:
    """The container before the restart, then the one that runs; each asked for the window alone."""
    cluster = FakeCluster(
        log={
            (ONE.name, CONTAINER, False): "one\ntwo\n",
            (OTHER.name, CONTAINER, True): "before\n",
            (OTHER.name, CONTAINER, False): "after",
        }
    )

    log = await read_middleware_log(TARGET, _estate(cluster, ONE, OTHER), since_seconds=120)

    assert log.lines == ("one", "two", "before", "after")
    assert (log.is_cut, log.lacks_newest, log.gap) == (False, False, "")
    assert set(cluster.log_windows) == {120}


@pytest.mark.parametrize(
    ("text", "lacks_newest", "gap"),
    [
        ("x\n" * (TAIL_LINES + 1), False, "only its newest lines were read: there are more"),
        ("x" * (LIMIT_BYTES + 1), True, "its newest lines could not be read: they are too long"),
    ],
)
async def test_a_log_that_is_too_long_says_what_was_not_read(text: str, lacks_newest: bool, gap: str) -> None:
    """One pod's is enough: whoever counts lines counts the least then."""
    cluster = FakeCluster(log={(ONE.name, CONTAINER, False): text, (OTHER.name, CONTAINER, False): "y"})

    log = await read_middleware_log(TARGET, _estate(cluster, ONE, OTHER), since_seconds=60)

    assert (log.is_cut, log.lacks_newest, log.gap) == (True, lacks_newest, gap)
    assert log.lines[-1] == "y"


async def test_a_log_that_is_gone_is_empty_and_a_forbidden_one_is_told() -> None:
    """What Kubernetes no longer keeps is no failure of ours."""
    cluster = FakeCluster()
    assert await read_middleware_log(TARGET, _estate(cluster, OTHER), since_seconds=60) == MiddlewareLog()

    cluster.log_problem = AccessDenied("pods/log is forbidden")
    with pytest.raises(AccessDenied):
        await read_middleware_log(TARGET, _estate(cluster, OTHER), since_seconds=60)


async def test_without_a_pod_nothing_is_known() -> None:
    """No lines would read as no failures; that the Deployment or its pods are missing is told by another check."""
    with pytest.raises(NotFound, match="no pod of the middleware runs"):
        await read_middleware_log(TARGET, _estate(FakeCluster()), since_seconds=60)
    with pytest.raises(NotFound):
        await read_middleware_log(TARGET, fake_estate(), since_seconds=60)
