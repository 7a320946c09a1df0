"""What restart-sentinel plans, and why it offers nothing: a page, a gentler repair, or a reason for neither."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from bot.domain.argocd import Application, Ignored, Resource
from bot.domain.errors import Unreachable
from bot.domain.fence import PHASE, RESTORE, RUN
from bot.domain.redis_topology import RedisView, SentinelView
from bot.domain.remediation import NoPlan, Plan
from bot.domain.workload import Pod, Workload
from bot.remediations.restart_sentinel import restart_sentinel
from tests.bot.checks.check_world import (
    MIDDLEWARE,
    REDIS,
    TARGET,
    middleware_pod,
    redis_pods,
    workload,
)
from tests.bot.domain.redis_world import ADDRESSES, DEAD, master, replica, sentinel
from tests.fakes.estate import FakeCache, FakeCluster, FakeDeployments, FakeWorkloads, fake_estate

NAME = TARGET.redis.statefulset
KEPT = {"redis": ("/data",), "sentinel": ()}


def lost(number: int) -> RedisView:
    """A replica with data on disk whose master is gone."""
    return replace(replica(number, DEAD, linked=False), save_rules="900 1", replication_id="a" * 40, keys=7)


@dataclass
class World:
    """An estate that a test breaks; every pod is a replica of a dead master, unless set."""

    redis: Workload | None = field(default_factory=lambda: workload(REDIS, 3, claim_mounts=KEPT))
    nodes: list[RedisView] = field(default_factory=lambda: [lost(number) for number in range(3)])
    sentinels: list[SentinelView] = field(default_factory=lambda: [sentinel(n, DEAD) for n in range(3)])
    pods: list[Pod] = field(default_factory=redis_pods)
    scalers: tuple[str, ...] = ()
    deployments: FakeDeployments | None = None

    async def plan(self) -> Plan | NoPlan:
        """What is offered now."""
        held = [workload(MIDDLEWARE, 1), *([self.redis] if self.redis else [])]
        return await restart_sentinel(
            TARGET,
            fake_estate(
                deployments=self.deployments,
                cluster=FakeCluster(
                    {TARGET.namespace: [*self.pods, middleware_pod()]}, scalers={NAME: self.scalers}
                ),
                workloads=FakeWorkloads(*held),
                cache=FakeCache(
                    sentinels={
                        f"{NAME}-{n}": replace(view, pod=f"{NAME}-{n}") for n, view in enumerate(self.sentinels)
                    },
                    nodes={f"{NAME}-{n}": replace(view, pod=f"{NAME}-{n}") for n, view in enumerate(self.nodes)},
                ),
            ),
        )

    async def planned(self) -> Plan:
        """The plan that must be there."""
        found = await self.plan()
        assert isinstance(found, Plan), found
        return found

    async def refused(self) -> NoPlan:
        """The reason that must be there."""
        found = await self.plan()
        assert isinstance(found, NoPlan), found
        return found

    def serves(self) -> None:
        """All is well: pod 0 is master."""
        self.nodes = [master(0), replica(1), replica(2)]
        self.sentinels = [sentinel(n) for n in range(3)]


async def test_a_lost_master_is_answered_with_the_whole_procedure() -> None:
    """Snapshot and evidence first, 0, 1, N, proof on every sentinel, canary, then the client."""
    plan = await World().planned()

    assert [(call.step, call.arguments.get("replicas")) for call in plan.steps] == [
        ("redis.snapshot", None),
        ("evidence.capture", None),
        ("statefulset.scale", 0),
        ("statefulset.await-gone", None),
        ("statefulset.scale", 1),
        ("redis.await-first-master", None),
        ("statefulset.scale", 3),
        ("statefulset.await-ready", 3),
        ("redis.verify-topology", None),
        ("redis.canary", None),
        ("middleware.restart-if-stale", None),
        ("deployment.await-rollout", None),
        ("middleware.verify", None),
    ]
    assert [(call.step, call.arguments["replicas"]) for call in plan.compensation] == [
        ("statefulset.scale", 3),
        ("statefulset.await-ready", 1),
    ]
    assert (plan.binding.verdict, plan.binding.accepts_data_loss) == ("no-master", False)


async def test_the_card_shows_everything_that_was_asked_beforehand() -> None:
    """The preflight of the procedure, line by line, without an open question."""
    facts = {fact.label: fact.value for fact in (await World().planned()).facts}

    assert {label: facts[label] for label in facts if not label.startswith(NAME)} == {
        "Verdict": "no-master",
        "Replicas to restore": "3",
        "podManagementPolicy": "OrderedReady",
        "whenScaled": "Retain",
        "Sentinel configuration": "ends with the pod",
        "Argo CD": "no sign of it",
        "Autoscaler": "none",
    }
    assert facts[f"{NAME}-0"] == "slave, offset 100 of aaaaaaaa, 7 keys, persistence on"


async def test_a_stale_majority_with_one_live_master_names_the_gentler_way() -> None:
    """Repointing by hand needs no stop of Redis."""
    world = World()
    world.serves()
    world.sentinels = [sentinel(n, DEAD) for n in range(3)]

    plan = await world.planned()

    assert plan.binding.verdict == "sentinels-stale"
    assert f"SENTINEL MONITOR mymaster {ADDRESSES[0]} 6379" in plan.gentler


async def test_data_that_could_be_lost_binds_the_plan_and_its_hash() -> None:
    """Who approved the safe plan has not approved this one."""
    safe, world = await World().planned(), World()
    world.nodes[1] = replace(world.nodes[1], offset=500)

    risky = await world.planned()

    assert risky.binding.accepts_data_loss
    assert risky.hash != safe.hash
    assert any("pod 0 is behind" in risk for risk in risky.risks)


@pytest.mark.parametrize("replicas", [1, 5])
async def test_the_count_to_restore_is_the_one_that_was_wanted(replicas: int) -> None:
    """One or five, not the configured three."""
    world = World(redis=workload(REDIS, replicas, claim_mounts=KEPT))
    world.pods, world.nodes, world.sentinels = world.pods[:1], world.nodes[:1], world.sentinels[:1]

    assert (await world.planned()).binding.restore_replicas == replicas


async def test_zero_replicas_are_scaled_up_to_the_default_without_going_down() -> None:
    """Even beside an autoscaler, which rests at zero: staying there helps nobody."""
    world = World(workload(REDIS, 0, claim_mounts=KEPT), [], [], [], ("redis-hpa",))

    plan = await world.planned()

    assert (plan.binding.rung, plan.binding.restore_replicas) == ("scale-up", 3)
    assert [call.arguments["replicas"] for call in plan.steps if call.step == "statefulset.scale"] == [1, 3]


async def test_a_run_that_was_left_at_one_replica_is_finished_to_its_own_count() -> None:
    """The annotation knows the count; spec.replicas says 1 by then."""
    fence = {RUN: "run-1", PHASE: "first", RESTORE: "5"}
    world = World(workload(REDIS, 1, claim_mounts=KEPT, annotations=fence))
    world.nodes, world.sentinels, world.pods = [master(0)], [sentinel(0)], world.pods[:1]

    plan = await world.planned()

    assert (plan.binding.rung, plan.binding.restore_replicas) == ("scale-up", 5)


async def test_an_autoscaler_would_revert_the_repair() -> None:
    """So it is named, and the team that can suspend it is called."""
    refused = await World(scalers=("redis-hpa",)).refused()

    assert "redis-hpa" in refused.reason
    assert refused.needs_somebody


_NODE = Resource("StatefulSet", TARGET.namespace, NAME)
_HEALED = Application("redis", "Synced", "Healthy", is_automated=True, heals_itself=True, resources=(_NODE,))
_IGNORED = Ignored("StatefulSet", pointers=("/spec/replicas",))


async def test_self_heal_of_the_application_that_owns_it_would_revert_the_repair() -> None:
    """So it is named, and what to switch off."""
    refused = await World(deployments=FakeDeployments(_HEALED)).refused()

    assert "Argo CD heals the application redis" in refused.reason
    assert "switch self-heal off" in refused.advice[0]
    assert refused.needs_somebody


@pytest.mark.parametrize(
    "application",
    [
        replace(_HEALED, heals_itself=False),
        replace(_HEALED, ignored=(_IGNORED,)),
        replace(_HEALED, resources=(replace(_NODE, name="other"),)),
    ],
)
async def test_self_heal_that_lets_the_replicas_be_is_no_obstacle(application: Application) -> None:
    """It is off, it ignores replicas, or the workload is not its own: told as a fact."""
    plan = await World(deployments=FakeDeployments(application)).planned()

    assert any(fact.label == "Argo CD self-heal" for fact in plan.facts)


async def test_self_heal_does_not_hinder_scaling_up_from_zero() -> None:
    """The count that is restored is the one that Git wants."""
    world = World(workload(REDIS, 0, claim_mounts=KEPT), [], [], [], deployments=FakeDeployments(_HEALED))

    assert (await world.planned()).binding.rung == "scale-up"


async def test_an_argo_cd_that_cannot_be_asked_is_a_risk_and_no_obstacle() -> None:
    """Its outage must not hold up the repair of Redis."""
    away = FakeDeployments(_HEALED, Unreachable("argocd.example.com cannot be reached"))

    plan = await World(deployments=away).planned()

    assert any(risk.startswith("Argo CD could not be asked") for risk in plan.risks)


async def test_argo_cd_is_told_as_a_risk() -> None:
    """With self-heal it takes the scale back."""
    argo = {"argocd.argoproj.io/tracking-id": "redis:apps/StatefulSet:integrations/node"}

    plan = await World(workload(REDIS, 3, claim_mounts=KEPT, annotations=argo)).planned()

    assert any(risk.startswith("Argo CD manages this workload") for risk in plan.risks)


async def test_a_statefulset_that_is_not_there_is_said_with_the_setting_to_correct() -> None:
    """A wrong name in the settings looks the same as a deleted Redis."""
    refused = await World(redis=None).refused()

    assert refused.reason == f"there is no StatefulSet {NAME} in namespace integrations: nothing to restart"
    assert "targets.acme-prod.redis.statefulset" in refused.advice[0]
    assert refused.needs_somebody


async def test_a_healthy_redis_is_left_alone_and_nobody_is_called() -> None:
    """The most frequent answer."""
    world = World()
    world.serves()

    refused = await world.refused()

    assert (refused.verdict, refused.needs_somebody) == ("healthy", False)


async def test_two_masters_are_for_a_person() -> None:
    """Nothing is offered, and the team hears of it."""
    world = World()
    world.serves()
    world.nodes[2] = master(2)

    refused = await world.refused()

    assert (refused.verdict, refused.offers, refused.needs_somebody) == ("split-brain", (), True)
