"""What only a stand-in can be told to do (faults, compaction), the bot's own rights, and the official client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from kubernetes.aio import client, config

from lab.estate.kubernetes import KubernetesStandIn
from tests.lab.estate.kubernetes.workloads import deployment

ROOT = "/apis/apps/v1/namespaces/integrations/deployments"


async def call(
    kubernetes: KubernetesStandIn, method: str, path: str, body: Any = None, *, token: str | None = None
) -> tuple[int, Any, dict[str, str]]:
    """One request with the bot's token."""
    headers = {"Authorization": f"Bearer {kubernetes.token if token is None else token}"}
    if method == "PATCH":
        headers["Content-Type"] = "application/merge-patch+json"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, kubernetes.url + path, json=body) as response,
    ):
        is_json = response.content_type == "application/json" and "watch" not in path
        text = await response.json() if is_json else await response.text()
        return response.status, text, dict(response.headers)


async def test_faults_come_as_asked_and_wear_off(kubernetes: KubernetesStandIn) -> None:
    """429 with Retry-After, 500, 503, 403."""
    kubernetes.faults.too_many_requests(times=1, retry_after=3, resource="deployments")
    code, body, headers = await call(kubernetes, "GET", ROOT)
    assert (code, body, headers["Retry-After"]) == (429, "Too many requests, please try again later.\n", "3")
    assert (await call(kubernetes, "GET", ROOT))[0] == 200

    kubernetes.faults.server_error(503)
    assert (await call(kubernetes, "GET", ROOT))[1]["reason"] == "ServiceUnavailable"
    kubernetes.faults.deny("list", "deployments")
    code, body, _ = await call(kubernetes, "GET", ROOT)
    assert (code, body["message"]) == (
        403,
        'deployments.apps is forbidden: User "system:serviceaccount:sfint:sfint" cannot list resource '
        '"deployments" in API group "apps" in the namespace "integrations"',
    )
    kubernetes.faults.clear()
    assert (await call(kubernetes, "GET", ROOT))[0] == 200


async def test_an_expired_token_is_unauthorized(kubernetes: KubernetesStandIn) -> None:
    """As after Rancher's time to live."""
    kubernetes.expire_token()

    assert (await call(kubernetes, "GET", ROOT))[0] == 401


async def test_an_old_watch_is_told_to_list_again(kubernetes: KubernetesStandIn) -> None:
    """One ERROR line with a 410 Status."""
    kubernetes.create(deployment(replicas=0))
    kubernetes.compact()

    _, text, _ = await call(kubernetes, "GET", f"{ROOT}?watch=1&resourceVersion=1&timeoutSeconds=1")

    assert '"type":"ERROR"' in text
    assert '"code":410' in text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/namespaces/integrations/secrets"),
        ("DELETE", "/api/v1/namespaces/integrations/pods/p"),
        ("DELETE", f"{ROOT}/web"),
        ("PUT", f"{ROOT}/web"),
        ("GET", "/api/v1/namespaces/other/pods"),
        ("PATCH", f"{ROOT}/web/scale"),
    ],
)
async def test_the_bot_has_no_right_beyond_its_needs(
    kubernetes: KubernetesStandIn, method: str, path: str
) -> None:
    """403."""
    assert (await call(kubernetes, method, path, {}))[0] == 403


async def test_the_admission_policy_lets_the_bot_scale_and_annotate_only(kubernetes: KubernetesStandIn) -> None:
    """An image is refused with 422; people are not limited."""
    kubernetes.create(deployment(replicas=0))
    stamp = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}}
    image = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "acme/evil:v1"}]}}}}

    restarted, _, _ = await call(kubernetes, "PATCH", f"{ROOT}/web", stamp)
    refused, body, _ = await call(kubernetes, "PATCH", f"{ROOT}/web", image)
    by_person, _, _ = await call(kubernetes, "PATCH", f"{ROOT}/web", image, token=kubernetes.admin_token)

    assert (restarted, refused, by_person) == (200, 422, 200)
    assert "ValidatingAdmissionPolicy" in body["message"]


async def test_every_request_is_on_record(kubernetes: KubernetesStandIn) -> None:
    """Who, what, and how it was answered."""
    kubernetes.create(deployment(replicas=0))
    await call(kubernetes, "PATCH", f"{ROOT}/web", {"spec": {"replicas": 2}})

    (seen,) = kubernetes.requests

    assert (seen.verb, seen.resource, seen.name, seen.status) == ("patch", "deployments", "web", 200)
    assert (seen.body, seen.user) == ({"spec": {"replicas": 2}}, "system:serviceaccount:sfint:sfint")


async def test_the_official_client_works_with_the_kubeconfig(
    kubernetes: KubernetesStandIn, tmp_path: Path
) -> None:
    """Typed reads, a patch, a conflict."""
    kubernetes.create(deployment(replicas=0))
    path = kubernetes.write_kubeconfig(tmp_path / "kubeconfig")
    configuration = client.Configuration()
    await config.load_kube_config(config_file=str(path), client_configuration=configuration)
    async with client.ApiClient(configuration) as connection:
        apps = client.AppsV1Api(connection)

        (held,) = (await apps.list_namespaced_deployment("integrations")).items
        stale = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 1}}
        with pytest.raises(client.ApiException) as refused:
            await apps.patch_namespaced_deployment("web", "integrations", stale)
        done = await apps.patch_namespaced_deployment("web", "integrations", {"spec": {"replicas": 1}})

    assert (held.metadata.name, refused.value.status, done.spec.replicas) == ("web", 409, 1)
    assert path.stat().st_mode & 0o777 == 0o600
