"""The Kubernetes adapter against the API stand-in: what it reads, what it writes, and how it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.adapters.kubernetes import KubernetesApi, KubernetesCluster, KubernetesWorkloads, connect_kubernetes
from bot.adapters.kubernetes_shapes import template_hash
from bot.domain.errors import (
    AccessDenied,
    BadAnswer,
    Conflict,
    NotFound,
    RateLimited,
    SfintError,
    Unreachable,
)
from bot.domain.rollout import rollout_state
from bot.domain.workload import Kind, WorkloadRef
from lab.estate.kubernetes import Container, KubernetesStandIn, Launch, Runtime

NAMESPACE = "integrations"
REDIS = WorkloadRef(Kind.STATEFULSET, NAMESPACE, "redis-sentinel-node")
MIDDLEWARE = WorkloadRef(Kind.DEPLOYMENT, NAMESPACE, "salesforce-integration")
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


def _manifest(kind: str, name: str, replicas: int, image: str = "acme/idle:1", **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    container = {
        "name": "main",
        "image": image,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"}],
    }
    volumes = [{"name": name, "emptyDir": {}} for name in ("tmp", *(() if "serviceName" in spec else ("data",)))]
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "volumes": volumes}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec},
    }


def _redis(replicas: int = 2) -> dict[str, Any]:
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    return _manifest(
        "StatefulSet",
        REDIS.name,
        replicas,
        serviceName="redis-headless",
        podManagementPolicy="OrderedReady",
        volumeClaimTemplates=[claim],
        persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete", "whenDeleted": "Retain"},
    )


@pytest.fixture
async def kubernetes() -> AsyncIterator[KubernetesStandIn]:
    """An empty cluster in a hurry; the bot may delete pods."""
    async with KubernetesStandIn(time_scale=0.01, may_delete_pods=True) as stand_in:
        yield stand_in


@pytest.fixture
async def api(kubernetes: KubernetesStandIn) -> AsyncIterator[KubernetesApi]:
    """The bot's own token."""
    connected = await connect_kubernetes(url=kubernetes.url, token=kubernetes.token, deadline_seconds=2.0)
    yield connected
    await connected.close()


@pytest.fixture
def cluster(api: KubernetesApi) -> KubernetesCluster:
    """The reading half."""
    return KubernetesCluster(api)


@pytest.fixture
def workloads(api: KubernetesApi) -> KubernetesWorkloads:
    """The writing half."""
    return KubernetesWorkloads(api)


async def _ready(kubernetes: KubernetesStandIn, plural: str, name: str, count: int) -> None:
    def is_ready() -> bool:
        status = kubernetes.get(plural, name).get("status", {})
        return bool(status.get("readyReplicas", 0) == count)

    await kubernetes.until(is_ready, 20, f"{count} ready of {name}")


async def test_a_statefulset_is_read_with_all_that_a_preflight_needs(
    kubernetes: KubernetesStandIn, workloads: KubernetesWorkloads
) -> None:
    """Counts, revisions, policies, claims and where they are mounted."""
    kubernetes.create(_redis())
    await _ready(kubernetes, "statefulsets", REDIS.name, 2)

    found = await workloads.get(REDIS)

    assert (found.replicas, found.current_replicas, found.ready_replicas) == (2, 2, 2)
    assert (found.pod_management_policy, found.when_scaled) == ("OrderedReady", "Delete")
    assert (found.claims, found.claim_mounts) == (("data",), {"main": ("/data",)})
    assert (found.selector, found.images) == ({"app": REDIS.name}, ("acme/idle:1",))
    assert found.uid
    assert found.current_revision == found.update_revision != ""
    assert rollout_state(found).is_done


