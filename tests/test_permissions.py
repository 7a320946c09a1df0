"""The lists of permissions are what the adapters use, no more and no less, and the document shows them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from bot.adapters.kubernetes import KubernetesApi, KubernetesCluster, KubernetesWorkloads, connect_kubernetes
from bot.adapters.kubernetes_permissions import PERMISSIONS, Need
from bot.adapters.kubernetes_portforward import PortForward
from bot.adapters.kubernetes_proofs import kubernetes_questions
from bot.adapters.slack_scopes import APP_TOKEN_SCOPES, SCOPES
from bot.domain.errors import SfintError
from bot.domain.proof import Standing
from bot.domain.workload import Kind, WorkloadRef
from bot.usecases.prove_settings import prove_settings
from lab.estate.kubernetes import KubernetesStandIn, Rule
from tests.bot.adapters.redis_processes import pod_at

ROOT = Path(__file__).parents[1]
NAMESPACE = "integrations"
_NAMES = {"patch statefulsets.apps": ("node",), "patch deployments.apps": ("middleware",)}
DOCUMENT = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")


@pytest.fixture
async def cluster() -> AsyncIterator[tuple[KubernetesStandIn, KubernetesApi]]:
    """A cluster that grants exactly the list, and a door to it."""
    async with KubernetesStandIn() as stand_in:
        rules = [Rule((each.verb,), (each.group,), (each.resource,), (NAMESPACE,)) for each in PERMISSIONS]
        api = await connect_kubernetes(url=stand_in.url, token=stand_in.admit("sfint", rules))
        yield stand_in, api
        await api.close()


async def _use_everything(api: KubernetesApi) -> None:
    """Every call that an adapter can make; nothing is there, so most answer `not found`."""
    read, write = KubernetesCluster(api), KubernetesWorkloads(api)
    await read.pods(NAMESPACE)
    await read.services(NAMESPACE)
    await read.events(NAMESPACE, "x")
    await read.autoscalers(NAMESPACE, "x")
    await read.delete_pod(NAMESPACE, "x", "uid")
    with contextlib.suppress(SfintError):
        await read.logs(NAMESPACE, "x", "main")
    for kind in Kind:
        with contextlib.suppress(SfintError):
            await write.get(WorkloadRef(kind, NAMESPACE, "x"))
        with contextlib.suppress(SfintError):
            await write.patch(WorkloadRef(kind, NAMESPACE, "x"), resource_version="1", replicas=1)
    with contextlib.suppress(SfintError):
        async with PortForward(api, NAMESPACE)(pod_at("x", "127.0.0.1"), 1):
            pass


async def test_kubernetes_permissions_are_those_of_the_calls(
    cluster: tuple[KubernetesStandIn, KubernetesApi],
) -> None:
    """A new call needs its line; a line without a call goes. (A WebSocket's GET needs `create` as well.)"""
    stand_in, api = cluster

    await _use_everything(api)

    asked = [each for each in stand_in.requests if each.user == "sfint"]
    used = {(each.verb, f"{each.resource}/{each.subresource}".rstrip("/")) for each in asked}
    assert 403 not in {each.status for each in asked}
    assert used | {("create", "pods/portforward")} == {(each.verb, each.resource) for each in PERMISSIONS}


async def test_a_role_may_name_the_workloads_that_it_lets_us_change() -> None:
    """The chart's does: asked about all StatefulSets, Kubernetes would say no."""
    async with KubernetesStandIn() as stand_in:
        rules = [
            Rule((each.verb,), (each.group,), (each.resource,), (NAMESPACE,), _NAMES.get(str(each), ("*",)))
            for each in PERMISSIONS
        ]
        api = await connect_kubernetes(url=stand_in.url, token=stand_in.admit("sfint", rules))
        try:
            names = {"statefulsets": "node", "deployments": "elsewhere"}
            proofs = await prove_settings(kubernetes_questions(api, "acme", NAMESPACE, set(Need), names))
        finally:
            await api.close()

    missing = [proof for proof in proofs if proof.standing is not Standing.OK]
    assert [proof.what for proof in missing] == ["patch deployments.apps"]
    assert 'resourceNames: ["elsewhere"]' in missing[0].fix


def test_every_public_call_of_the_adapters_is_tried_here() -> None:
    """A method that is added must be used above."""
    public = {
        name
        for adapter in (KubernetesCluster, KubernetesWorkloads)
        for name in vars(adapter)
        if not name.startswith("_")
    }

    assert public == {"pods", "services", "events", "autoscalers", "delete_pod", "logs", "get", "patch"}


@pytest.mark.parametrize("name", ["manifest.yml", "manifest.http.yml"])
def test_slack_scopes_are_those_of_the_manifest(name: str) -> None:
    """tools/lint_manifests.py holds the manifest to the calls."""
    manifest = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))

    assert set(manifest["oauth_config"]["scopes"]["bot"]) == set(SCOPES)


def test_the_document_has_every_permission_with_its_reason_and_no_other() -> None:
    """Its tables are these lists."""
    scopes = [f"| `{scope}` | {why} |" for scope, why in (SCOPES | APP_TOKEN_SCOPES).items()]
    needs = {need: "always" if need is Need.ALWAYS else need.value for need in Need}
    verbs = [
        f"| `{each.verb}` | `{each.resource}` | {f'`{each.group}`' if each.group else 'core'} | {each.why} | "
        f"{needs[each.need]} |"
        for each in PERMISSIONS
    ]

    assert [line for line in DOCUMENT.splitlines() if line.startswith("| `")] == scopes + verbs
