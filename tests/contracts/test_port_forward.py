"""The stand-in's pods/portforward, frame by frame, as a kubelet behind an API server speaks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from lab.estate.kubernetes import KubernetesStandIn

_PATH = "/api/v1/namespaces/integrations/pods/echo/portforward"
_PROTOCOL = "v4.channel.k8s.io"


@pytest.fixture
async def cluster() -> AsyncIterator[KubernetesStandIn]:
    """One running pod."""
    async with KubernetesStandIn(may_port_forward=True) as stand_in:
        spec = {"containers": [{"name": "main", "image": "acme/idle:1"}]}
        manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "echo", "namespace": "integrations"},
            "spec": spec,
        }
        stand_in.create(manifest)
        await stand_in.until(lambda: _phase(stand_in) == "Running", 10, "the pod runs")
        yield stand_in


@pytest.fixture
async def session(cluster: KubernetesStandIn) -> AsyncIterator[aiohttp.ClientSession]:
    """With the bot's token."""
    headers = {"Authorization": f"Bearer {cluster.token}"}
    async with aiohttp.ClientSession(cluster.url, headers=headers) as opened:
        yield opened


def _phase(cluster: KubernetesStandIn) -> str:
    return str((cluster.get("pods", "echo").get("status") or {}).get("phase", ""))


async def _frames(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[bytes]:
    return [await socket.receive_bytes(timeout=5) for _ in range(count)]


async def test_both_channels_begin_with_the_port_and_bytes_follow(
    cluster: KubernetesStandIn, session: aiohttp.ClientSession
) -> None:
    """Channel 0 is data, 1 the error; the port is little endian; the end of the pod's side ends the socket."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(4)).upper())
        writer.close()

    address = cluster.get("pods", "echo")["status"]["podIP"]
    server = await asyncio.start_server(serve, address, 0)
    port = server.sockets[0].getsockname()[1]
    async with session.ws_connect(f"{_PATH}?ports={port}", protocols=(_PROTOCOL,)) as socket:
        greetings = await _frames(socket, 2)
        await socket.send_bytes(b"\x00ping")
        (answer,) = await _frames(socket, 1)
        end = await socket.receive(timeout=5)
    server.close()

    assert socket.protocol == _PROTOCOL
    assert greetings == [b"\x00" + port.to_bytes(2, "little"), b"\x01" + port.to_bytes(2, "little")]
    assert answer == b"\x00PING"
    assert end.type is aiohttp.WSMsgType.CLOSE


async def test_two_ports_have_four_channels(session: aiohttp.ClientSession) -> None:
    """In the order in which they were asked for; a refusal comes on the channel of its port."""
    async with session.ws_connect(f"{_PATH}?ports=1&ports=2", protocols=(_PROTOCOL,)) as socket:
        frames = await _frames(socket, 6)

    assert {frame[:3] for frame in frames if len(frame) == 3} == {
        b"\x00\x01\x00", b"\x01\x01\x00", b"\x02\x02\x00", b"\x03\x02\x00"
    }  # fmt: skip
    errors = {frame[0]: frame[1:].decode() for frame in frames if len(frame) > 3}
    assert set(errors) == {1, 3}
    assert "dial tcp4 127.0.0.1:2: connect: connection refused" in errors[3]


@pytest.mark.parametrize(
    ("method", "query", "headers", "code", "words"),
    [
        ("GET", "ports=6379", {}, 400, "Upgrade request required"),
        ("POST", "ports=6379", {}, 400, "Upgrade request required"),
        ("GET", "", {"Upgrade": "websocket"}, 400, "is required"),
        ("GET", "ports=0", {"Upgrade": "websocket"}, 400, "unable to parse"),
        ("GET", "ports=1", {"Upgrade": "websocket", "Sec-WebSocket-Protocol": "v9"}, 403, "not supported"),
        ("PUT", "ports=1", {"Upgrade": "websocket"}, 403, "cannot update resource"),
    ],
)
async def test_what_is_no_port_forward_is_refused(
    session: aiohttp.ClientSession, method: str, query: str, headers: dict[str, str], code: int, words: str
) -> None:
    """As a `Status`, before any upgrade."""
    async with session.request(method, f"{_PATH}?{query}", headers=headers) as answer:
        status: dict[str, Any] = await answer.json()

    assert answer.status == code
    assert words in status["message"]


async def test_nobody_forwards_ports_unless_the_role_says_so() -> None:
    """It is not among the least rights; `create` alone, as older tools ask for, opens no WebSocket."""
    async with KubernetesStandIn() as stand_in, aiohttp.ClientSession(stand_in.url) as session:
        headers = {"Authorization": f"Bearer {stand_in.token}"}
        async with session.get(f"{_PATH}?ports=1", headers=headers) as answer:
            status = await answer.json()

    assert (answer.status, status["reason"]) == (403, "Forbidden")
    assert 'cannot get resource "pods/portforward" in API group ""' in status["message"]
