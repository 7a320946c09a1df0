"""One suite for the ports `cluster` and `workloads`: the fake of the tests, and the adapter with its server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.adapters.kubernetes import KubernetesCluster, KubernetesWorkloads, connect_kubernetes
from bot.domain.errors import Conflict, NotFound
from bot.domain.workload import Container, Kind, Pod, WorkloadRef
from bot.ports.cluster import Cluster
from bot.ports.workloads import Workloads
from lab.estate.kubernetes import KubernetesStandIn
from tests.bot.checks import check_world
from tests.fakes.estate import FakeCluster, FakeWorkloads

_NAMESPACE = "integrations"
_REF = WorkloadRef(Kind.STATEFULSET, _NAMESPACE, "redis")
_LABELS = {"app": "redis"}


@dataclass
class Peers:
    """Both ports of one cluster with a StatefulSet `redis` of two ready pods."""

    cluster: Cluster
    workloads: Workloads


def _fake() -> Peers:
    pods = [
        Pod(
            f"redis-{n}", f"uid-{n}", f"10.0.0.{n}", "Running", True, False, (Container("main", True, 0),), _LABELS
        )
        for n in (1, 0)
    ]
    workload = check_world.workload(_REF, 2, selector=_LABELS)
    return Peers(FakeCluster({_NAMESPACE: pods}), FakeWorkloads(workload))


async def _installed(kubernetes: KubernetesStandIn) -> None:
    container = {"name": "main", "image": "acme/idle:1"}
    template = {"metadata": {"labels": _LABELS}, "spec": {"containers": [container]}}
    spec = {
        "replicas": 2,
        "serviceName": "redis",
        "selector": {"matchLabels": _LABELS},
        "template": template,
    }
    metadata = {"name": "redis", "namespace": _NAMESPACE}
    kubernetes.create({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec})

    def is_settled() -> bool:
        status = kubernetes.get("statefulsets", "redis").get("status", {})
        counts = (status.get("readyReplicas"), status.get("updatedReplicas"), status.get("availableReplicas"))
        return counts == (2, 2, 2)

    await kubernetes.until(is_settled, 20, "two ready pods")


@pytest.fixture(params=["fake", "api-server"])
async def peers(request: pytest.FixtureRequest) -> AsyncIterator[Peers]:
    """The fake, then the adapter."""
    if request.param == "fake":
        yield _fake()
        return
    async with KubernetesStandIn(time_scale=0.01, may_delete_pods=True) as kubernetes:
        await _installed(kubernetes)
        api = await connect_kubernetes(url=kubernetes.url, token=kubernetes.token)
        yield Peers(KubernetesCluster(api), KubernetesWorkloads(api))
        await api.close()


async def test_a_workload_is_read(peers: Peers) -> None:
    """With counts, selector and version; one that is not there is NotFound."""
    found = await peers.workloads.get(_REF)

    assert (found.ref, found.replicas, found.ready_replicas, found.selector) == (_REF, 2, 2, _LABELS)
    assert found.resource_version
    with pytest.raises(NotFound):
        await peers.workloads.get(WorkloadRef(Kind.STATEFULSET, _NAMESPACE, "other"))


async def test_a_patch_changes_what_it_names_and_returns_the_new_reading(peers: Peers) -> None:
    """Annotations merge, None removes, the version and the generation move."""
    before = await peers.workloads.get(_REF)
    marked = await peers.workloads.patch(
        _REF, resource_version=before.resource_version, replicas=3, annotations={"sfint/a": "1", "sfint/b": "2"}
    )

    after = await peers.workloads.patch(
        _REF,
        resource_version=(await peers.workloads.get(_REF)).resource_version,
        annotations={"sfint/a": None},
    )

    assert (marked.replicas, marked.generation) == (3, before.generation + 1)
    assert marked.resource_version != before.resource_version
    assert (after.replicas, after.annotations.get("sfint/a"), after.annotations.get("sfint/b")) == (3, None, "2")


async def test_a_patch_with_an_old_version_changes_nothing(peers: Peers) -> None:
    """Conflict: read again, then decide anew."""
    before = await peers.workloads.get(_REF)
    await peers.workloads.patch(_REF, resource_version=before.resource_version, annotations={"sfint/a": "1"})

    with pytest.raises(Conflict):
        await peers.workloads.patch(_REF, resource_version=before.resource_version, replicas=0)

    assert (await peers.workloads.get(_REF)).replicas == 2


async def test_pods_come_by_selector_in_order_of_name(peers: Peers) -> None:
    """All of them without one, none for labels that nobody has."""
    assert [pod.name for pod in await peers.cluster.pods(_NAMESPACE, _LABELS)] == ["redis-0", "redis-1"]
    assert len(await peers.cluster.pods(_NAMESPACE)) == 2
    assert await peers.cluster.pods(_NAMESPACE, {"app": "other"}) == ()


async def test_a_log_that_does_not_exist_is_not_found(peers: Peers) -> None:
    """An unknown pod, and a container that has no predecessor."""
    with pytest.raises(NotFound):
        await peers.cluster.logs(_NAMESPACE, "other", "main")
    with pytest.raises(NotFound):
        await peers.cluster.logs(_NAMESPACE, "redis-0", "main", previous=True)


async def test_only_the_pod_with_that_uid_is_deleted(peers: Peers) -> None:
    """A wrong uid and a missing name are no errors and change nothing."""
    first = (await peers.cluster.pods(_NAMESPACE))[0]

    await peers.cluster.delete_pod(_NAMESPACE, first.name, "another")
    await peers.cluster.delete_pod(_NAMESPACE, "other", first.uid)
    untouched = [pod.uid for pod in await peers.cluster.pods(_NAMESPACE) if not pod.is_deleting]
    await peers.cluster.delete_pod(_NAMESPACE, first.name, first.uid)
    left = [pod.uid for pod in await peers.cluster.pods(_NAMESPACE) if not pod.is_deleting]

    assert first.uid in untouched
    assert first.uid not in left


async def test_nothing_scales_what_no_autoscaler_names(peers: Peers) -> None:
    """And there are neither services nor events about nothing."""
    assert await peers.cluster.autoscalers(_NAMESPACE, "redis") == ()
    assert await peers.cluster.services(_NAMESPACE) == {}
    assert await peers.cluster.events(_NAMESPACE, "nothing") == ()
