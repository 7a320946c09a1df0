"""With exactly the rights that the chart gives, the bot can do all that it does, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import yaml

from bot.adapters.kubernetes import KubernetesCluster, KubernetesWorkloads
from bot.adapters.kubernetes_permissions import PERMISSIONS, READING
from bot.adapters.kubernetes_portforward import PortForward
from bot.adapters.kubernetes_proofs import kubernetes_questions, reading_questions
from bot.domain.errors import AccessDenied, BadAnswer, Conflict, SfintError, Unreachable
from bot.domain.fence import PHASE, RESTARTED_AT, RESTARTED_BY, RESTORE, RUN
from bot.domain.proof import Standing
from bot.domain.workload import Kind, Workload, WorkloadRef
from bot.usecases.prove_settings import prove_settings
from tests.bot.adapters.redis_processes import pod_at
from tests.contracts.chart_peers import DEPLOY, DEPLOYMENT, EXAMPLES, STATEFULSET, Granted, open_granted
from tests.contracts.kubernetes_peers import MERGE, peer_names

CASES = yaml.safe_load((DEPLOY / "check" / "testdata" / "admission.yaml").read_text(encoding="utf-8"))
_NAMES = {"statefulsets": STATEFULSET, "deployments": DEPLOYMENT}
Call = Callable[[], Awaitable[object]]


@pytest.fixture(
    params=[(peer, example) for peer in peer_names() for example in EXAMPLES],
    ids=lambda it: f"{it[0]}-{it[1].name}",
)
async def granted(request: pytest.FixtureRequest) -> AsyncIterator[Granted]:
    """Each example of the chart, in each cluster."""
    peer, example = request.param
    async with open_granted(peer, example) as opened:
        yield opened


@pytest.fixture(params=peer_names())
async def plain(request: pytest.FixtureRequest) -> AsyncIterator[Granted]:
    """The first example, where the examples do not differ."""
    async with open_granted(request.param, EXAMPLES[0]) as opened:
        yield opened


def _calls(granted: Granted, namespace: str) -> dict[str, Call]:
    """Permission -> the bot's own call that needs it. Where nothing is there, a 404 says that we may ask."""
    read, write = KubernetesCluster(granted.api), KubernetesWorkloads(granted.api)
    refs = {"statefulsets": WorkloadRef(Kind.STATEFULSET, namespace, STATEFULSET)}
    refs["deployments"] = WorkloadRef(Kind.DEPLOYMENT, namespace, DEPLOYMENT)

    async def forward() -> None:
        async with PortForward(granted.api, namespace)(pod_at("gone", "127.0.0.1"), 6379):
            pass

    return {
        "list pods": lambda: read.pods(namespace),
        "get pods/log": lambda: read.logs(namespace, "gone", "main"),
        "list events": lambda: read.events(namespace, "x"),
        "list services": lambda: read.services(namespace),
        "list horizontalpodautoscalers.autoscaling": lambda: read.autoscalers(namespace, "x"),
        "get deployments.apps": lambda: write.get(refs["deployments"]),
        "get statefulsets.apps": lambda: write.get(refs["statefulsets"]),
        "patch deployments.apps": lambda: write.patch(refs["deployments"], resource_version="1", replicas=0),
        "patch statefulsets.apps": lambda: write.patch(refs["statefulsets"], resource_version="1", replicas=0),
        "delete pods": lambda: read.delete_pod(namespace, "gone", "uid"),
        "get pods/portforward": forward,
        "create pods/portforward": forward,
    }


async def _allowed(calls: dict[str, Call]) -> set[str]:
    """Those that were not refused; what else went wrong is no matter of rights."""
    found = set()
    for name, call in calls.items():
        try:
            await call()
        except AccessDenied:
            continue
        except SfintError:
            pass
        found.add(name)
    return found


async def test_each_call_is_allowed_where_the_chart_grants_it_and_nowhere_else(granted: Granted) -> None:
    """Twelve permissions, each with the call for which it is there."""
    here = {str(each) for each in PERMISSIONS if each.need in granted.example.needs}
    elsewhere = {str(each) for each in READING} if granted.example.elsewhere else set()

    assert await _allowed(_calls(granted, granted.namespace)) == here
    assert await _allowed(_calls(granted, granted.elsewhere)) == elsewhere


async def test_the_proofs_say_the_same_as_the_calls(granted: Granted) -> None:
    """`config check --live`, which asks for a verdict instead of trying."""
    questions = kubernetes_questions(granted.api, "acme", granted.namespace, granted.example.needs, _NAMES)
    others = reading_questions(granted.api, "acme", granted.elsewhere)
    needed = {str(each) for each in PERMISSIONS if each.need in granted.example.needs} | {"token"}

    proofs = await prove_settings(questions)
    read = await prove_settings(others)

    assert {proof.what for proof in proofs if proof.standing is Standing.OK} == needed
    assert {proof.standing for proof in proofs} <= {Standing.OK, Standing.OPTIONAL}
    expected = Standing.OK if granted.example.elsewhere else Standing.MISSING
    assert {proof.standing for proof in read} == {expected}


