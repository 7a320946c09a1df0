"""What restart-middleware plans, and when a restart is no answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.remediation import NoPlan, Plan
from bot.domain.workload import Container, Pod, Workload
from bot.remediations.restart_middleware import restart_middleware
from tests.bot.checks.check_world import MIDDLEWARE, TARGET, middleware_pod, workload
from tests.fakes.estate import FakeClock, FakeCluster, FakeWorkloads, fake_estate

NAME = TARGET.middleware.container


async def planned(found: Workload | None, *pods: Pod) -> Plan | NoPlan:
    """What is offered for this Deployment with these pods."""
    workloads = FakeWorkloads(*([found] if found else []))
    return await restart_middleware(
        TARGET, fake_estate(cluster=FakeCluster({TARGET.namespace: list(pods)}), workloads=workloads)
    )


def crashed(seconds_ago: float, *, waits: bool) -> Pod:
    """The middleware's pod after a crash: held back, or started again and Ready for now."""
    container = Container(
        NAME,
        not waits,
        4,
        waiting_reason="CrashLoopBackOff" if waits else "",
        last_exit_code=1,
        last_finished_at=FakeClock().now() - timedelta(seconds=seconds_ago),
    )
    return replace(middleware_pod(), containers=(container,), is_ready=not waits)


async def test_evidence_comes_before_the_restart_and_proof_after_it() -> None:
    """Several replicas are restored as they were wanted."""
    plan = await planned(workload(MIDDLEWARE, 2), middleware_pod())

    assert isinstance(plan, Plan)
    assert [call.step for call in plan.steps] == [
        "evidence.capture",
        "deployment.restart",
        "deployment.await-rollout",
        "middleware.verify",
    ]
    assert (plan.binding.verdict, plan.binding.restore_replicas) == ("available", 2)


async def test_a_crash_loop_is_one_plan_whether_it_is_caught_waiting_or_running() -> None:
    """Else an approval would be refused whenever the pod happens to live for a moment."""
    waiting = await planned(workload(MIDDLEWARE, 1, available_replicas=0), crashed(20, waits=True))
    running = await planned(workload(MIDDLEWARE, 1), crashed(20, waits=False))

    assert isinstance(waiting, Plan)
    assert isinstance(running, Plan)
    assert waiting.binding.verdict == "unavailable"
    assert waiting.hash == running.hash


async def test_an_old_crash_is_forgotten() -> None:
    """As Kubernetes forgets its back-off."""
    plan = await planned(workload(MIDDLEWARE, 1), crashed(3600, waits=False))

    assert isinstance(plan, Plan)
    assert plan.binding.verdict == "available"


@pytest.mark.parametrize(
    ("found", "verdict", "words"),
    [
        (None, "not-found", "nothing to restart"),
        (workload(MIDDLEWARE, 0), "desired-zero", "a restart cannot bring it back"),
    ],
)
async def test_what_is_not_there_cannot_be_restarted(found: Workload | None, verdict: str, words: str) -> None:
    """The team is called instead."""
    refused = await planned(found)

    assert isinstance(refused, NoPlan)
    assert (refused.verdict, refused.needs_somebody) == (verdict, True)
    assert words in refused.reason
