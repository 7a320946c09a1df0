"""WebSockets to a Kubernetes API server: what `pods/portforward` is carried by, on the official client's TLS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from kubernetes.aio.client.rest import RESTClientObject

_CLOSE_SECONDS = 0.5
_LARGEST_FRAME_BYTES = 4 * 1024 * 1024


class HandshakeRefused(Exception):
    """The server answered with something else than an upgrade."""

    def __init__(self, code: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"HTTP {code}")
        self.code = code
        self.headers = headers
        self.body = body


@dataclass(frozen=True, slots=True)
class ApiSocket:
    """An open WebSocket with the session that carries it."""

    frames: aiohttp.ClientWebSocketResponse
    session: aiohttp.ClientSession

    async def close(self) -> None:
        """Says goodbye, waits a moment for the answer, and closes."""
        await self.frames.close()
        await self.session.close()


async def open_socket(rest: RESTClientObject, url: str, headers: Mapping[str, str], subprotocol: str) -> ApiSocket:
    """Raises HandshakeRefused with the whole answer (aiohttp's own error would lose the `Status` in its body)."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=rest.ssl_context), raise_for_status=_refused_unless_upgraded
    )
    try:
        frames = await session.ws_connect(
            url,
            headers=dict(headers),
            protocols=(subprotocol,),
            proxy=rest.proxy,
            proxy_headers=rest.proxy_headers,
            max_msg_size=_LARGEST_FRAME_BYTES,
            timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
        )
    except BaseException:
        await session.close()
        raise
    return ApiSocket(frames, session)


async def _refused_unless_upgraded(response: aiohttp.ClientResponse) -> None:
    if response.status != 101:
        raise HandshakeRefused(response.status, response.headers, await response.read())
