"""Pods are real processes: logs, crash loops, probes, graceful ends, addresses, services."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import psutil
import pytest

from lab.estate.kubernetes import ApiError, KubernetesStandIn
from lab.estate.kubernetes.kubelet.backoff import CrashBackOff
from lab.estate.kubernetes.moments import duration_text
from tests.lab.estate.kubernetes.conftest import SERVE, python
from tests.lab.estate.kubernetes.workloads import deployment, statefulset

PATIENCE = 15.0
NAMESPACE = "integrations"


def web(probed: str = "/health") -> dict[str, Any]:
    """A Deployment of the little web server with its probe."""
    manifest = deployment(image="acme/serve:v1")
    probe = {"httpGet": {"path": probed, "port": 8080}, "periodSeconds": 2}
    manifest["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = probe
    return manifest


def container(kubernetes: KubernetesStandIn, pod: str) -> dict[str, Any]:
    """The status of the pod's only container."""
    statuses = kubernetes.get("pods", pod).get("status", {}).get("containerStatuses") or [{}]
    return dict(statuses[0])


async def log(kubernetes: KubernetesStandIn, pod: str, query: str = "") -> tuple[int, str]:
    """GET pods/log with the bot's token."""
    headers = {"Authorization": f"Bearer {kubernetes.token}"}
    url = f"{kubernetes.url}/api/v1/namespaces/{NAMESPACE}/pods/{pod}/log?{query}"
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as response:
        return response.status, await response.text()


def test_the_back_off_doubles_to_five_minutes_and_forgets() -> None:
    """The first restart is at once; ten good minutes start anew."""
    backoff = CrashBackOff()

    waits = [backoff.after_crash(1) for _ in range(8)]

    assert [duration_text(wait) for wait in waits] == ["0s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"]
    assert backoff.after_crash(600) == 0


async def test_a_crash_loop_looks_like_the_real_one(kubernetes: KubernetesStandIn) -> None:
    """Reason, message, restarts, how it ended, the event, and a phase that stays Running."""
    kubernetes.create(statefulset(replicas=1, image="acme/crash:v1"))

    def is_looping() -> bool:
        return "back-off 20s" in str(container(kubernetes, "node-0").get("state"))

    await kubernetes.until(lambda: bool(kubernetes.all("pods")) and is_looping(), PATIENCE, "the loop")
    pod = kubernetes.get("pods", "node-0")
    seen, uid = container(kubernetes, "node-0"), pod["metadata"]["uid"]

    assert seen["state"]["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": f"back-off 20s restarting failed container=main pod=node-0_{NAMESPACE}({uid})",
    }
    assert seen["restartCount"] == 2
    assert (seen["lastState"]["terminated"]["exitCode"], seen["lastState"]["terminated"]["reason"]) == (3, "Error")
    assert pod["status"]["phase"] == "Running"
    assert f"Back-off restarting failed container main in pod node-0_{NAMESPACE}({uid})" in {
        event["message"] for event in kubernetes.all("events")
    }


async def test_logs_are_kept_for_this_and_the_previous_instance(kubernetes: KubernetesStandIn) -> None:
    """With times, tails and limits."""
    kubernetes.create(statefulset(replicas=1, image="acme/crash:v1"))
    await kubernetes.until(
        lambda: bool(kubernetes.all("pods")) and "CrashLoop" in str(container(kubernetes, "node-0").get("state")),
        PATIENCE,
        "the loop",
    )

    assert await log(kubernetes, "node-0", "previous=true") == (200, "boom from node-0\n")
    assert await log(kubernetes, "node-0", "limitBytes=4") == (200, "boom")
    assert await log(kubernetes, "node-0", "tailLines=0") == (200, "")
    assert (await log(kubernetes, "node-0", "timestamps=true"))[1].endswith("Z boom from node-0\n")


async def test_a_log_that_was_lost_is_an_excuse_under_200(kubernetes: KubernetesStandIn) -> None:
    """The kubelet has begun its answer before it looks for the file."""
    kubernetes.create(statefulset(replicas=1))
    await kubernetes.until(
        lambda: bool(kubernetes.all("pods")) and "running" in container(kubernetes, "node-0").get("state", {}),
        PATIENCE,
        "running",
    )
    lost = container(kubernetes, "node-0")["containerID"]

    kubernetes.logs.forget(lost)

    assert await log(kubernetes, "node-0", "") == (200, f"unable to retrieve container logs for {lost}")


async def test_a_previous_instance_that_never_was_is_refused(kubernetes: KubernetesStandIn) -> None:
    """400 with the real words."""
    kubernetes.create(statefulset(replicas=1))
    await kubernetes.until(
        lambda: bool(kubernetes.all("pods")) and "running" in container(kubernetes, "node-0").get("state", {}),
        PATIENCE,
        "running",
    )

    code, text = await log(kubernetes, "node-0", "previous=true")

    assert code == 400
    assert 'previous terminated container \\"main\\" in pod \\"node-0\\" not found' in text


