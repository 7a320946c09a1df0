"""The check of the Redis pods."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.checks.redis_pods import redis_pods
from bot.domain.finding import Outcome
from bot.domain.workload import Pod, Workload
from tests.bot.checks import check_world as world
from tests.bot.domain.redis_world import crashing
from tests.fakes.estate import FakeCluster, FakeWorkloads, fake_estate

_PODS = world.redis_pods()
_WANTED = world.workload(world.REDIS, 3)
_STRANGER = replace(_PODS[0], name="redis-sentinel-node-backup", is_ready=False)


@pytest.mark.parametrize(
    ("wanted", "pods", "code", "outcome"),
    [
        (_WANTED, _PODS, "ok", Outcome.OK),
        (_WANTED, [*_PODS, _STRANGER], "ok", Outcome.OK),
        (_WANTED, [*_PODS[:2], crashing(_PODS[2])], "crash-loop", Outcome.FAILING),
        (_WANTED, _PODS[:2], "missing", Outcome.FAILING),
        (_WANTED, [*_PODS[:2], replace(_PODS[2], is_deleting=True)], "missing", Outcome.FAILING),
        (_WANTED, [*_PODS[:2], replace(_PODS[2], is_ready=False)], "not-ready", Outcome.FAILING),
        (replace(_WANTED, replicas=0), [], "scaled-to-zero", Outcome.FAILING),
    ],
)
async def test_pods_are_compared_with_what_is_wanted(
    wanted: Workload, pods: list[Pod], code: str, outcome: Outcome
) -> None:
    """One code for each way to fall short; every pod is a line of evidence."""
    cluster = FakeCluster({world.TARGET.namespace: pods})

    finding = await redis_pods(world.TARGET, fake_estate(cluster=cluster, workloads=FakeWorkloads(wanted)))

    assert (finding.code, finding.outcome) == (f"redis-pods.{code}", outcome)
    assert len(finding.evidence) == len([pod for pod in pods if pod is not _STRANGER])


async def test_a_statefulset_that_is_not_there_is_missing() -> None:
    """Asked and answered: this is failing, not unknown."""
    finding = await redis_pods(world.TARGET, fake_estate())

    assert (finding.code, finding.outcome) == ("redis-pods.missing", Outcome.FAILING)
    assert "redis-sentinel-node" in finding.summary


async def test_a_crash_loop_is_shown_in_kubernetes_words() -> None:
    """The message that people know from Rancher."""
    message = "back-off 5m0s restarting failed container=redis pod=redis-sentinel-node-2_integrations(uid)"
    broken = crashing(_PODS[2])
    containers = (replace(broken.containers[0], waiting_message=message), *broken.containers[1:])
    pods = [*_PODS[:2], replace(broken, containers=containers)]
    estate = fake_estate(cluster=FakeCluster({world.TARGET.namespace: pods}), workloads=FakeWorkloads(_WANTED))

    finding = await redis_pods(world.TARGET, estate)

    assert message in finding.evidence[2]
    assert "412 restarts" in finding.evidence[2]