async def test_a_deployment_is_read(kubernetes: KubernetesStandIn, workloads: KubernetesWorkloads) -> None:
    """With its availability."""
    kubernetes.create(_manifest("Deployment", MIDDLEWARE.name, 1))
    await _ready(kubernetes, "deployments", MIDDLEWARE.name, 1)

    found = await workloads.get(MIDDLEWARE)

    assert (found.replicas, found.updated_replicas, found.available_replicas) == (1, 1, 1)
    assert not found.progress_deadline_exceeded


async def test_one_patch_carries_version_annotations_and_replicas(
    kubernetes: KubernetesStandIn, workloads: KubernetesWorkloads
) -> None:
    """As a merge patch of the object itself; an annotation given as None goes."""
    kubernetes.create(_redis())
    await _ready(kubernetes, "statefulsets", REDIS.name, 2)
    before = await workloads.get(REDIS)
    marked = await workloads.patch(
        REDIS,
        resource_version=before.resource_version,
        replicas=1,
        annotations={"sfint/run": "r1", "sfint/phase": "down"},
    )
    await _ready(kubernetes, "statefulsets", REDIS.name, 1)

    current = (await workloads.get(REDIS)).resource_version
    unmarked = await workloads.patch(REDIS, resource_version=current, annotations={"sfint/phase": None})

    assert marked.replicas == 1
    assert marked.annotations.items() >= {"sfint/run": "r1", "sfint/phase": "down"}.items()
    assert "sfint/phase" not in unmarked.annotations
    writes = [one for one in kubernetes.requests if one.verb == "patch"]
    assert [(one.resource, one.subresource, one.status) for one in writes] == [("statefulsets", "", 200)] * 2
    assert writes[0].body == {
        "metadata": {
            "resourceVersion": before.resource_version,
            "annotations": {"sfint/run": "r1", "sfint/phase": "down"},
        },
        "spec": {"replicas": 1},
    }


async def test_a_late_write_loses_and_is_not_tried_again(
    kubernetes: KubernetesStandIn, workloads: KubernetesWorkloads
) -> None:
    """Somebody changed the object since it was read."""
    kubernetes.create(_redis())
    before = await workloads.get(REDIS)
    kubernetes.patch("statefulsets", REDIS.name, {"spec": {"replicas": 3}})

    with pytest.raises(Conflict, match="has been modified"):
        await workloads.patch(REDIS, resource_version=before.resource_version, replicas=0)

    assert kubernetes.get("statefulsets", REDIS.name)["spec"]["replicas"] == 3
    bots = [one for one in kubernetes.requests if one.verb == "patch" and one.user != "jane@example.com"]
    assert len(bots) == 1


async def test_a_restart_keeps_the_template_hash(
    kubernetes: KubernetesStandIn, workloads: KubernetesWorkloads
) -> None:
    """So that an approval outlives its own effect; a new image changes it."""
    kubernetes.create(_manifest("Deployment", MIDDLEWARE.name, 1))
    await _ready(kubernetes, "deployments", MIDDLEWARE.name, 1)
    before = await workloads.get(MIDDLEWARE)

    restarted = await workloads.patch(
        MIDDLEWARE,
        resource_version=before.resource_version,
        template_annotations={RESTARTED_AT: "2026-01-01T00:00:00+00:00"},
    )
    image = {"containers": [{"name": "main", "image": "acme/idle:2"}]}
    kubernetes.patch("deployments", MIDDLEWARE.name, {"spec": {"template": {"spec": image}}})
    changed = await workloads.get(MIDDLEWARE)

    assert restarted.generation > before.generation
    assert restarted.template_hash == before.template_hash != changed.template_hash


def test_the_template_hash_ignores_empty_leftovers() -> None:
    """`creationTimestamp: null` and `annotations: {}` come and go with server versions."""
    plain = {"metadata": {"labels": {"a": "b"}}, "spec": {}}
    padded = {"metadata": {"labels": {"a": "b"}, "creationTimestamp": None, "annotations": {}}, "spec": {}}
    annotated = {"metadata": {"labels": {"a": "b"}, "annotations": {"team": "x"}}, "spec": {}}

    assert template_hash(plain) == template_hash(padded) != template_hash(annotated)


