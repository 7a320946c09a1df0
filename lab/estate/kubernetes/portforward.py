"""The pods/portforward subresource over WebSockets: API server, kubelet and container runtime in one.

The refusals are worded as containerd's, which most clusters run; the port is dialled at the pod's address, which
stands for the loopback of the pod's own network.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any

from aiohttp import WSMsgType, web

from lab.estate.kubernetes.errors import ApiError, bad_request, internal
from lab.estate.kubernetes.resources import Json
from lab.estate.kubernetes.store import Store

SUBPROTOCOLS = ("v4.channel.k8s.io",)
DATA, ERROR = 0, 1
_CHUNK_BYTES = 32 * 1024


class PortForwards:
    """Serves upgrades, each for one port or several."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def serve(self, request: web.Request, namespace: str, name: str) -> web.StreamResponse:
        """Carries bytes until one side ends; ApiError 400, 403, 404, 500."""
        pod = self._store.read("pods", namespace, name)
        if not pod["spec"].get("nodeName"):
            raise bad_request(f"pod {name} does not have a host assigned")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise bad_request("Upgrade request required")
        ports = _ports(request)
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        if offered and not {each.strip() for each in offered.split(",")} & set(SUBPROTOCOLS):
            raise ApiError(403, "", f"requested protocol(s) are not supported: [{offered}]")
        if (pod.get("status") or {}).get("phase") != "Running":
            raise internal(f'sandbox of pod "{name}_{namespace}" is not running')
        socket = web.WebSocketResponse(protocols=SUBPROTOCOLS)
        await socket.prepare(request)
        forwards = [_Forward(socket, pod, port, 2 * index) for index, port in enumerate(ports)]
        await _carry(socket, forwards)
        return socket


class _Forward:
    """One port: the channels `channel` and `channel + 1`."""

    def __init__(self, socket: web.WebSocketResponse, pod: Json, port: int, channel: int) -> None:
        self._socket = socket
        self._pod = pod
        self._port = port
        self._channel = channel
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue()

    def take(self, data: bytes) -> None:
        """Bytes of the client for the port."""
        self._arrived.put_nowait(data)

    async def run(self) -> None:
        """Names the port on both channels, dials, and carries until the pod's side ends."""
        for channel in (DATA, ERROR):
            await self._say(channel, struct.pack("<H", self._port))
        try:
            reader, writer = await asyncio.open_connection(self._pod["status"]["podIP"], self._port)
        except OSError:
            await self._say(ERROR, self._refusal().encode())
            return
        sending = asyncio.create_task(self._deliver(writer))
        try:
            while data := await reader.read(_CHUNK_BYTES):
                await self._say(DATA, data)
        except ConnectionError as broken:
            await self._say(ERROR, f"error forwarding port {self._port} to pod: {broken}".encode())
        finally:
            writer.close()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _deliver(self, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(await self._arrived.get())
            await writer.drain()

    async def _say(self, channel: int, data: bytes) -> None:
        await self._socket.send_bytes(bytes([self._channel + channel]) + data)

    def _refusal(self) -> str:
        sandbox = str(self._pod["metadata"]["uid"]).replace("-", "")
        inside = f'inside namespace "{sandbox}"'
        return (
            f"error forwarding port {self._port} to pod {sandbox}, uid : failed to execute portforward in network "
            f'namespace "/var/run/netns/cni-{sandbox[:8]}": failed to connect to localhost:{self._port} {inside}, '
            f"IPv4: dial tcp4 127.0.0.1:{self._port}: connect: connection refused "
            "IPv6 dial tcp6: address localhost: no suitable address found "
        )


async def _carry(socket: web.WebSocketResponse, forwards: list[_Forward]) -> None:
    """Until every port has ended, or the client has gone."""
    listening: asyncio.Future[Any] = asyncio.create_task(_listen(socket, forwards))
    carrying: asyncio.Future[Any] = asyncio.gather(*(forward.run() for forward in forwards))
    try:
        await asyncio.wait({listening, carrying}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        listening.cancel()
        carrying.cancel()
        # A client that goes in the middle of a frame ends the stream and is no fault of the server.
        await asyncio.gather(listening, carrying, return_exceptions=True)
        await socket.close()


async def _listen(socket: web.WebSocketResponse, forwards: list[_Forward]) -> None:
    async for frame in socket:
        if frame.type is not WSMsgType.BINARY or not frame.data:
            continue
        index, channel = divmod(frame.data[0], 2)
        if channel == DATA and index < len(forwards):
            forwards[index].take(frame.data[1:])


def _ports(request: web.Request) -> list[int]:
    texts = [each for value in request.query.getall("ports", []) for each in value.split(",")]
    if not texts:
        raise bad_request('query parameter "port" is required')
    for text in texts:
        if not text.isdigit() or not 1 <= int(text) <= 65535:
            raise bad_request(f'unable to parse "{text}" as a port')
    return [int(text) for text in texts]
