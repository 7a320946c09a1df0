"""Finding dead addresses in the middleware's log."""

from __future__ import annotations

import pytest

from bot.readings.dial_errors import dialled_in_vain, read_dial_errors
from tests.bot.checks import check_world as world
from tests.fakes.estate import FakeCluster, FakeWorkloads, fake_estate

_PORTS = (6379, 26379)
_CONTAINER = world.TARGET.middleware.container


@pytest.mark.parametrize(
    ("line", "addresses"),
    [
        ("dial tcp 10.0.0.9:6379: connect: no route to host", {"10.0.0.9"}),
        ("dial tcp 10.0.0.9:26379: connect: connection refused", {"10.0.0.9"}),
        ("dial tcp 10.0.0.9:6379: i/o timeout", {"10.0.0.9"}),
        (r'{"error":"dial tcp 10.0.0.9:6379: i\/o timeout"}', {"10.0.0.9"}),
        (
            r'{"error":"Could not update status in interconnection userID[1]-client[a] from redis : '
            r'[dial tcp 10.0.0.9:6379: connect: no route to host]","msg":"\"x\""}',
            {"10.0.0.9"},
        ),
        ("dial tcp [fd00::9]:6379: connect: no route to host", {"fd00::9"}),
        ("a dial tcp 10.0.0.8:6379: i/o timeout b dial tcp 10.0.0.9:6379: i/o timeout", {"10.0.0.8", "10.0.0.9"}),
        ("dial tcp 10.0.0.9:443: connect: connection refused", set()),
        ("dial tcp 10.0.0.9:63790: connect: connection refused", set()),
        ("dial tcp: lookup redis on 10.96.0.10:53: no such host", set()),
        ("read tcp 10.0.0.50:5000->10.0.0.9:6379: i/o timeout", set()),
        ("connected to 10.0.0.9:6379", set()),
        ("", set()),
    ],
)
def test_only_failed_dials_on_our_ports_count(line: str, addresses: set[str]) -> None:
    """Go's words, alone or inside JSON."""
    assert dialled_in_vain(line, _PORTS) == addresses


async def test_the_previous_log_counts_where_the_container_restarted() -> None:
    """Both are asked for the window only."""
    pod = world.middleware_pod(restarts=1)
    cluster = FakeCluster({world.TARGET.namespace: [pod, *world.redis_pods()]})
    cluster.log[pod.name, _CONTAINER, False] = "dial tcp 10.0.0.8:6379: connect: connection refused\n"
    cluster.log[pod.name, _CONTAINER, True] = "dial tcp 10.0.0.9:6379: connect: connection refused\n"
    workloads = FakeWorkloads(world.workload(world.MIDDLEWARE, 1))

    found = await read_dial_errors(world.TARGET, fake_estate(cluster=cluster, workloads=workloads))

    assert found == {"10.0.0.8", "10.0.0.9"}
    assert cluster.log_windows == [900, 900]


async def test_a_container_without_a_log_and_a_missing_deployment_dial_nothing() -> None:
    """Neither is an error here."""
    cluster = FakeCluster({world.TARGET.namespace: [world.middleware_pod(restarts=1)]})
    workloads = FakeWorkloads(world.workload(world.MIDDLEWARE, 1))

    assert await read_dial_errors(world.TARGET, fake_estate(cluster=cluster, workloads=workloads)) == frozenset()
    assert await read_dial_errors(world.TARGET, fake_estate(cluster=cluster)) == frozenset()
