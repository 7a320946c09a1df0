"""An estate in memory: what the cluster, Redis and Salesforce say is set by the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.domain.argocd import Application
from bot.domain.crm_query import QueryAnswer, QueryVerdict
from bot.domain.errors import Conflict, NotFound, RunStopped, SfintError, Unreachable
from bot.domain.redis_topology import RedisView, SentinelView
from bot.domain.salesforce import CallAnswer, CallVerdict, TokenAnswer, TokenVerdict
from bot.domain.workload import Event, Pod, Workload, WorkloadRef
from bot.ports.estate import Estate


class FakeClock:
    """Time that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        """From the first of January 2026 on."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Moves on at once."""
        self.seconds += seconds


@dataclass
class FakeCluster:
    """`contents` maps a namespace to its pods; `log` maps (pod, container, previous) to text."""

    contents: dict[str, list[Pod]] = field(default_factory=dict)
    service_names: dict[str, str] = field(default_factory=dict)
    log: dict[tuple[str, str, bool], str] = field(default_factory=dict)
    happened: list[Event] = field(default_factory=list)
    scalers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    log_windows: list[int | None] = field(default_factory=list)
    problem: SfintError | None = None
    log_problem: SfintError | None = None

    async def pods(self, namespace: str, selector: Mapping[str, str] | None = None) -> tuple[Pod, ...]:
        """Those with the labels, by name."""
        self._fail(self.problem)
        found = [p for p in self.contents.get(namespace, []) if (selector or {}).items() <= p.labels.items()]
        return tuple(sorted(found, key=lambda pod: pod.name))

    async def services(self, namespace: str) -> Mapping[str, str]:
        """As set."""
        self._fail(self.problem)
        return self.service_names

    async def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        since_seconds: int | None = None,
        tail_lines: int | None = None,
        limit_bytes: int | None = None,
        timestamps: bool = False,
    ) -> str:
        """As set, with times if the test put some; NotFound for what is not, as a container that never ran."""
        self._fail(self.log_problem or self.problem)
        self.log_windows.append(since_seconds)
        if (pod, container, previous) not in self.log:
            raise NotFound(f"no log of {pod}/{container}")
        text = self.log[pod, container, previous]
        if tail_lines is not None:
            text = "".join(text.splitlines(keepends=True)[-tail_lines:])
        return text if limit_bytes is None else text[:limit_bytes]

    async def events(self, namespace: str, subject: str) -> tuple[Event, ...]:
        """Those about the subject and what is made from it."""
        self._fail(self.problem)
        return tuple(
            one for one in self.happened if one.subject == subject or one.subject.startswith(f"{subject}-")
        )

    async def autoscalers(self, namespace: str, workload: str) -> tuple[str, ...]:
        """As set."""
        self._fail(self.problem)
        return self.scalers.get(workload, ())

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """Gone if it is that one."""
        self._fail(self.problem)
        kept = [pod for pod in self.contents.get(namespace, []) if (pod.name, pod.uid) != (name, uid)]
        self.contents[namespace] = kept

    def _fail(self, problem: SfintError | None) -> None:
        if problem is not None:
            raise problem


class FakeWorkloads:
    """Workloads by reference, with versions that count up."""

    def __init__(self, *workloads: Workload) -> None:
        self.held: dict[WorkloadRef, Workload] = {one.ref: one for one in workloads}
        self.patches: list[WorkloadRef] = []

    async def get(self, ref: WorkloadRef) -> Workload:
        """NotFound for what is not there."""
        if ref not in self.held:
            raise NotFound(f"{ref} not found")
        return self.held[ref]

    async def patch(
        self,
        ref: WorkloadRef,
        *,
        resource_version: str,
        replicas: int | None = None,
        annotations: Mapping[str, str | None] | None = None,
        template_annotations: Mapping[str, str] | None = None,
    ) -> Workload:
        """Conditional, as the real one; a change of the spec counts the generation up."""
        before = await self.get(ref)
        self.patches.append(ref)
        if resource_version != before.resource_version:
            raise Conflict(f"{ref}: the object has been modified")
        merged = {**before.annotations, **(annotations or {})}
        changes_spec = (replicas is not None and replicas != before.replicas) or bool(template_annotations)
        self.held[ref] = replace(
            before,
            resource_version=str(int(before.resource_version) + 1),
            generation=before.generation + changes_spec,
            replicas=before.replicas if replicas is None else replicas,
            annotations={key: value for key, value in merged.items() if value is not None},
        )
        return self.held[ref]


@dataclass
class FakeCache:
    """Views by pod name; a pod without one is silent."""

    sentinels: Mapping[str, SentinelView] = field(default_factory=dict)
    nodes: Mapping[str, RedisView] = field(default_factory=dict)

    async def sentinel(self, pod: Pod) -> SentinelView:
        """As set."""
        return self.sentinels.get(pod.name, SentinelView(pod.name, pod.ip, problem="cannot be reached"))

    async def node(self, pod: Pod) -> RedisView:
        """As set."""
        return self.nodes.get(pod.name, RedisView(pod.name, pod.ip, problem="cannot be reached"))

    async def snapshot(self, pod: Pod, deadline_seconds: float) -> int:
        """A second newer than the one before; Unreachable for a silent pod."""
        view = await self.node(pod)
        if view.problem:
            raise Unreachable(view.problem)
        saved = replace(view, last_save_at=view.last_save_at + 1)
        self.nodes = {**self.nodes, pod.name: saved}
        return saved.last_save_at

    async def canary(self, master: Pod, replicas: Sequence[Pod], key: str, value: str) -> int:
        """Reaches the replicas whose link is up; RunStopped for one that is no master."""
        if (await self.node(master)).role != "master":
            raise RunStopped(f"{master.name} does not take writes")
        return sum([(await self.node(pod)).master_link_up for pod in replicas])


@dataclass
class FakeCrm:
    """Answers in order, the last one for ever."""

    tokens: list[TokenAnswer] = field(default_factory=lambda: [TokenAnswer(TokenVerdict.OK, 200)])
    calls: list[CallAnswer] = field(default_factory=lambda: [CallAnswer(CallVerdict.OK, 200)])
    answers: list[QueryAnswer] = field(default_factory=lambda: [QueryAnswer(QueryVerdict.OK, is_complete=True)])
    asked: int = 0
    queries: list[str] = field(default_factory=list)

    async def log_in(self) -> TokenAnswer:
        """The next one."""
        self.asked += 1
        return self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]

    async def call(self, answer: TokenAnswer) -> CallAnswer:
        """The next one."""
        return self.calls.pop(0) if len(self.calls) > 1 else self.calls[0]

    async def query(self, soql: str) -> QueryAnswer:
        """The next one."""
        self.queries.append(soql)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class FakeDeployments:
    """Argo CD with one application, or one that cannot be asked."""

    found: Application
    problem: SfintError | None = None

    async def application(self) -> Application:
        """As set."""
        if self.problem is not None:
            raise self.problem
        return self.found


def fake_estate(
    *,
    cluster: FakeCluster | None = None,
    workloads: FakeWorkloads | None = None,
    cache: FakeCache | None = None,
    crm: FakeCrm | None = None,
    deployments: FakeDeployments | None = None,
) -> Estate:
    """The bundle, with fakes for what a test does not care about."""
    return Estate(
        cluster=cluster or FakeCluster(),
        workloads=workloads or FakeWorkloads(),
        cache=cache or FakeCache(),
        crm=crm or FakeCrm(),
        clock=FakeClock(),
        deployments=deployments,
    )
