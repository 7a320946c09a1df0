"""Service addresses that work: each connection to a clusterIP goes to a random ready endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
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
        self._listeners: dict[tuple[str, int], socket.socket] = {}
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
        for listener in self._listeners.values():
            _close(listener)
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
        for key in set(self._listeners) - set(wanted):
            _close(self._listeners.pop(key))
        for key in set(wanted) - set(self._listeners):
            self._listeners[key] = self._listen(key, *wanted[key])

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

    def _listen(self, key: tuple[str, int], service: Json, port: Json) -> socket.socket:
        """Accept by hand: asyncio's own server loses a connection that arrives while it closes."""
        listening = socket.create_server(key)
        listening.setblocking(False)
        target = int(port.get("targetPort") or port["port"])

        def accept() -> None:
            with contextlib.suppress(BlockingIOError):
                connection, _ = listening.accept()
                link = asyncio.create_task(self._serve(connection, service, target), name="service-link")
                self._links.add(link)
                link.add_done_callback(self._links.discard)

        asyncio.get_running_loop().add_reader(listening, accept)
        return listening

    async def _serve(self, connection: socket.socket, service: Json, target: int) -> None:
        with connection:
            reader, writer = await asyncio.open_connection(sock=connection)
            await self._connect(service, target, reader, writer)

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
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def _close(listening: socket.socket) -> None:
    """Stop listening, and turn away whoever waits to be accepted."""
    asyncio.get_running_loop().remove_reader(listening)
    with contextlib.suppress(BlockingIOError):
        while True:
            waiting, _ = listening.accept()
            waiting.close()
    listening.close()


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
