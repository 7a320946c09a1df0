"""After the repair the middleware is restarted where its log dials an address that nobody holds, else not."""

from __future__ import annotations

import pytest

from bot.domain.errors import AccessDenied
from bot.steps.restart_deployment import RestartStaleClient
from tests.bot.checks.check_world import MIDDLEWARE, TARGET, middleware_pod
from tests.bot.steps.step_world import StepWorld

LOG = (middleware_pod().name, TARGET.middleware.container, False)


def world_whose_log_dials(address: str) -> StepWorld:
    """The middleware failed to reach this address lately; the sentinels' Service has 10.96.0.7."""
    world = StepWorld()
    world.cluster.service_names = {"10.96.0.7": "redis-sentinel"}
    world.cluster.log[LOG] = f"dial tcp {address}:6379: connect: no route to host\n"
    return world


async def test_an_address_that_nobody_holds_means_a_stale_client() -> None:
    """It would go on dialling it."""
    world = world_whose_log_dials("10.0.0.99")

    note = await world.run(RestartStaleClient())

    assert note == "its log dials 10.0.0.99: rollout of 1 replica(s) started"
    assert world.workloads.patches == [MIDDLEWARE]


@pytest.mark.parametrize("address", ["10.0.0.1", "10.96.0.7"])
async def test_a_live_pod_or_a_service_that_was_away_is_not_stale(address: str) -> None:
    """While Redis was at zero everybody dialled in vain."""
    world = world_whose_log_dials(address)

    assert await world.run(RestartStaleClient()) == "it dials no dead address: not restarted"
    assert world.workloads.patches == []


async def test_a_log_that_cannot_be_read_is_not_called_clean() -> None:
    """The run must not end as verified on an answer that nobody gave."""
    world = world_whose_log_dials("10.0.0.99")
    world.cluster.log_problem = AccessDenied("Kubernetes does not allow us to get pods/log")

    with pytest.raises(AccessDenied, match="pods/log"):
        await world.run(RestartStaleClient())
