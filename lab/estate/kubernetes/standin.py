"""The cluster stand-in, put together: API, controllers, node, service addresses."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from lab.estate.kubernetes.controllers.deployments import DeploymentController
from lab.estate.kubernetes.controllers.endpoints import EndpointSliceController
from lab.estate.kubernetes.controllers.garbage import GarbageCollector
from lab.estate.kubernetes.controllers.manager import ControllerManager
from lab.estate.kubernetes.controllers.replicasets import ReplicaSetController
from lab.estate.kubernetes.controllers.statefulsets import StatefulSetController
from lab.estate.kubernetes.faults import Faults
from lab.estate.kubernetes.http import HttpApi, Observer, Recorded
from lab.estate.kubernetes.kube_proxy import KubeProxy
from lab.estate.kubernetes.kubeconfig import write_kubeconfig
from lab.estate.kubernetes.kubelet import NODE, Kubelet
from lab.estate.kubernetes.kubelet.addresses import Addresses
from lab.estate.kubernetes.kubelet.logs import LogArchive
from lab.estate.kubernetes.moments import ScaledTime
from lab.estate.kubernetes.patches import MERGE
from lab.estate.kubernetes.pod_logs import PodLogs
from lab.estate.kubernetes.rbac import EVERYTHING, Gatekeeper, Rule, User, bot_rules, reading_rules
from lab.estate.kubernetes.resources import BY_PLURAL, Json, resource_of
from lab.estate.kubernetes.store import Store
from lab.estate.kubernetes.verbs import Verbs

BOT_USER = "system:serviceaccount:sfint:sfint"
ADMIN_USER = "jane@example.com"
SHUTDOWN_SECONDS = 0.2


class KubernetesStandIn:
    """A cluster of one node in this process.

    `time_scale` shortens what the cluster waits for: at 0.05 a crash-loop back-off of `5m0s` takes 15 s,
    though every message says what the real one would say. In the namespaces `may_read` the bot may only read,
    and of the workloads it may change those that `may_change` names.
    """

    def __init__(
        self,
        *,
        time_scale: float = 0.05,
        namespaces: tuple[str, ...] = ("integrations",),
        may_delete_pods: bool = False,
        may_port_forward: bool = False,
        may_read: tuple[str, ...] = (),
        may_change: tuple[str, ...] = ("*",),
    ) -> None:
        self.time = ScaledTime(time_scale)
        self.store = Store()
        self.faults = Faults()
        self.gate = Gatekeeper()
        self.addresses = Addresses()
        self.token = secrets.token_urlsafe(24)
        self.admin_token = secrets.token_urlsafe(24)
        rules = bot_rules(
            namespaces,
            may_delete_pods=may_delete_pods,
            may_port_forward=may_port_forward,
            workloads=may_change,
        )
        rules += reading_rules(may_read) if may_read else []
        self.bot = User(BOT_USER, rules, True)
        self.gate.admit(self.token, self.bot)
        self.gate.admit(self.admin_token, User(ADMIN_USER, [EVERYTHING]))
        self.url = ""
        self._namespaces = namespaces
        self._verbs = Verbs(self.store)
        self.logs = LogArchive()
        self.kubelet = Kubelet(self.store, self.logs, self.addresses, self.time)
        self._http = HttpApi(self.store, self._verbs, self.gate, self.faults, PodLogs(self.store, self.logs, NODE))
        self._proxy = KubeProxy(self.store, self.addresses)
        self._manager = ControllerManager(self.store, self._controllers())
        self._runner: web.AppRunner | None = None

    def _controllers(self) -> list[Any]:
        apps = (DeploymentController, ReplicaSetController, StatefulSetController)
        return [
            *(controller(self.store, self._verbs, self.time) for controller in apps),
            EndpointSliceController(self.store, self._verbs),
            GarbageCollector(self.store, self._verbs),
        ]

    async def start(self, port: int = 0) -> None:
        """Serve on 127.0.0.1 and run the cluster."""
        for name in self._namespaces:
            self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self._runner = web.AppRunner(self._http.application(), shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, chosen = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{chosen}"
        await self.kubelet.start()
        self._proxy.start()
        self._manager.start()

    async def stop(self) -> None:
        """End everything, kill every container; nothing is left on the machine."""
        await self._manager.stop()
        await self._proxy.stop()
        await self.kubelet.stop()
        if self._runner:
            await self._runner.cleanup()
        self.addresses.close()

    async def __aenter__(self) -> KubernetesStandIn:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @property
    def requests(self) -> list[Recorded]:
        """Every request on a resource since the start, in the order of their answers."""
        return self._http.requests

    def observe(self, observer: Observer | None) -> None:
        """Be told of every request of a client before it is carried out and before its answer; None: nobody is."""
        self._http.observer = observer

    def write_kubeconfig(
        self, path: Path, *, context: str = "lab", token: str = "", namespace: str = "integrations"
    ) -> Path:
        """Write a kubeconfig for the bot's token (or another one) and return its path."""
        token = token or self.token
        write_kubeconfig(path, url=self.url, token=token, context=context, namespace=namespace)
        return path

    def admit(self, name: str, rules: list[Rule] | None = None) -> str:
        """A token for another user; without rules it may do everything."""
        token = secrets.token_urlsafe(24)
        self.gate.admit(token, User(name, [EVERYTHING] if rules is None else rules))
        return token

    def expire_token(self, token: str = "") -> None:
        """The bot's token (or that one) gets 401 from now on."""
        self.gate.expel(token or self.token)

    def compact(self) -> None:
        """Forget the past: old watches and continued lists get 410."""
        self.store.forget_history()
        self._http.lister.forget()

    def create(self, manifest: Json) -> Json:
        """Create an object as the lab itself."""
        namespace = (manifest.get("metadata") or {}).get("namespace", "")
        return self._verbs.create(resource_of(manifest), namespace, manifest)

    def get(self, plural: str, name: str, namespace: str = "integrations") -> Json:
        """The object; ApiError 404."""
        return self.store.read(plural, namespace if BY_PLURAL[plural].namespaced else "", name)

    def all(self, plural: str, namespace: str = "integrations") -> list[Json]:
        """Every object of that kind there."""
        return self.store.all(plural, namespace if BY_PLURAL[plural].namespaced else "")

    def patch(
        self, plural: str, name: str, patch: Json, namespace: str = "integrations", *, by: str = ADMIN_USER
    ) -> Json:
        """Merge-patch an object as somebody with every right; it is recorded like a request."""
        user = User(by, [EVERYTHING])
        item = self._verbs.patch(user, BY_PLURAL[plural], namespace, name, MERGE, patch)
        at = datetime.now(UTC)
        self.requests.append(Recorded("patch", plural, namespace, name, "", {}, patch, 200, by, at))
        return item

    def delete(
        self, plural: str, name: str, namespace: str = "integrations", *, grace_seconds: int | None = None
    ) -> None:
        """Delete an object as the lab itself."""
        options = {} if grace_seconds is None else {"gracePeriodSeconds": grace_seconds}
        self._verbs.delete(BY_PLURAL[plural], namespace, name, options)

    async def until(self, is_so: Callable[[], bool], timeout_seconds: float, what: str) -> None:
        """Wait until that holds, looking after every change; TimeoutError names what did not come."""
        queue = self.store.subscribe()
        try:
            async with asyncio.timeout(timeout_seconds):
                while not is_so():
                    await queue.get()
                    with contextlib.suppress(asyncio.QueueEmpty):
                        while True:
                            queue.get_nowait()
        except TimeoutError as error:
            raise TimeoutError(f"not within {timeout_seconds} s: {what}") from error
        finally:
            self.store.unsubscribe(queue)
