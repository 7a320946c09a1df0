"""Redis with Sentinel in the lab's cluster, laid out as the Bitnami chart does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.estate.kubernetes import KubernetesStandIn
from lab.estate.kubernetes.resources import Json
from lab.estate.redis_facts import Facts, read_redis, read_sentinel
from lab.estate.redis_link import REDIS_PORT, SENTINEL_PORT, ask
from lab.estate.redis_manifests import REDIS_IMAGE, SENTINEL_IMAGE, RedisLayout
from lab.estate.redis_server import find_server
from lab.estate.redis_startup import RedisScripts

_LOOK_AGAIN_SECONDS = 0.1
SOMEBODY = "omar@example.com"


class RedisInstallation:
    """Three pods, each a Redis and a Sentinel, in a StatefulSet of the cluster stand-in.

    `layout` says how it is installed (persistence, password, timings, pod management).
    The pods end with the cluster: there is nothing of its own to stop.
    """

    def __init__(
        self, kubernetes: KubernetesStandIn, layout: RedisLayout | None = None, *, binary: Path | None = None
    ) -> None:
        self.kubernetes = kubernetes
        self.layout = layout or RedisLayout()
        self._binary = binary

    async def start(self) -> None:
        """Register the images' processes and create the StatefulSet and its services."""
        scripts = RedisScripts(self.kubernetes, self.layout, self._binary or find_server())
        self.kubernetes.kubelet.register(REDIS_IMAGE, scripts.redis_runtime())
        self.kubernetes.kubelet.register(SENTINEL_IMAGE, scripts.sentinel_runtime())
        for service in self.layout.services():
            self.kubernetes.create(service)
        self.kubernetes.create(self.layout.statefulset())
        what = "an address for the Sentinel Service"
        await self.kubernetes.until(lambda: "clusterIP" in self._service()["spec"], 10.0, what)

    async def ready(self, timeout_seconds: float = 30.0) -> Facts:
        """Wait until all pods are ready and agree on a live master; TimeoutError."""
        return await self.until(lambda facts: facts.agree(self.replicas), timeout_seconds, "all sentinels agree")

    async def agrees(self) -> bool:
        """Whether the installation is whole, now."""
        return (await self.facts()).agree(self.layout.replicas)

    async def until(self, is_so: Callable[[Facts], bool], timeout_seconds: float, what: str) -> Facts:
        """Ask the pods again and again until that holds; TimeoutError with the last facts."""
        facts = await self.facts()
        try:
            async with asyncio.timeout(timeout_seconds):
                while True:
                    if is_so(facts):
                        return facts
                    await asyncio.sleep(_LOOK_AGAIN_SECONDS)
                    facts = await self.facts()
        except TimeoutError as error:
            raise TimeoutError(f"not within {timeout_seconds} s: {what}; last seen: {facts}") from error

    async def facts(self) -> Facts:
        """What every pod's Redis and Sentinel says, now."""
        password = self.layout.password
        pods = [(pod["metadata"]["name"], self._address(pod), _is_ready(pod)) for pod in self.pods()]
        redis = [read_redis(name, ip, ready, password) for name, ip, ready in pods if ip]
        sentinels = [read_sentinel(name, ip, self.layout.master_set, password) for name, ip, _ in pods if ip]
        answers = await asyncio.gather(asyncio.gather(*redis), asyncio.gather(*sentinels))
        return Facts(tuple(answers[0]), tuple(answers[1]))

    def pods(self) -> list[Json]:
        """The pod objects, by ordinal."""
        stem = f"{self.layout.name}-"
        everything = self.kubernetes.all("pods", self.layout.namespace)
        return [pod for pod in everything if pod["metadata"]["name"].startswith(stem)]

    def pod_name(self, ordinal: int) -> str:
        """`redis-sentinel-node-0`."""
        return f"{self.layout.name}-{ordinal}"

    def ip(self, ordinal: int) -> str:
        """The address of that pod now; ApiError 404."""
        return self._address(self.kubernetes.get("pods", self.pod_name(ordinal), self.layout.namespace))

    @property
    def replicas(self) -> int:
        """As the StatefulSet's spec says now."""
        held = self.kubernetes.get("statefulsets", self.layout.name, self.layout.namespace)
        return int(held["spec"]["replicas"])

    def sentinel_address(self) -> str:
        """The Sentinel Service, `host:port`: a connection there reaches a random ready pod."""
        return f"{self._service()['spec']['clusterIP']}:{SENTINEL_PORT}"

    async def on_redis(self, ordinal: int, *words: str | int) -> Any:
        """Send a command to that pod's Redis; Refused, OSError."""
        return await ask(self.ip(ordinal), REDIS_PORT, *words, password=self.layout.password)

    async def on_sentinel(self, ordinal: int, *words: str | int) -> Any:
        """Send a SENTINEL subcommand to that pod's Sentinel; Refused, OSError."""
        return await ask(self.ip(ordinal), SENTINEL_PORT, "SENTINEL", *words, password=self.layout.password)

    async def master_ordinal(self) -> int:
        """The ordinal of the one master; ValueError when there is not exactly one."""
        (master,) = (await self.facts()).masters
        return int(master.pod.rpartition("-")[2])

    async def scale(self, replicas: int, timeout_seconds: float = 60.0, *, by: str = SOMEBODY) -> None:
        """Scale as a person does, and wait until so many pods are there and ready."""
        patch = {"spec": {"replicas": replicas}}
        self.kubernetes.patch("statefulsets", self.layout.name, patch, self.layout.namespace, by=by)
        what = f"{replicas} ready pods of {self.layout.name}"
        await self.kubernetes.until(lambda: self._count_is(replicas), timeout_seconds, what)

    async def restart_from_zero(self) -> Facts:
        """The repair by hand: 0, 1, N."""
        for count in (0, 1, self.layout.replicas):
            await self.scale(count)
        return await self.ready()

    def _count_is(self, replicas: int) -> bool:
        pods = self.pods()
        return len(pods) == replicas and all(_is_ready(pod) for pod in pods)

    def _service(self) -> Json:
        return self.kubernetes.get("services", self.layout.release, self.layout.namespace)

    @staticmethod
    def _address(pod: Json) -> str:
        return str((pod.get("status") or {}).get("podIP", ""))


def _is_ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
