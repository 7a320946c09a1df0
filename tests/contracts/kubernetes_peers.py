"""The two peers of the Kubernetes contract: the stand-in, and a real kube-apiserver when one is named.

A real one is named by SFINT_KUBE_APISERVER (its URL), SFINT_KUBE_CA_FILE, SFINT_KUBE_ADMIN_TOKEN and
SFINT_KUBE_BOT_TOKEN (a token without any rights of its own, for the user in SFINT_KUBE_BOT_USER). It needs no
controllers and no nodes.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from lab.estate.kubernetes import KubernetesStandIn, Rule

Json = dict[str, Any]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
BOT_RULES: list[Json] = [
    {"verbs": ["get", "list", "watch"], "apiGroups": [""], "resources": ["pods"]},
    {"verbs": ["get", "list", "watch", "patch"], "apiGroups": ["apps"], "resources": ["statefulsets"]},
]


@dataclass
class Answer:
    """What came back."""

    code: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Peer:
    """An API server, a namespace of our own in it, and two users."""

    session: aiohttp.ClientSession
    url: str
    namespace: str
    admin_token: str
    bot_token: str
    bot_user: str
    tls: ssl.SSLContext | bool

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        kind: str = "application/json",
        token: str | None = None,
        accept: str = "application/json",
    ) -> Answer:
        """One request; `token` None is the admin, empty is nobody."""
        token = self.admin_token if token is None else token
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
        if body is not None:
            headers["Content-Type"] = kind
        data = None if body is None else json.dumps(body)
        async with self.session.request(
            method, self.url + path, data=data, headers=headers, ssl=self.tls
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Answer(response.status, json.loads(text) if is_json else text, dict(response.headers))

    def path(self, plural: str, name: str = "", sub: str = "", query: str = "") -> str:
        """The path of a resource in our namespace."""
        root = {"pods": "/api/v1", "services": "/api/v1", "events": "/api/v1"}.get(plural, "/apis/apps/v1")
        parts = [f"{root}/namespaces/{self.namespace}/{plural}", name, sub]
        return "/".join(part for part in parts if part) + (f"?{query}" if query else "")

    async def create(self, plural: str, manifest: Json) -> Json:
        """Create it, and say what went wrong if it could not be."""
        answer = await self.send("POST", self.path(plural), manifest)
        assert answer.code == 201, answer.body
        return dict(answer.body)


def peer_names() -> list[str]:
    """The stand-in always; the real one where it is named."""
    return ["stand-in", *(["kube-apiserver"] if "SFINT_KUBE_APISERVER" in os.environ else [])]


async def open_peer(name: str) -> AsyncIterator[Peer]:
    """The peer, ready, with a fresh namespace."""
    namespace = fresh_namespace()
    async with aiohttp.ClientSession() as session:
        if name == "stand-in":
            async with KubernetesStandIn(namespaces=(namespace,)) as stand_in:
                rules = [
                    Rule(tuple(r["verbs"]), tuple(r["apiGroups"]), tuple(r["resources"]), (namespace,))
                    for r in BOT_RULES
                ]
                user = "system:serviceaccount:sfint:sfint"
                token = stand_in.admit(user, rules)
                yield Peer(session, stand_in.url, namespace, stand_in.admin_token, token, user, True)
            return
        peer = real_peer(session, namespace)
        await _prepare(peer)
        yield peer
        await peer.send("DELETE", f"/api/v1/namespaces/{namespace}")


def fresh_namespace() -> str:
    """A name that nobody has used."""
    return f"contract-{uuid.uuid4().hex[:8]}"


def real_peer(session: aiohttp.ClientSession, namespace: str) -> Peer:
    """The API server that is named, with nothing made in it yet."""
    tls = ssl.create_default_context(cafile=os.environ["SFINT_KUBE_CA_FILE"])
    url, admin, bot, user = (
        os.environ[f"SFINT_KUBE_{key}"] for key in ("APISERVER", "ADMIN_TOKEN", "BOT_TOKEN", "BOT_USER")
    )
    return Peer(session, url, namespace, admin, bot, user, tls)


async def make_namespace(peer: Peer, name: str) -> None:
    """One that may be there already."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    assert (await peer.send("POST", "/api/v1/namespaces", body)).code in (201, 409)


async def _prepare(peer: Peer) -> None:
    await make_namespace(peer, peer.namespace)
    root = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{peer.namespace}"
    role = {"metadata": {"name": "sfint"}, "rules": BOT_RULES}
    assert (await peer.send("POST", f"{root}/roles", role)).code == 201
    binding = {
        "metadata": {"name": "sfint"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "sfint"},
        "subjects": [{"kind": "User", "name": peer.bot_user, "apiGroup": "rbac.authorization.k8s.io"}],
    }
    assert (await peer.send("POST", f"{root}/rolebindings", binding)).code == 201

    async def is_bound() -> bool:
        return (await peer.send("GET", peer.path("statefulsets"), token=peer.bot_token)).code == 200

    await until(is_bound, "the authorizer knows the binding")


async def until(is_so: Callable[[], Awaitable[bool]], what: str) -> None:
    """Rights and policies are told to the parts of a real API server a moment after they are stored."""
    try:
        async with asyncio.timeout(20):
            while not await is_so():  # noqa: ASYNC110  the server sets no event of ours
                await asyncio.sleep(0.02)
    except TimeoutError as error:
        raise TimeoutError(f"not in time: {what}") from error
