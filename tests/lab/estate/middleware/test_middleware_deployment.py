"""The middleware in the lab's cluster: it serves, and each breakage is what it claims to be."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from redis.asyncio import Redis

from lab.estate.kubernetes import KubernetesStandIn
from lab.estate.live_agent import LiveAgentStandIn
from lab.estate.middleware_deployment import IMAGE, MiddlewareDeployment
from lab.estate.salesforce import SalesforceStandIn
from tests.lab.estate.middleware.valkey_process import Valkey, eventually


@pytest.fixture
async def kubernetes() -> AsyncIterator[KubernetesStandIn]:
    async with KubernetesStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def deployment(
    kubernetes: KubernetesStandIn, salesforce: SalesforceStandIn, agent: LiveAgentStandIn, sentinel: Valkey
) -> AsyncIterator[MiddlewareDeployment]:
    middleware = MiddlewareDeployment(kubernetes, salesforce, agent, lambda: f"{sentinel.host}:{sentinel.port}")
    await middleware.start()
    await middleware.until_ready()
    yield middleware
    await middleware.stop()


async def logs(kubernetes: KubernetesStandIn, pod: str) -> str:
    """The container's log, through the API."""
    url = f"{kubernetes.url}/api/v1/namespaces/integrations/pods/{pod}/log"
    headers = {"Authorization": f"Bearer {kubernetes.token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return await response.text()


async def test_deployment_serves_with_the_image_and_the_names_of_the_runbook(
    kubernetes: KubernetesStandIn, deployment: MiddlewareDeployment
) -> None:
    """One ready pod, a chat end to end, and no secret in the manifest."""
    manifest = kubernetes.get("deployments", "salesforce-integration")

    assert await deployment.serves()
    assert manifest["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
    assert len(deployment.pods()) == 1
    assert deployment.secrets["SFC_PASSWORD"] not in str(manifest)


async def test_scaled_to_zero_and_deleted_do_not_serve(
    kubernetes: KubernetesStandIn, deployment: MiddlewareDeployment
) -> None:
    """Both ways to be down, and the ways back."""
    deployment.scale_to_zero()
    await kubernetes.until(lambda: not deployment.pods(), 20, "no pod")
    served_at_zero = await deployment.serves()
    deployment.delete_deployment()
    await kubernetes.until(lambda: not kubernetes.all("deployments"), 20, "no deployment")
    served_deleted = await deployment.serves()
    deployment.create()
    await deployment.until_ready()

    assert (served_at_zero, served_deleted) == (False, False)
    await eventually(deployment.serves)


async def test_crash_loop_is_a_go_panic_with_exit_code_2(
    kubernetes: KubernetesStandIn, deployment: MiddlewareDeployment
) -> None:
    """The kubelet backs off; a right value and a fresh pod bring it back."""
    deployment.crash_loop()

    def is_looping() -> bool:
        statuses = [status for pod in deployment.pods() for status in pod["status"].get("containerStatuses", [])]
        return any(
            status["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff"
            and status["lastState"]["terminated"]["exitCode"] == 2
            for status in statuses
        )

    await kubernetes.until(is_looping, 20, "a crash loop")
    text = await logs(kubernetes, deployment.pods()[-1]["metadata"]["name"])
    assert "panic: envconfig.Process: assigning SALESFORCE-INTEGRATION_SFC_API_VERSION" in text
    assert not await deployment.serves()
    deployment.fix_configuration()
    deployment.restart_pods()
    await eventually(deployment.serves)


async def test_client_that_missed_the_move_is_stale_until_it_is_restarted(
    replica: Valkey,
    kubernetes: KubernetesStandIn,
    deployment: MiddlewareDeployment,
    master: Valkey,
    sentinel: Valkey,
) -> None:
    """Sentinel is right, the process alone dials the dead address, and it looks ready all the while."""

    async def has_moved() -> bool:
        # Not GET-MASTER-ADDR-BY-NAME: that names the new master before +switch-master is published.
        async with Redis(host=sentinel.host, port=sentinel.port, decode_responses=True) as redis:
            return bool((await redis.sentinel_master("mymaster"))["port"] == replica.port)

    await eventually(lambda: sentinel.knows(replica))
    async with deployment.deaf_to_sentinel():
        await master.kill()
        await eventually(has_moved)

    pod = deployment.pods()[0]["metadata"]["name"]
    dialled = f"dial tcp {master.host}:{master.port}: connect: connection refused"

    async def shows_in_the_log() -> bool:
        return f"from redis : [{dialled}]" in await logs(kubernetes, pod)

    await eventually(shows_in_the_log)
    status, body = await deployment.connect()
    assert (status, dialled in body) == (500, True)
    assert deployment.available_replicas() == 1
    deployment.restart_pods()
    await eventually(deployment.serves)