async def test_pods_are_listed_by_selector_and_in_order(
    kubernetes: KubernetesStandIn, cluster: KubernetesCluster
) -> None:
    """All of the namespace without one."""
    kubernetes.create(_redis())
    kubernetes.create(_manifest("Deployment", MIDDLEWARE.name, 1))
    await _ready(kubernetes, "statefulsets", REDIS.name, 2)
    await _ready(kubernetes, "deployments", MIDDLEWARE.name, 1)

    mine = await cluster.pods(NAMESPACE, {"app": REDIS.name})

    assert [(pod.name, pod.is_ready, pod.is_deleting) for pod in mine] == [
        ("redis-sentinel-node-0", True, False),
        ("redis-sentinel-node-1", True, False),
    ]
    assert all(pod.ip and pod.uid and pod.created_at for pod in mine)
    assert len(await cluster.pods(NAMESPACE)) == 3
    assert await cluster.pods(NAMESPACE, {"app": "nobody"}) == ()


async def test_a_crash_loop_shows_in_status_logs_and_events(
    kubernetes: KubernetesStandIn, cluster: KubernetesCluster
) -> None:
    """Waiting reason, restarts, exit code; the log of the container before."""

    async def launch(container: Container) -> Launch:
        return Launch(["/bin/sh", "-c", "echo about to fail; exit 3"], container.env)

    kubernetes.kubelet.register("acme/crashing", Runtime(launch))
    kubernetes.create(_manifest("Deployment", MIDDLEWARE.name, 1, image="acme/crashing:1"))

    async def held_back() -> Any:
        pods = await cluster.pods(NAMESPACE)
        return next((pod for pod in pods if pod.crash_loops), None)

    async with asyncio.timeout(20):
        while (pod := await held_back()) is None:  # noqa: ASYNC110  the cluster sets no event of ours
            await asyncio.sleep(0.02)
    container = pod.crash_loops[0]
    log = await cluster.logs(NAMESPACE, pod.name, "main", previous=True, tail_lines=5)
    events = await cluster.events(NAMESPACE, MIDDLEWARE.name)

    assert container.restarts >= 1
    assert (container.last_exit_code, container.last_exit_reason) == (3, "Error")
    assert "restarting failed container=main" in container.waiting_message
    assert log == "about to fail\n"
    assert any(event.reason == "BackOff" and event.subject == pod.name for event in events)


async def test_a_log_of_a_container_that_never_ran_is_not_found(
    kubernetes: KubernetesStandIn, cluster: KubernetesCluster
) -> None:
    """The API says 400 for it; callers fall back to the current one."""
    kubernetes.create(_redis(1))
    await _ready(kubernetes, "statefulsets", REDIS.name, 1)

    with pytest.raises(NotFound, match="previous terminated container"):
        await cluster.logs(NAMESPACE, f"{REDIS.name}-0", "main", previous=True)
    with pytest.raises(NotFound):
        await cluster.logs(NAMESPACE, "no-such-pod", "main")
    assert await cluster.logs(NAMESPACE, f"{REDIS.name}-0", "main") == ""


async def test_services_are_found_by_address_and_headless_ones_left_out(
    kubernetes: KubernetesStandIn, cluster: KubernetesCluster
) -> None:
    """For the verdict that a dialled address is no pod's."""
    for name, address in (("redis", "127.111.0.7"), ("redis-headless", "None")):
        spec = {"clusterIP": address, "selector": {"app": name}, "ports": [{"port": 6379}]}
        metadata = {"name": name, "namespace": NAMESPACE}
        kubernetes.create({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})

    assert await cluster.services(NAMESPACE) == {"127.111.0.7": "redis"}


