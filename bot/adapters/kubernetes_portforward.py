"""A port of a pod through the Kubernetes API: the WebSocket port-forward protocol as one local socket.

`v4.channel.k8s.io`: every frame starts with a channel byte, 0 for the port's data and 1 for its error text; the
first frame of each channel carries the port number, little endian. The newer SPDY tunnel over WebSockets brings
half-closed streams and several ports, and Redis needs neither; kubelets and container runtimes still speak v4.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import quote

import aiohttp

from bot.adapters.kubernetes_api import KubernetesApi
from bot.adapters.kubernetes_errors import excerpt
from bot.domain.errors import BadAnswer, SfintError, Unreachable
from bot.domain.workload import Pod
from bot.ports.dial import Dialled

SUBPROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1
_CHUNK_BYTES = 64 * 1024


class PortForward:
    """Implements `bot.ports.dial.Dial` for the pods of one namespace; one WebSocket a connection.

    The kubelet dials the port inside the pod, on its loopback. A socket pair within this process joins the two
    ends: there is no listening port that somebody else on this machine could use.
    """

    def __init__(self, api: KubernetesApi, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    @asynccontextmanager
    async def __call__(self, pod: Pod, port: int) -> AsyncIterator[Dialled]:
        """Opens the way; closes the WebSocket with the block."""
        if pod.phase != "Running":
            raise Unreachable(f"{pod.name} is not running ({pod.phase or 'no phase'}): it has no port to forward")
        namespace, name = quote(self._namespace, safe=""), quote(pod.name, safe="")
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/portforward"
        what = f"forward port {port} of {pod.name}"
        async with AsyncExitStack() as stack:
            api_socket = await self._api.upgrade(what, path, {"ports": port}, SUBPROTOCOL)
            stack.push_async_callback(api_socket.close)
            ours, theirs = socket.socketpair()
            stack.callback(ours.close)
            ours.setblocking(False)
            reader, writer = await asyncio.open_connection(sock=theirs)
            stack.callback(writer.close)
            bridge = _Bridge(api_socket.frames, f"{pod.name}:{port}", port)
            stack.push_async_callback(_ended, asyncio.create_task(bridge.run(reader, writer)))
            yield Dialled(ours, lambda: bridge.problem)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class _Bridge:
    """Carries bytes between a socket and the two channels until one side ends."""

    def __init__(self, frames: aiohttp.ClientWebSocketResponse, where: str, port: int) -> None:
        self._frames = frames
        self._where = where
        self._port = struct.pack("<H", port)
        self._greeted: set[int] = set()
        self.problem: SfintError | None = None

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ends with the WebSocket or with the socket; either way the other side sees the end."""
        sending = asyncio.create_task(self._send(reader))
        receiving = asyncio.create_task(self._receive(writer))
        try:
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writer.close()
            for task in (sending, receiving):
                task.cancel()
            # A broken connection ends the bridge like a closed one: the reader sees the end of the stream.
            await asyncio.gather(sending, receiving, return_exceptions=True)

    async def _send(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(_CHUNK_BYTES):
            await self._frames.send_bytes(bytes([_DATA]) + data)

    async def _receive(self, writer: asyncio.StreamWriter) -> None:
        async for frame in self._frames:
            if frame.type is not aiohttp.WSMsgType.BINARY or not frame.data:
                self.problem = BadAnswer(f"{self._where}: the port-forward answered outside its protocol")
                return
            channel, data = frame.data[0], self._without_greeting(frame.data[0], frame.data[1:])
            if channel == _ERROR and data:
                self.problem = _problem(self._where, data)
            elif channel == _DATA and data:
                writer.write(data)
                await writer.drain()
            if self.problem is not None:
                return

    def _without_greeting(self, channel: int, data: bytes) -> bytes:
        """The first bytes of a channel name the port; an empty frame only says that the channel is there."""
        if channel in self._greeted or not data:
            return data
        self._greeted.add(channel)
        if not data.startswith(self._port):
            self.problem = BadAnswer(f"{self._where}: the port-forward opened another port than we asked for")
            return b""
        return data[len(self._port) :]


def _problem(where: str, said: bytes) -> SfintError:
    """The kubelet's or the container runtime's words; a refusal in the words that a direct one would have."""
    if "connection refused" in said.decode("utf-8", "replace").lower():
        return Unreachable(f"{where} cannot be reached: Connection refused (inside the pod, by port-forward)")
    return Unreachable(f"{where} cannot be reached by port-forward: {excerpt(said)}")
