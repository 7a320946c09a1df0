"""A Kubernetes API whose pods are where the test says: nothing runs in it, their ports can be forwarded."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from bot.adapters.kubernetes import KubernetesApi, connect_kubernetes
from bot.adapters.kubernetes_portforward import PortForward
from bot.domain.workload import Pod
from bot.ports.dial import Dialled
from lab.estate.kubernetes import Rule
from lab.estate.kubernetes.faults import Faults
from lab.estate.kubernetes.http import HttpApi
from lab.estate.kubernetes.kubelet import NODE
from lab.estate.kubernetes.kubelet.logs import LogArchive
from lab.estate.kubernetes.pod_logs import PodLogs
from lab.estate.kubernetes.rbac import Gatekeeper, User
from lab.estate.kubernetes.resources import BY_PLURAL
from lab.estate.kubernetes.store import Store
from lab.estate.kubernetes.verbs import Verbs

NAMESPACE = "integrations"
FORWARDS = Rule(("get", "create"), ("",), ("pods/portforward",), (NAMESPACE,))


class ForwardingApi:
    """`dial` is the way to a pod that is made known to the API at that moment."""

    def __init__(self, api: KubernetesApi, http: HttpApi, runner: web.AppRunner, token: str) -> None:
        self.api = api
        self.http = http
        self.http_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.token = token
        self._runner = runner
        self._forward = PortForward(api, NAMESPACE)

    @asynccontextmanager
    async def dial(self, pod: Pod, port: int) -> AsyncIterator[Dialled]:
        """As `bot.ports.dial.Dial`."""
        self.hold(pod)
        async with self._forward(pod, port) as dialled:
            yield dialled

    async def stop(self) -> None:
        """Closes every connection."""
        await self._runner.cleanup()

    def hold(self, pod: Pod, *, phase: str = "Running") -> None:
        """From now on the API knows this pod."""
        if self.http.store.find("pods", NAMESPACE, pod.name):
            self.http.store.remove(BY_PLURAL["pods"], NAMESPACE, pod.name)
        meta = {"name": pod.name, "namespace": NAMESPACE}
        spec = {"nodeName": "node-a", "containers": [{"name": "redis", "image": "redis"}]}
        manifest = {"metadata": meta, "spec": spec, "status": {"phase": phase, "podIP": pod.ip}}
        self.http.store.create(BY_PLURAL["pods"], manifest)


@asynccontextmanager
async def forwarding_api(rules: Sequence[Rule] = (FORWARDS,)) -> AsyncIterator[ForwardingApi]:
    """On loopback, with a token that has these rules."""
    store, gate, token = Store(), Gatekeeper(), secrets.token_urlsafe(12)
    gate.admit(token, User("system:serviceaccount:sfint:sfint", list(rules)))
    http = HttpApi(store, Verbs(store), gate, Faults(), PodLogs(store, LogArchive(), NODE))
    runner = web.AppRunner(http.application(), shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        api = await connect_kubernetes(url=url, token=token, deadline_seconds=2.0)
        try:
            yield ForwardingApi(api, http, runner, token)
        finally:
            await api.close()
    finally:
        await runner.cleanup()
