"""A step's context over a healthy estate in memory, for the tests of the steps."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.remediation import Binding, Plan, Scalar, StepCall
from bot.domain.workload import Kind, WorkloadRef
from bot.ports.step import Step, StepContext
from tests.bot.checks.check_world import (
    MIDDLEWARE,
    REDIS,
    TARGET,
    middleware_pod,
    redis_pods,
    workload,
)
from tests.bot.domain.redis_world import master, replica, sentinel
from tests.fakes.estate import FakeCache, FakeCluster, FakeWorkloads, fake_estate

NAME = TARGET.redis.statefulset


@dataclass
class StepWorld:
    """What a test breaks, and what the step left behind."""

    cluster: FakeCluster = field(
        default_factory=lambda: FakeCluster({TARGET.namespace: [*redis_pods(), middleware_pod()]})
    )
    workloads: FakeWorkloads = field(
        default_factory=lambda: FakeWorkloads(workload(REDIS, 3), workload(MIDDLEWARE, 1))
    )
    cache: FakeCache = field(
        default_factory=lambda: FakeCache(
            sentinels={f"{NAME}-{n}": sentinel(n) for n in range(3)},
            nodes={f"{NAME}-{n}": master(n) if n == 0 else replica(n) for n in range(3)},
        )
    )
    files: dict[str, str] = field(default_factory=dict)

    def context(
        self, step: str, *, bound_to: WorkloadRef = REDIS, loss: bool = False, **arguments: Scalar
    ) -> StepContext:
        """The context of one call of a plan for that workload."""
        call = StepCall(step, step, arguments)
        binding = Binding("any", TARGET.name, str(bound_to), f"uid-{bound_to.name}", "hash", "any", "any", 3, loss)
        rung = Plan(binding, "Any", "redis-failure", (), (), "", (), (call,))
        estate = fake_estate(cluster=self.cluster, workloads=self.workloads, cache=self.cache)
        return StepContext("run-1", rung, call, TARGET, estate, self._attach)

    async def run(self, step: Step, *, loss: bool = False, **arguments: Scalar) -> str:
        """The note of one run of the step, bound to Redis."""
        bound_to = MIDDLEWARE if arguments.get("kind") == Kind.DEPLOYMENT else REDIS
        return await step.run(self.context(step.id, bound_to=bound_to, loss=loss, **arguments))

    async def _attach(self, filename: str, title: str, text: str) -> None:
        self.files[filename] = text
