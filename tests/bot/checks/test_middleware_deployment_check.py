"""The check of the middleware's Deployment."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.checks.middleware_deployment import middleware_deployment
from bot.domain.errors import AccessDenied, NotFound, SfintError, Unreachable
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


async def test_the_evidence_tells_how_the_last_run_ended_and_what_it_said() -> None:
    """Exit code, reason and time; then the last errors of the run before, short and redacted."""
    name, restarted = world.TARGET.middleware.container, datetime(2026, 1, 1, 3, 4, 5, tzinfo=UTC)
    ended = replace(_LOOP, last_exit_code=2, last_exit_reason="Error", last_finished_at=restarted)
    lines = [
        json.dumps({"severity": "info", "msg": "Starting server"}),
        json.dumps({"severity": "error", "msg": "get_token", "error": 'login{Password:"hunter22"}'}),
        json.dumps({"severity": "fatal", "msg": "Error initializing Redis Manager", "error": "[dial tcp]"}),
        "panic: envconfig.Process: assigning SFC_API_VERSION",
    ]
    pod = replace(_CRASHING, containers=(ended,))
    cluster = FakeCluster({world.TARGET.namespace: [pod]}, log={(pod.name, name, True): "\n".join(lines)})
    down = FakeWorkloads(replace(_FINE, available_replicas=0))

    finding = await middleware_deployment(world.TARGET, fake_estate(cluster=cluster, workloads=down))

    assert finding.code == "middleware.crash-loop"
    assert "ended with 2 Error at 03:04:05 UTC" in finding.evidence[0]
    assert finding.evidence[2:] == (
        'log: get_token: login{Password:"***"}',
        "log: Error initializing Redis Manager: [dial tcp]",
        "log: panic: envconfig.Process: assigning SFC_API_VERSION",
    )


@pytest.mark.parametrize("problem", [Unreachable("no answer"), AccessDenied("no pods/log"), NotFound("none")])
async def test_a_log_that_cannot_be_read_costs_no_verdict(problem: SfintError) -> None:
    """The pods have said enough."""
    cluster = FakeCluster({world.TARGET.namespace: [_CRASHING]}, log_problem=problem)
    down = FakeWorkloads(replace(_FINE, available_replicas=0))

    finding = await middleware_deployment(world.TARGET, fake_estate(cluster=cluster, workloads=down))

    assert finding.code == "middleware.crash-loop"
    assert not [line for line in finding.evidence if line.startswith("log:")]
