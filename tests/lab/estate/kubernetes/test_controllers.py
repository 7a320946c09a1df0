"""Deployments and StatefulSets behave as the real controllers do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.estate.kubernetes import KubernetesStandIn
from lab.estate.kubernetes.controllers.rollout import new_count, resolve_fences, surplus
from lab.estate.kubernetes.resources import Json
from lab.estate.kubernetes.store import Change
from tests.lab.estate.kubernetes.workloads import deployment, statefulset

PATIENCE = 15.0


def pod_names(kubernetes: KubernetesStandIn) -> list[str]:
    """The pods, by name."""
    return [pod["metadata"]["name"] for pod in kubernetes.all("pods")]


def status(kubernetes: KubernetesStandIn, plural: str, name: str) -> Json:
    """The workload's status."""
    return dict(kubernetes.get(plural, name).get("status") or {})


async def ready(kubernetes: KubernetesStandIn, plural: str, name: str, count: int) -> None:
    """Wait for so many ready replicas of the present generation."""

    def is_so() -> bool:
        held = kubernetes.get(plural, name)
        seen = held.get("status") or {}
        is_current = seen.get("observedGeneration") == held["metadata"]["generation"]
        return is_current and seen.get("readyReplicas", 0) == seen.get("replicas") == count

    await kubernetes.until(is_so, PATIENCE, f"{count} ready {name}")


def creations(kubernetes: KubernetesStandIn) -> Callable[[], list[str]]:
    """The pods' comings and goings, as they are written from now on."""
    seen: list[str] = []

    def note(change: Change) -> None:
        if change.resource.plural == "pods" and change.type in ("ADDED", "DELETED"):
            seen.append(f"{'+' if change.type == 'ADDED' else '-'}{change.new['metadata']['name']}")

    kubernetes.store.listen(note)
    return lambda: seen


@pytest.mark.parametrize(
    ("desired", "surge", "unavailable", "expected"),
    [(1, "25%", "25%", (1, 0)), (4, "25%", "25%", (1, 1)), (10, "25%", "25%", (3, 2)), (3, 0, 0, (0, 1))],
)
def test_percentages_are_rounded_as_kubernetes_does(
    desired: int, surge: int | str, unavailable: int | str, expected: tuple[int, int]
) -> None:
    """Surge up, unavailable down, never both zero."""
    fences = resolve_fences(desired, surge, unavailable)

    assert (fences.max_surge, fences.max_unavailable) == expected


def test_a_rolling_update_never_passes_its_fences() -> None:
    """The new set grows into the surge; old pods go only when enough are available."""
    fences = resolve_fences(4, "25%", "25%")

    assert new_count(4, 0, 4, fences) == 1
    assert new_count(4, 1, 5, fences) == 1
    assert surplus(4, 5, 1, fences) == 1
    assert surplus(4, 5, 3, fences) == 0


async def test_a_restart_rolls_one_new_pod_in_before_the_old_one_goes(kubernetes: KubernetesStandIn) -> None:
    """One replica: surge 1, unavailable 0; revision and hash change."""
    kubernetes.create(deployment())
    await ready(kubernetes, "deployments", "web", 1)
    (old,) = pod_names(kubernetes)
    seen = creations(kubernetes)

    stamp = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}}}
    kubernetes.patch("deployments", "web", {"spec": {"template": stamp}})
    await kubernetes.until(lambda: f"-{old}" in seen(), PATIENCE, "the old pod is gone")

    assert seen()[0].startswith("+web-")
    assert seen()[-1] == f"-{old}"
    held = kubernetes.get("deployments", "web")
    assert held["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    await ready(kubernetes, "deployments", "web", 1)
    conditions = {each["type"]: each["reason"] for each in status(kubernetes, "deployments", "web")["conditions"]}
    assert conditions == {"Available": "MinimumReplicasAvailable", "Progressing": "NewReplicaSetAvailable"}


async def test_recreate_ends_the_old_pod_first(kubernetes: KubernetesStandIn) -> None:
    """Never two at a time."""
    kubernetes.create(deployment(strategy={"type": "Recreate"}))
    await ready(kubernetes, "deployments", "web", 1)
    (old,) = pod_names(kubernetes)
    seen = creations(kubernetes)

    kubernetes.patch("deployments", "web", {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}})
    await kubernetes.until(lambda: len(seen()) == 2, PATIENCE, "one gone, one new")

    assert seen()[0] == f"-{old}"
    assert seen()[1].startswith("+web-")