async def test_autoscalers_are_found_by_what_they_scale(
    kubernetes: KubernetesStandIn, cluster: KubernetesCluster
) -> None:
    """One that would revert a scale."""
    target = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": REDIS.name}
    kubernetes.create(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "redis-hpa", "namespace": NAMESPACE},
            "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3},
        }
    )

    assert await cluster.autoscalers(NAMESPACE, REDIS.name) == ("redis-hpa",)
    assert await cluster.autoscalers(NAMESPACE, "other") == ()


async def test_a_pod_is_deleted_only_with_its_uid(
    kubernetes: KubernetesStandIn, cluster: KubernetesCluster
) -> None:
    """Another pod of the same name stays; one already gone is no error."""
    kubernetes.create(_redis(1))
    await _ready(kubernetes, "statefulsets", REDIS.name, 1)
    name = f"{REDIS.name}-0"
    uid = kubernetes.get("pods", name)["metadata"]["uid"]

    await cluster.delete_pod(NAMESPACE, name, "another-uid")
    await cluster.delete_pod(NAMESPACE, "no-such-pod", uid)
    assert kubernetes.get("pods", name)["metadata"]["uid"] == uid
    await cluster.delete_pod(NAMESPACE, name, uid)

    def is_replaced() -> bool:
        pods = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in kubernetes.all("pods")}
        return pods.get(name, uid) != uid

    await kubernetes.until(is_replaced, 20, "a pod with another uid")


async def test_a_missing_workload_is_not_found(workloads: KubernetesWorkloads) -> None:
    """In the server's words, with what was asked."""
    with pytest.raises(NotFound, match='"redis-sentinel-node" not found'):
        await workloads.get(REDIS)


async def test_a_denied_verb_is_named(kubernetes: KubernetesStandIn, cluster: KubernetesCluster) -> None:
    """Which verb on which resource: what to add to the role."""
    kubernetes.faults.deny("list", "pods")

    with pytest.raises(AccessDenied, match="does not allow us to list pods"):
        await cluster.pods(NAMESPACE)


async def test_an_expired_token_says_so(kubernetes: KubernetesStandIn, cluster: KubernetesCluster) -> None:
    """Rancher tokens have a time to live."""
    kubernetes.expire_token()

    with pytest.raises(AccessDenied, match="token was refused or has expired"):
        await cluster.pods(NAMESPACE)


async def test_a_renewed_kubeconfig_is_taken_up_without_a_restart(
    kubernetes: KubernetesStandIn, tmp_path: Path
) -> None:
    """After a 401 the file is read again, once."""
    path = kubernetes.write_kubeconfig(tmp_path / "config")
    api = await connect_kubernetes(kubeconfig=str(path), context="lab")
    try:
        assert await KubernetesCluster(api).pods(NAMESPACE) == ()
        kubernetes.expire_token()
        renewed = kubernetes.admit("system:serviceaccount:sfint:renewed")
        kubernetes.write_kubeconfig(path, token=renewed)

        assert await KubernetesCluster(api).pods(NAMESPACE) == ()
    finally:
        await api.close()


async def test_reads_survive_a_hiccup(kubernetes: KubernetesStandIn, cluster: KubernetesCluster) -> None:
    """Two 5xx in a row are tried again within the deadline."""
    kubernetes.faults.server_error(503, times=2)

    assert await cluster.pods(NAMESPACE) == ()


async def test_writes_are_never_repeated(kubernetes: KubernetesStandIn, workloads: KubernetesWorkloads) -> None:
    """A 5xx may hide a success: reading again is the caller's."""
    kubernetes.create(_redis())
    version = (await workloads.get(REDIS)).resource_version
    kubernetes.faults.server_error(500, times=1, verb="patch")

    with pytest.raises(Unreachable, match="answered 500"):
        await workloads.patch(REDIS, resource_version=version, replicas=0)

    assert len([one for one in kubernetes.requests if one.verb == "patch"]) == 1