async def test_a_killed_container_keeps_its_address(kubernetes: KubernetesStandIn) -> None:
    """The pod stays; exit code 137; a log can be followed over its end."""
    kubernetes.create(web())
    await kubernetes.until(lambda: is_available(kubernetes, "web"), PATIENCE, "up")
    (pod,) = kubernetes.all("pods")
    name = pod["metadata"]["name"]

    kubernetes.kubelet.container(NAMESPACE, name, "main").kill()
    await kubernetes.until(
        lambda: container(kubernetes, name)["restartCount"] == 1 and container(kubernetes, name)["ready"],
        PATIENCE,
        "restarted",
    )

    assert kubernetes.get("pods", name)["status"]["podIP"] == pod["status"]["podIP"]
    assert container(kubernetes, name)["lastState"]["terminated"]["exitCode"] == 137
    assert (await log(kubernetes, name, "previous=true"))[1].startswith("serving\n")


def is_available(kubernetes: KubernetesStandIn, name: str) -> bool:
    """Whether the Deployment has all it asks for."""
    held = kubernetes.get("deployments", name)
    return bool(held.get("status", {}).get("availableReplicas") == held["spec"]["replicas"])


@pytest.mark.parametrize(("path", "ready"), [("/health", True), ("/nothing", False)])
async def test_an_http_probe_decides_about_readiness(
    kubernetes: KubernetesStandIn, path: str, ready: bool
) -> None:
    """Asked at the pod's own address."""
    kubernetes.create(web(path))

    def is_serving() -> bool:
        pods = kubernetes.all("pods")
        return bool(pods) and "running" in container(kubernetes, pods[0]["metadata"]["name"]).get("state", {})

    await kubernetes.until(is_serving, PATIENCE, "running")
    if ready:
        await kubernetes.until(lambda: is_available(kubernetes, "web"), PATIENCE, "ready")
    name = kubernetes.all("pods")[0]["metadata"]["name"]
    assert container(kubernetes, name)["ready"] is ready


async def test_a_service_leads_to_a_ready_pod_and_refuses_without_one(kubernetes: KubernetesStandIn) -> None:
    """At its clusterIP."""
    kubernetes.create(web())
    ports = [{"name": "http", "port": 8080}]
    meta = {"name": "web", "namespace": NAMESPACE}
    spec = {"selector": {"app": "web"}, "ports": ports}
    kubernetes.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
    await kubernetes.until(lambda: is_available(kubernetes, "web"), PATIENCE, "ready")
    url = f"http://{kubernetes.get('services', 'web')['spec']['clusterIP']}:8080/health"

    await eventually_answers(url, 200)
    kubernetes.patch("deployments", "web", {"spec": {"replicas": 0}})
    await eventually_answers(url, None)


async def eventually_answers(url: str, expected: int | None) -> None:
    """Ask until the status is that; None stands for a refused connection."""
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as response:
                    seen: int | None = response.status
            except aiohttp.ClientConnectorError:
                seen = None
            except aiohttp.ClientError:
                continue
            if seen == expected:
                return
            await asyncio.sleep(0.02)


async def test_a_container_that_ignores_sigterm_is_killed_after_its_grace(kubernetes: KubernetesStandIn) -> None:
    """gracePeriodSeconds 0 does not even ask."""
    kubernetes.create(statefulset(replicas=1, image="acme/stubborn:v1"))
    await kubernetes.until(
        lambda: bool(kubernetes.all("pods")) and "running" in container(kubernetes, "node-0").get("state", {}),
        PATIENCE,
        "running",
    )
    process = kubernetes.kubelet.container(NAMESPACE, "node-0", "main").process
    assert process is not None
    uid = kubernetes.get("pods", "node-0")["metadata"]["uid"]

    kubernetes.delete("pods", "node-0", grace_seconds=0)

    def is_replaced() -> bool:
        found = kubernetes.store.find("pods", NAMESPACE, "node-0")
        return bool(found and found["metadata"]["uid"] != uid and not psutil.pid_exists(process.pid))

    await kubernetes.until(is_replaced, PATIENCE, "a successor, and the old process is gone")


async def test_nothing_is_left_when_the_cluster_stops() -> None:
    """No process, no directory, and the network is free again."""
    kubernetes = KubernetesStandIn()
    kubernetes.kubelet.register("acme/serve", python(SERVE))
    await kubernetes.start()
    kubernetes.create(deployment(image="acme/serve:v1"))
    await kubernetes.until(lambda: is_available(kubernetes, "web"), PATIENCE, "up")
    name = kubernetes.all("pods")[0]["metadata"]["name"]
    process = kubernetes.kubelet.container(NAMESPACE, name, "main").process
    assert process is not None

    await kubernetes.stop()

    assert not psutil.pid_exists(process.pid)


async def test_in_process_reads_refuse_like_the_api(kubernetes: KubernetesStandIn) -> None:
    """404 as ApiError."""
    with pytest.raises(ApiError, match='pods "gone" not found'):
        kubernetes.get("pods", "gone")