async def _change(granted: Granted, ref: WorkloadRef, **change: Any) -> Workload:
    """Read, then write; anew where a controller wrote in between."""
    workloads = KubernetesWorkloads(granted.api)
    while True:
        held = await workloads.get(ref)
        try:
            return await workloads.patch(ref, resource_version=held.resource_version, **change)
        except Conflict:
            continue


async def test_the_writes_of_a_repair_pass_the_policy(granted: Granted) -> None:
    """The fence with the count, its removal, and a restart that leaves the template what it was."""
    redis = WorkloadRef(Kind.STATEFULSET, granted.namespace, STATEFULSET)
    middleware = WorkloadRef(Kind.DEPLOYMENT, granted.namespace, DEPLOYMENT)
    before = await KubernetesWorkloads(granted.api).get(middleware)

    down = await _change(granted, redis, replicas=1, annotations={RUN: "r", PHASE: "down", RESTORE: "3"})
    up = await _change(granted, redis, replicas=0, annotations={RUN: None, PHASE: None, RESTORE: None})
    moment = {RESTARTED_AT: "2026-01-01T00:00:00+00:00"}
    restarted = await _change(granted, middleware, template_annotations=moment, annotations={RESTARTED_BY: "r"})

    assert (down.replicas, down.annotations[RUN], down.annotations[RESTORE]) == (1, "r", "3")
    assert (up.replicas, RUN in up.annotations) == (0, False)
    assert restarted.generation == before.generation + 1
    assert restarted.template_hash == before.template_hash


async def test_a_late_write_loses(plain: Granted) -> None:
    """409 comes before the policy is asked."""
    redis = WorkloadRef(Kind.STATEFULSET, plain.namespace, STATEFULSET)
    before = await KubernetesWorkloads(plain.api).get(redis)
    await _change(plain, redis, replicas=1)

    with pytest.raises(Conflict):
        await KubernetesWorkloads(plain.api).patch(redis, resource_version=before.resource_version, replicas=2)


async def test_workloads_that_no_target_names_are_left_alone(plain: Granted) -> None:
    """They can be read, and not be changed: the role names those that can."""
    other = WorkloadRef(Kind.DEPLOYMENT, plain.namespace, "other")

    with pytest.raises(AccessDenied, match="does not allow us to patch deployments"):
        await _change(plain, other, replicas=1)


async def test_the_count_is_written_to_the_workload_alone(plain: Granted) -> None:
    """Its `scale` is not ours to read or to write."""
    path, token = plain.admin.path("statefulsets", STATEFULSET, "scale"), plain.admin.bot_token

    read = await plain.admin.send("GET", path, token=token)
    written = await plain.admin.send("PATCH", path, {"spec": {"replicas": 1}}, kind=MERGE, token=token)

    assert (read.code, written.code) == (403, 403)


async def test_a_refusal_of_the_policy_is_told_in_its_words(plain: Granted) -> None:
    """Whatever the reason, the bot says whose rule it broke."""
    redis = WorkloadRef(Kind.STATEFULSET, plain.namespace, STATEFULSET)

    with pytest.raises(BadAnswer) as refused:
        await _change(plain, redis, annotations={"example.com/owner": "sfint"})

    assert str(refused.value).endswith(
        f'statefulsets.apps "{STATEFULSET}" is forbidden: ValidatingAdmissionPolicy '
        "'sfint-sfint-scale-and-restart-only' with binding 'sfint-sfint-scale-and-restart-only' denied request: "
        "sfint may write no annotation but its own"
    )


async def test_nothing_else_of_a_workload_can_be_changed(plain: Granted) -> None:
    """Every write of deploy/check/testdata/admission.yaml; an unknown field is refused or dropped."""
    wrong = []
    for case in [*CASES["allowed"], *CASES["refused"]]:
        plural, name = f"{case['of']}s", CASES["objects"][case["of"]]["metadata"]["name"]
        path, body = plain.admin.path(plural, name, query="dryRun=All"), dict(case["patch"])
        body["metadata"] = {k: v for k, v in body.get("metadata", {}).items() if k not in _SERVERS}
        answer = await plain.admin.send("PATCH", path, body, kind=MERGE, token=plain.admin.bot_token)
        held = await plain.admin.send("GET", plain.admin.path(plural, name))
        has_passed = answer.code == 200
        has_changed = has_passed and _told(answer.body) != _told(held.body)
        if not (has_passed if case in CASES["allowed"] else not has_changed):
            wrong.append((case["name"], answer.code, answer.body.get("message")))

    assert wrong == []


_SERVERS = ("generation", "resourceVersion", "managedFields")


def _told(item: dict[str, Any]) -> dict[str, Any]:
    """An object without what the server itself writes."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in _SERVERS}
    return {**item, "metadata": metadata, "status": None}


async def test_the_log_of_a_pod_whose_node_is_gone_is_not_known(plain: Granted) -> None:
    """It is no empty log: nobody can tell what stood in it."""
    spec = {"nodeName": "node-gone", "containers": [{"name": "main", "image": "acme/idle:v1"}]}
    await plain.admin.create("pods", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})

    with pytest.raises(Unreachable, match="the node node-gone is gone, and the log of p with it"):
        await KubernetesCluster(plain.api).logs(plain.namespace, "p", "main")