async def test_a_long_wait_is_the_callers(kubernetes: KubernetesStandIn, cluster: KubernetesCluster) -> None:
    """429 with a Retry-After beyond our patience is passed on."""
    kubernetes.faults.too_many_requests(times=None, retry_after=30)

    with pytest.raises(RateLimited) as caught:
        await cluster.pods(NAMESPACE)

    assert caught.value.retry_after_seconds == 30.0


async def test_the_deadline_ends_a_slow_read(kubernetes: KubernetesStandIn) -> None:
    """With what was asked, and for how long."""
    kubernetes.faults.latency_seconds = 5.0
    api = await connect_kubernetes(url=kubernetes.url, token=kubernetes.token, deadline_seconds=0.2)
    try:
        with pytest.raises(Unreachable, match=r"within 0.2 s \(asked to list pods in integrations\)"):
            await KubernetesCluster(api).pods(NAMESPACE)
    finally:
        await api.close()


async def test_a_closed_port_is_unreachable() -> None:
    """Refused, in words."""
    api = await connect_kubernetes(url="http://127.0.0.1:1", token="x", deadline_seconds=1.0)
    try:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await KubernetesCluster(api).pods(NAMESPACE)
    finally:
        await api.close()


async def test_a_kubeconfig_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    """Before anything is asked."""
    with pytest.raises(AccessDenied, match="credentials cannot be read"):
        await connect_kubernetes(kubeconfig=str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "<html>please log in</html>", BadAnswer),
        (200, '["a list"]', BadAnswer),
        (200, '{"items": "many"}', BadAnswer),
        (200, '{"items": [{"status": {"containerStatuses": [{"restartCount": "many"}]}}]}', BadAnswer),
        (404, "404 page not found", BadAnswer),
        (418, "", BadAnswer),
        (502, "<html>bad gateway</html>", Unreachable),
        (403, "<html>forbidden</html>", AccessDenied),
    ],
)
async def test_what_is_no_api_server_is_told(status: int, body: str, error: type[SfintError]) -> None:
    """A proxy's page, half an answer, another program on that port."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api = await connect_kubernetes(url=f"http://127.0.0.1:{runner.addresses[0][1]}", token="x")
    try:
        with pytest.raises(error):
            await KubernetesCluster(api).pods(NAMESPACE)
    finally:
        await api.close()
        await runner.cleanup()


async def test_a_long_list_is_read_to_its_end(
    kubernetes: KubernetesStandIn, cluster: KubernetesCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, by the server's continue token."""
    monkeypatch.setattr("bot.adapters.kubernetes_api._PAGE_SIZE", 2)
    for number in range(5):
        metadata = {"name": f"one-{number}", "namespace": NAMESPACE}
        spec = {"clusterIP": f"127.111.1.{number + 1}", "ports": [{"port": 80}]}
        kubernetes.create({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})

    services = await cluster.services(NAMESPACE)

    assert sorted(services.values()) == [f"one-{number}" for number in range(5)]
    assert len([one for one in kubernetes.requests if one.resource == "services"]) == 3


async def test_a_list_that_expires_half_way_is_begun_anew() -> None:
    """410 Gone for the continue token, as after a compaction of etcd."""
    asked: list[str] = []
    gone = {
        "kind": "Status",
        "code": 410,
        "reason": "Expired",
        "message": "The provided continue parameter is too old",
    }

    async def answer(request: web.Request) -> web.Response:
        position = request.query.get("continue", "")
        asked.append(position)
        if position and len(asked) == 2:
            return web.json_response(gone, status=410)
        item = {"metadata": {"name": f"redis-{position or 0}"}}
        more = {} if position else {"continue": "1"}
        return web.json_response({"kind": "PodList", "metadata": more, "items": [item]})

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api = await connect_kubernetes(url=f"http://127.0.0.1:{runner.addresses[0][1]}", token="x")
    try:
        pods = await KubernetesCluster(api).pods(NAMESPACE)
    finally:
        await api.close()
        await runner.cleanup()

    assert [pod.name for pod in pods] == ["redis-0", "redis-1"]
    assert asked == ["", "1", "", "1"]
