"""The check of the middleware's Deployment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.checks.middleware_deployment import middleware_deployment
from bot.domain.finding import Outcome
from bot.domain.workload import Container, Pod, Workload
from tests.bot.checks import check_world as world
from tests.fakes.estate import FakeCluster, FakeWorkloads, fake_estate

_POD = world.middleware_pod()
_LOOP = Container(world.TARGET.middleware.container, False, 9, waiting_reason="CrashLoopBackOff")
_CRASHING = replace(_POD, is_ready=False, containers=(_LOOP,))
_FINE = world.workload(world.MIDDLEWARE, 1)


@pytest.mark.parametrize(
    ("workload", "pods", "code", "outcome"),
    [
        (_FINE, [_POD], "ok", Outcome.OK),
        (replace(_FINE, replicas=0), [], "desired-zero", Outcome.FAILING),
        (replace(_FINE, available_replicas=0), [], "down", Outcome.FAILING),
        (
            replace(_FINE, available_replicas=0, updated_replicas=0, observed_generation=0),
            [],
            "down",
            Outcome.FAILING,
        ),
        (replace(_FINE, available_replicas=0), [_CRASHING], "crash-loop", Outcome.FAILING),
        (replace(_FINE, available_replicas=0), [replace(_POD, is_ready=False)], "down", Outcome.FAILING),
        (
            replace(_FINE, progress_deadline_exceeded=True, updated_replicas=0),
            [_POD],
            "down",
            Outcome.FAILING,
        ),
        (replace(_FINE, generation=2), [_POD], "rolling-out", Outcome.DEGRADED),
        (replace(_FINE, current_replicas=2), [_POD], "rolling-out", Outcome.DEGRADED),
        (
            world.workload(world.MIDDLEWARE, 2, updated_replicas=1, available_replicas=1),
            [_POD],
            "rolling-out",
            Outcome.DEGRADED,
        ),
        (world.workload(world.MIDDLEWARE, 2, available_replicas=1), [_POD], "down", Outcome.FAILING),
    ],
)
async def test_the_deployment_is_judged(workload: Workload, pods: list[Pod], code: str, outcome: Outcome) -> None:
    """Available against desired, crash loops, and a rollout that explains a gap."""
    cluster = FakeCluster({world.TARGET.namespace: pods})

    estate = fake_estate(cluster=cluster, workloads=FakeWorkloads(workload))
    finding = await middleware_deployment(world.TARGET, estate)

    assert (finding.code, finding.outcome) == (f"middleware.{code}", outcome)


async def test_a_deployment_that_is_not_there_is_failing() -> None:
    """Asked and answered."""
    finding = await middleware_deployment(world.TARGET, fake_estate())

    assert (finding.code, finding.outcome) == ("middleware.not-found", Outcome.FAILING)


async def test_the_evidence_names_pods_and_image() -> None:
    """Which version runs is the first question."""
    cluster = FakeCluster({world.TARGET.namespace: [_POD]})

    finding = await middleware_deployment(
        world.TARGET, fake_estate(cluster=cluster, workloads=FakeWorkloads(_FINE))
    )

    assert finding.evidence == (
        f"{_POD.name}: ready, 0 restarts",
        "image acme/salesforce-integration:production-v0.1.7",
    )
