"""Service addresses that work: each connection to a clusterIP goes to a random ready endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Coroutine

from lab.estate.kubernetes.kubelet.addresses import Addresses
from lab.estate.kubernetes.resources import BY_PLURAL, Json
from lab.estate.kubernetes.selectors import matches_selector
from lab.estate.kubernetes.store import Store

CHUNK = 65536


class KubeProxy:
    """Gives services a loopback clusterIP and listens there only while an endpoint is ready.

    A service without a ready endpoint refuses connections, as the real one's REJECT rule does.
    """

    def __init__(self, store: Store, addresses: Addresses) -> None:
        self._store = store
        self._addresses = addresses
        self._servers: dict[tuple[str, int], asyncio.Server] = {}
        self._links: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        store.listen(lambda change: self._woken.set())

    def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._run(), name="kube-proxy")

    async def stop(self) -> None:
        """Close every listener and connection."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for server in self._servers.values():
            server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            await self._sync()
            await self._woken.wait()

    async def _sync(self) -> None:
        wanted: dict[tuple[str, int], tuple[Json, Json]] = {}
        for service in self._store.all("services"):
            address = self._address(service)
            if not address or not self._backends(service):
                continue
            for port in service["spec"].get("ports") or []:
                wanted[address, port["port"]] = (service, port)
        for key in set(self._servers) - set(wanted):
            self._servers.pop(key).close()
        for key in set(wanted) - set(self._servers):
            self._servers[key] = await self._listen(key, *wanted[key])

    def _address(self, service: Json) -> str:
        given = service["spec"].get("clusterIP")
        if given == "None":
            return ""
        if not given:
            given = self._addresses.service()
            service["spec"] |= {"clusterIP": given, "clusterIPs": [given], "type": "ClusterIP"}
            self._store.update(BY_PLURAL["services"], service)
        return str(given)

    def _backends(self, service: Json) -> list[str]:
        selector = {"matchLabels": service["spec"].get("selector") or {"-": "-"}}
        found = []
        for pod in self._store.peek("pods", service["metadata"]["namespace"]):
            status: Json = pod.get("status") or {}
            conditions = {each["type"]: each["status"] for each in status.get("conditions") or []}
            fits = matches_selector(selector, pod["metadata"].get("labels") or {})
            is_leaving = "deletionTimestamp" in pod["metadata"]
            if fits and conditions.get("Ready") == "True" and not is_leaving:
                found.append(status["podIP"])
        return found

    async def _listen(self, key: tuple[str, int], service: Json, port: Json) -> asyncio.Server:
        target = int(port.get("targetPort") or port["port"])

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            self._links.add(task)
            task.add_done_callback(self._links.discard)
            await self._connect(service, target, reader, writer)

        return await asyncio.start_server(accept, *key)

    async def _connect(
        self, service: Json, target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            backends = self._backends(service)
            if not backends:
                return
            far_reader, far_writer = await asyncio.open_connection(random.choice(backends), target)
            try:
                await _either(_pump(reader, far_writer), _pump(far_reader, writer))
            finally:
                far_writer.close()
        except OSError:
            return
        finally:
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()


async def _either(*pumps: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.create_task(pump) for pump in pumps]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
