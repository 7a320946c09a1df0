"""The Deployment `salesforce-integration` in the lab's cluster: its manifest, its process, what breaks it."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp

from lab.estate.cable import Cable
from lab.estate.datadog import DatadogStandIn
from lab.estate.kubernetes import Container, KubernetesStandIn, Launch, Runtime
from lab.estate.kubernetes.resources import Json
from lab.estate.live_agent import LiveAgentStandIn
from lab.estate.middleware import jwt
from lab.estate.middleware.server import CONNECT_PATH
from lab.estate.middleware.settings import PREFIX
from lab.estate.salesforce import SalesforceStandIn

REPOSITORY = "acme/salesforce-integration"
IMAGE = f"{REPOSITORY}:production-v0.1.7"
PORT = 8080
BAD_API_VERSION = "fifty-two"
_ANSWER_SECONDS = 10.0
_CANARY = {
    "userID": "5215599999999",
    "client": "acme",
    "name": "Acme Canary",
    "email": "canary@acme.example.com",
    "phoneNumber": "5215599999999",
}


class MiddlewareDeployment:
    """One replica of the middleware, reached through its Service as the bot platform reaches it.

    `configuration` and `secrets` stand for the ConfigMap and the Secret behind the variables: names without
    the prefix, read at each start of a container, so that a change needs a restart to take effect.
    `sentinel_address` names the Sentinel Service (`host:port`); it is asked at each connection. `kafka` gives the
    KAFKA_* variables at each start of a container; without any the process does not consume.
    """

    def __init__(
        self,
        kubernetes: KubernetesStandIn,
        salesforce: SalesforceStandIn,
        live_agent: LiveAgentStandIn,
        sentinel_address: Callable[[], str],
        *,
        datadog: DatadogStandIn | None = None,
        kafka: Callable[[], Mapping[str, str]] = dict,
        redis_master: str = "mymaster",
        redis_password: str = "",
        name: str = "salesforce-integration",
        namespace: str = "integrations",
    ) -> None:
        self._kubernetes, self._salesforce, self._live_agent = kubernetes, salesforce, live_agent
        self._datadog, self._kafka = datadog, kafka
        self._redis_master = redis_master
        self.name, self.namespace = name, namespace
        self.cable = Cable(sentinel_address)
        self.configuration: dict[str, str] = {}
        self.secrets = {"JWT_SECRET": secrets.token_urlsafe(24), "REDIS_PASSWORD": redis_password}

    async def start(self) -> None:
        """Register the image's process, lay the cable to Sentinel, create Deployment and Service."""
        await self.cable.start()
        self.configuration |= self._default_configuration()
        self.take_credentials()
        self._kubernetes.kubelet.register(REPOSITORY, Runtime(self._launch))
        self._kubernetes.create(self._service())
        self.create()

    async def stop(self) -> None:
        """Pull the cable out; the cluster ends the pods."""
        await self.cable.stop()

    def create(self) -> None:
        """Create the Deployment, at first or after it was deleted."""
        self._kubernetes.create(self._manifest())

    def take_credentials(self) -> None:
        """Write the org's present credentials into the Secret, as DevOps does after a reset."""
        org = self._salesforce.org
        self.secrets |= {
            "SFC_CLIENT_ID": org.client_id,
            "SFC_CLIENT_SECRET": org.client_secret,
            "SFC_USERNAME": org.username,
            "SFC_PASSWORD": org.password,
            "SFC_SECURITY_TOKEN": org.security_token,
        }

    async def until_ready(self, timeout_seconds: float = 30.0) -> None:
        """Wait until the Deployment has an available replica; TimeoutError."""
        what = f"an available replica of {self.name}"
        await self._kubernetes.until(lambda: self.available_replicas() > 0, timeout_seconds, what)

    def available_replicas(self) -> int:
        """As the Deployment's status says; 0 when there is no Deployment."""
        held = self._kubernetes.store.find("deployments", self.namespace, self.name)
        return int(((held or {}).get("status") or {}).get("availableReplicas") or 0)

    def pods(self) -> list[Json]:
        """The pods of the Deployment, those that are ending too."""
        pods = self._kubernetes.all("pods", self.namespace)
        return [pod for pod in pods if (pod["metadata"].get("labels") or {}).get("app") == self.name]

    def scale_to_zero(self) -> None:
        """Somebody scales it away."""
        self._kubernetes.patch("deployments", self.name, {"spec": {"replicas": 0}}, self.namespace)

    def delete_deployment(self) -> None:
        """Somebody deletes it; its pods follow."""
        self._kubernetes.delete("deployments", self.name, self.namespace)

    def crash_loop(self) -> None:
        """A bad value gets into the ConfigMap and the pod restarts: a Go panic at each start, exit code 2.

        `fix_configuration` takes the value back; the pod then waits out its back-off unless it is redeployed.
        """
        self.configuration["SFC_API_VERSION"] = BAD_API_VERSION
        self.restart_pods()

    def fix_configuration(self) -> None:
        """Right values again, for the next start of a container."""
        self.configuration |= self._default_configuration()

    def restart_pods(self) -> None:
        """Delete every pod, as a drain of the node does."""
        for pod in self.pods():
            self._kubernetes.delete("pods", pod["metadata"]["name"], self.namespace)

    @asynccontextmanager
    async def deaf_to_sentinel(self) -> AsyncIterator[None]:
        """No word from Sentinel reaches the process inside this block.

        Move the master's pod in it, and the client keeps an address that no pod has: the stale client.
        Stay inside until SENTINEL MASTER names the new one on every sentinel: GET-MASTER-ADDR-BY-NAME does so
        earlier, while +switch-master is still to come.
        """
        await self.cable.cut()
        try:
            yield
        finally:
            self.cable.mend()

    async def serves(self) -> bool:
        """Whether a chat can be opened end to end, now."""
        try:
            status, _ = await self.connect()
        except (aiohttp.ClientError, TimeoutError):
            return False
        return status == 200

    async def connect(self, **changes: str) -> tuple[int, str]:
        """POST /v1/chats/connect through the Service; status and body.

        Raises aiohttp.ClientError and TimeoutError.
        """
        token = jwt.sign(self.secrets["JWT_SECRET"], {"exp": time.time() + 60})
        headers = {"Authorization": f"Bearer {token}"}
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.post(self.url + CONNECT_PATH, json=_CANARY | changes) as response,
        ):
            return response.status, await response.text()

    @property
    def url(self) -> str:
        """The Service's address; port 9 (discard) refuses until it has one."""
        service = self._kubernetes.store.find("services", self.namespace, self.name) or {}
        address = (service.get("spec") or {}).get("clusterIP")
        return f"http://{address}:{PORT}" if address else "http://127.0.0.1:9"

    async def _launch(self, container: Container) -> Launch:
        told = {**self.configuration, **self.secrets, **self._kafka()}
        variables = {PREFIX + name: value for name, value in told.items()}
        argv = [sys.executable, "-m", "lab.estate.middleware"]
        return Launch(argv, variables | self._tracing() | dict(container.env))

    def _tracing(self) -> dict[str, str]:
        """The variables of Datadog's own library, which have no prefix of ours."""
        if self._datadog is None:
            return {}
        return {
            "DD_TRACE_AGENT_URL": self._datadog.url,
            "DD_API_KEY": self._datadog.api_key,
            "DD_SERVICE": self.name,
            "DD_ENV": "production",
        }

    def _default_configuration(self) -> dict[str, str]:
        return {
            "PORT": str(PORT),
            "SFC_LOGIN_URL": self._salesforce.login_url,
            "SFC_BASE_URL": self._salesforce.instance_url,
            "SFC_CHAT_URL": self._live_agent.url,
            "SFC_ORGANIZATION_ID": self._live_agent.organization_id,
            "SFC_DEPLOYMENT_ID": self._live_agent.deployment_id,
            "SFC_BUTTON_ID": self._live_agent.buttons[0],
            "SFC_API_VERSION": "52",
            "SFC_BLOCKED_CHAT_FIELD": "true",
            "REDIS_MASTER": self._redis_master,
            "REDIS_SENTINEL_ADDRESS": self.cable.address,
        }

    def _service(self) -> Json:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"selector": {"app": self.name}, "ports": [{"name": "http", "port": PORT}]},
        }

    def _manifest(self) -> Json:
        labels = {"app": self.name}
        container = {
            "name": self.name,
            "image": IMAGE,
            "ports": [{"name": "http", "containerPort": PORT}],
            "envFrom": [{"configMapRef": {"name": self.name}}, {"secretRef": {"name": self.name}}],
            "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
            "readinessProbe": {"httpGet": {"path": "/health", "port": PORT}, "periodSeconds": 2},
        }
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": labels},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }
