"""A cluster with the rights that the chart gives the bot, for each of its examples: the stand-in, or a real one.

For the real one the chart is rendered by `go run .` in deploy/check, as helm would; what it makes of roles,
bindings and the admission policy is installed, and the bot comes with a token of their service account.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import yaml

from bot.adapters.kubernetes import KubernetesApi, connect_kubernetes
from bot.adapters.kubernetes_permissions import Need
from lab.estate.kubernetes import KubernetesStandIn
from tests.contracts.kubernetes_peers import MERGE, Json, Peer, fresh_namespace, make_namespace, real_peer, until

DEPLOY = Path(__file__).parents[2] / "deploy"
STATEFULSET, DEPLOYMENT = "redis-sentinel-node", "salesforce-integration"
BOT = "system:serviceaccount:sfint:sfint"
_INSTALLED = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "Role", "RoleBinding")


@dataclass(frozen=True)
class Example:
    """One of deploy/examples: what its switches grant beyond reading."""

    name: str
    needs: frozenset[Need]
    elsewhere: bool = False
    """Whether a target looks at services in a namespace of others."""


EXAMPLES = (
    Example("in-cluster", frozenset({Need.ALWAYS, Need.ACT})),
    Example("everything", frozenset({Need.ALWAYS, Need.ACT, Need.STUCK_PODS}), elsewhere=True),
    Example("permissions-only", frozenset({Need.ALWAYS, Need.ACT, Need.PORT_FORWARD})),
)


@dataclass
class Granted:
    """The bot's own door to the namespace, and an administrator's."""

    admin: Peer
    api: KubernetesApi
    example: Example

    @property
    def namespace(self) -> str:
        """That of the target."""
        return self.admin.namespace

    @property
    def elsewhere(self) -> str:
        """That of others, in which the bot may look at services."""
        return f"{self.namespace}-core"


@asynccontextmanager
async def open_granted(peer: str, example: Example) -> AsyncIterator[Granted]:
    """The namespace with both workloads of the example in it, of no pods."""
    opened = _stand_in(example) if peer == "stand-in" else _real(example)
    async with opened as granted:
        for kind, name in (("StatefulSet", STATEFULSET), ("Deployment", DEPLOYMENT), ("Deployment", "other")):
            await granted.admin.create(f"{kind.lower()}s", workload(kind, name))
        await until(lambda: _is_fenced(granted), "the admission policy holds")
        yield granted


@asynccontextmanager
async def _stand_in(example: Example) -> AsyncIterator[Granted]:
    namespace = fresh_namespace()
    kubernetes = KubernetesStandIn(
        namespaces=(namespace,),
        may_delete_pods=Need.STUCK_PODS in example.needs,
        may_port_forward=Need.PORT_FORWARD in example.needs,
        may_change=(STATEFULSET, DEPLOYMENT),
        may_read=(f"{namespace}-core",) if example.elsewhere else (),
    )
    async with kubernetes, aiohttp.ClientSession() as http:
        admin = Peer(http, kubernetes.url, namespace, kubernetes.admin_token, kubernetes.token, BOT, True)
        api = await connect_kubernetes(url=kubernetes.url, token=kubernetes.token)
        try:
            yield Granted(admin, api, example)
        finally:
            await api.close()


@asynccontextmanager
async def _real(example: Example) -> AsyncIterator[Granted]:
    async with aiohttp.ClientSession() as http:
        admin = real_peer(http, fresh_namespace())
        made = [
            document for document in await _rendered(example, admin.namespace) if document["kind"] in _INSTALLED
        ]
        places = {document["metadata"].get("namespace", "") for document in made} - {""}
        for place in ("sfint", *places):
            await make_namespace(admin, place)
        for document in made:
            await _install(admin, document)
        admin.bot_token = await _account_token(admin)
        ca_file = os.environ["SFINT_KUBE_CA_FILE"]
        api = await connect_kubernetes(url=admin.url, token=admin.bot_token, ca_file=ca_file)
        try:
            yield Granted(admin, api, example)
        finally:
            await api.close()
            for place in places:
                await admin.send("DELETE", f"/api/v1/namespaces/{place}")


async def _rendered(example: Example, namespace: str) -> list[Json]:
    """The example in a namespace of ours; Rancher's user in one of them is the account here."""
    text = (DEPLOY / "examples" / f"{example.name}.yaml").read_text(encoding="utf-8")
    text = re.sub(r"namespace: integrations\b", f"namespace: {namespace}", text).replace("u-abcde", f'"{BOT}"')
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as values:
        values.write(text)
        values.flush()
        process = await asyncio.create_subprocess_exec(
            "go", "run", ".", values.name, cwd=DEPLOY / "check", stdout=PIPE, stderr=PIPE
        )
        output, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    return [document for document in yaml.safe_load_all(output) if document]


async def _install(admin: Peer, document: Json) -> None:
    """Created, or replaced: what is of the whole cluster stays from one test to the next."""
    kind, namespace = str(document["kind"]), document["metadata"].get("namespace")
    group, plural = document["apiVersion"], {"ValidatingAdmissionPolicy": "validatingadmissionpolicies"}
    root = f"/apis/{group}" + (f"/namespaces/{namespace}" if namespace else "")
    path = f"{root}/{plural.get(kind, f'{kind.lower()}s')}"
    made = await admin.send("POST", path, document)
    if made.code == 409:
        name = document["metadata"]["name"]
        made = await admin.send("PATCH", f"{path}/{name}", {"spec": document["spec"]}, kind=MERGE)
    assert made.code in (200, 201), made.body


async def _account_token(admin: Peer) -> str:
    accounts = "/api/v1/namespaces/sfint/serviceaccounts"
    assert (await admin.send("POST", accounts, {"metadata": {"name": "sfint"}})).code in (201, 409)
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    answer = await admin.send("POST", f"{accounts}/sfint/token", asked)
    assert answer.code == 201, answer.body
    return str(answer.body["status"]["token"])


async def _is_fenced(granted: Granted) -> bool:
    """Whether roles and policy are in force: a forbidden label is refused by the policy, not by the role."""
    for plural, name in (("statefulsets", STATEFULSET), ("deployments", DEPLOYMENT)):
        path = granted.admin.path(plural, name, query="dryRun=All")
        body = {"metadata": {"labels": {"fenced": "yes"}}}
        answer = await granted.admin.send("PATCH", path, body, kind=MERGE, token=granted.admin.bot_token)
        if answer.code != 422:
            return False
    return True


def workload(kind: str, name: str) -> Json:
    """Of no pods, with a label, an annotation and a template that a policy could lose."""
    labels = {"app": name}
    containers = [{"name": "main", "image": "acme/idle:v1", "env": [{"name": "MODE", "value": "x"}]}]
    template = {
        "metadata": {"labels": labels, "annotations": {"example.com/config": "abc"}},
        "spec": {"containers": containers},
    }
    spec: Json = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    spec |= {"serviceName": name} if kind == "StatefulSet" else {}
    metadata = {"name": name, "labels": labels, "annotations": {"example.com/owner": "platform"}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}