async def test_a_rollout_that_does_not_come_up_exceeds_its_deadline(kubernetes: KubernetesStandIn) -> None:
    """The old pod stays and serves; Progressing turns False with the real reason."""
    kubernetes.create(deployment(progressDeadlineSeconds=60))
    await ready(kubernetes, "deployments", "web", 1)

    probe = {"httpGet": {"path": "/nothing", "port": 8080}}
    bad = {"name": "main", "image": "acme/serve:v2", "readinessProbe": probe}
    kubernetes.patch("deployments", "web", {"spec": {"template": {"spec": {"containers": [bad]}}}})

    def is_late() -> bool:
        reasons = [each["reason"] for each in status(kubernetes, "deployments", "web").get("conditions", [])]
        return "ProgressDeadlineExceeded" in reasons

    await kubernetes.until(is_late, PATIENCE, "the deadline")
    assert status(kubernetes, "deployments", "web")["availableReplicas"] == 1


async def test_a_deleted_pod_is_made_again(kubernetes: KubernetesStandIn) -> None:
    """Under a new name by a ReplicaSet, under the same by a StatefulSet, with a new address each time."""
    kubernetes.create(deployment())
    kubernetes.create(statefulset(replicas=1))
    await ready(kubernetes, "deployments", "web", 1)
    await ready(kubernetes, "statefulsets", "node", 1)
    before = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in kubernetes.all("pods")}
    uids = {pod["metadata"]["uid"] for pod in kubernetes.all("pods")}

    for name in before:
        kubernetes.delete("pods", name)

    def are_new() -> bool:
        pods = kubernetes.all("pods")
        is_running = all((pod.get("status") or {}).get("podIP") for pod in pods)
        return len(pods) == 2 and is_running and not uids & {pod["metadata"]["uid"] for pod in pods}

    await kubernetes.until(are_new, PATIENCE, "two new pods")
    after = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in kubernetes.all("pods")}
    assert set(before) & set(after) == {"node-0"}
    assert not set(before.values()) & set(after.values())


async def test_a_statefulset_comes_and_goes_in_order(kubernetes: KubernetesStandIn) -> None:
    """Up by ordinal, down from the highest."""
    seen = creations(kubernetes)
    kubernetes.create(statefulset())
    await ready(kubernetes, "statefulsets", "node", 3)

    kubernetes.patch("statefulsets", "node", {"spec": {"replicas": 0}})
    await ready(kubernetes, "statefulsets", "node", 0)

    assert seen() == ["+node-0", "+node-1", "+node-2", "-node-2", "-node-1", "-node-0"]
    assert pod_names(kubernetes) == []


async def unready(kubernetes: KubernetesStandIn, count: int) -> None:
    """Wait until that many of the StatefulSet's pods are not ready."""

    def is_so() -> bool:
        seen = status(kubernetes, "statefulsets", "node")
        return bool(seen["replicas"] - seen.get("readyReplicas", 0) == count)

    await kubernetes.until(is_so, PATIENCE, f"{count} unready")


async def test_two_unready_pods_stall_an_ordered_scale_down(kubernetes: KubernetesStandIn, sick: set[str]) -> None:
    """Only the lowest unhealthy pod may be deleted unready; a person who deletes the stuck one helps."""
    kubernetes.create(statefulset(image="acme/moody:v1"))
    await ready(kubernetes, "statefulsets", "node", 3)
    sick |= {"node-1", "node-2"}
    await unready(kubernetes, 2)
    seen = creations(kubernetes)

    kubernetes.patch("statefulsets", "node", {"spec": {"replicas": 0}})
    await observed(kubernetes)
    stalled = list(seen())
    kubernetes.delete("pods", "node-2")
    await kubernetes.until(lambda: not pod_names(kubernetes), PATIENCE, "no pod")

    assert stalled == []
    assert seen() == ["-node-2", "-node-1", "-node-0"]


