"""The four services as Deployments of the lab's cluster, and the users whose messages pass through them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools

from lab.estate.integrations_core.registrations import RegistrationsStandIn
from lab.estate.integrations_core.service import CoreService
from lab.estate.kubernetes import KubernetesStandIn, Runtime
from lab.estate.kubernetes.resources import Json

NAMESPACE = "integrations-core"
SERVICES = ("Channel", "Dispatcher", "Freeway", "API")
"""In the order in which a message passes them."""
WEBHOOK_VERSION = 3
_IMAGE = "acme/integrations-{}"
_BOT = "acme-bot"


class IntegrationsCore:
    """Healthy at first: a message every `every_seconds`, and the webhook registered as it should be.

    No process stands behind the pods: the services run in the lab's own loop, and only their logs are real.
    """

    def __init__(self, kubernetes: KubernetesStandIn, *, every_seconds: float = 0.25) -> None:
        self._kubernetes = kubernetes
        self._every_seconds = every_seconds
        self.services = {name: CoreService(name) for name in SERVICES}
        self.registrations = RegistrationsStandIn()
        self.bot_id = _BOT
        self.webhook = "https://acme.example.com/v1/integrations/webhook"
        self._users: asyncio.Task[None] | None = None
        for earlier, later in itertools.pairwise(self.services.values()):
            earlier.next = later

    async def start(self) -> None:
        """Create what the cluster runs, register the webhook, and let the users write."""
        self._kubernetes.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        for name, service in self.services.items():
            self._kubernetes.kubelet.register(_IMAGE.format(name.lower()), Runtime(post_start=service.run))
            self._kubernetes.create(_manifest(name.lower()))
        await self.registrations.start()
        self.registrations.register(_BOT, "outgoing_webhook", self.webhook, WEBHOOK_VERSION)
        self._users = asyncio.create_task(self._write(), name="integrations-users")

    async def stop(self) -> None:
        """The users stop to write; the cluster ends the pods."""
        await self.fall_silent()
        await self.registrations.stop()

    async def fall_silent(self) -> None:
        """The users write no more, as at night; every service is well."""
        users, self._users = self._users, None
        if users is not None:
            users.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await users

    def break_service(self, name: str, failure: str) -> None:
        """From now on no message gets past this one."""
        self.services[name].failure = failure

    def mend_service(self, name: str) -> None:
        """It hands messages on again."""
        self.services[name].failure = ""

    async def delivers(self, seconds: float = 5.0) -> bool:
        """Whether a message comes out at the end within that time."""
        moved = self.services[SERVICES[-1]].moved
        moved.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(moved.wait(), seconds)
        return moved.is_set()

    async def _write(self) -> None:
        first = self.services[SERVICES[0]]
        for number in itertools.count(1):
            first.take(f"m-{number}")
            await asyncio.sleep(self._every_seconds)


def _manifest(name: str) -> Json:
    labels = {"app": name}
    container = {"name": name, "image": f"{_IMAGE.format(name)}:v3.1.0"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