async def test_one_unready_pod_does_not_stall_it(kubernetes: KubernetesStandIn, sick: set[str]) -> None:
    """It is the lowest unhealthy one."""
    kubernetes.create(statefulset(image="acme/moody:v1"))
    await ready(kubernetes, "statefulsets", "node", 3)
    sick.add("node-2")
    await unready(kubernetes, 1)

    kubernetes.patch("statefulsets", "node", {"spec": {"replicas": 0}})

    await kubernetes.until(lambda: not pod_names(kubernetes), PATIENCE, "no pod")


async def test_parallel_starts_and_ends_all_at_once(kubernetes: KubernetesStandIn, sick: set[str]) -> None:
    """Nobody waits for anybody, healthy or not."""
    sick |= {"node-0", "node-1", "node-2"}
    kubernetes.create(statefulset(image="acme/moody:v1", podManagementPolicy="Parallel"))
    await kubernetes.until(lambda: len(pod_names(kubernetes)) == 3, PATIENCE, "three pods")

    kubernetes.patch("statefulsets", "node", {"spec": {"replicas": 0}})

    await kubernetes.until(lambda: not pod_names(kubernetes), PATIENCE, "no pod")


async def test_a_statefulset_rolls_from_the_highest_and_then_calls_the_revision_current(
    kubernetes: KubernetesStandIn,
) -> None:
    """updateRevision and currentRevision differ on the way and agree at the end."""
    kubernetes.create(statefulset())
    await ready(kubernetes, "statefulsets", "node", 3)
    before = status(kubernetes, "statefulsets", "node")["currentRevision"]
    seen = creations(kubernetes)

    kubernetes.patch("statefulsets", "node", {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}})

    def is_done() -> bool:
        now = status(kubernetes, "statefulsets", "node")
        return now["currentRevision"] == now["updateRevision"] != before

    await kubernetes.until(is_done, PATIENCE, "the roll-out")
    assert seen() == ["-node-2", "+node-2", "-node-1", "+node-1", "-node-0", "+node-0"]


@pytest.mark.parametrize(
    ("policy", "kept"), [("Retain", ["data-node-0", "data-node-1"]), ("Delete", ["data-node-0"])]
)
async def test_what_happens_to_volumes_when_scaled_down(
    kubernetes: KubernetesStandIn, policy: str, kept: list[str]
) -> None:
    """whenScaled: Delete takes the claim and what is in it."""
    claims = [{"metadata": {"name": "data"}, "spec": {}}]
    retention = {"whenScaled": policy, "whenDeleted": "Retain"}
    kubernetes.create(
        statefulset(replicas=2, volumeClaimTemplates=claims, persistentVolumeClaimRetentionPolicy=retention)
    )
    await ready(kubernetes, "statefulsets", "node", 2)

    kubernetes.patch("statefulsets", "node", {"spec": {"replicas": 1}})
    await ready(kubernetes, "statefulsets", "node", 1)

    assert [claim["metadata"]["name"] for claim in kubernetes.all("persistentvolumeclaims")] == kept


async def test_deleting_a_workload_takes_its_pods(kubernetes: KubernetesStandIn) -> None:
    """By way of the ReplicaSet."""
    kubernetes.create(deployment(replicas=2))
    await ready(kubernetes, "deployments", "web", 2)

    kubernetes.delete("deployments", "web")

    await kubernetes.until(
        lambda: not kubernetes.all("replicasets") and not pod_names(kubernetes), PATIENCE, "gone"
    )


async def observed(kubernetes: KubernetesStandIn) -> None:
    """The controller has seen the latest spec."""

    def is_so() -> bool:
        held = kubernetes.get("statefulsets", "node")
        return bool(held["status"]["observedGeneration"] == held["metadata"]["generation"])

    await kubernetes.until(is_so, PATIENCE, "the controller has looked")
