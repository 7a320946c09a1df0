"""An HTTP server within our own event loop: uvicorn without its signal handlers, its logs and its patience."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.domain.errors import Unreachable

_HEAD_SECONDS = 10.0
"""From the opening of a connection, or the first byte of its next request, to the end of the headers."""
_KEEP_ALIVE_SECONDS = 75
"""Longer than a proxy keeps an idle connection (60 s is usual), so that none is closed under a request."""
_MOST_CONNECTIONS = 512
_FINISH_SECONDS = 3
"""Slack waits no longer for an answer, so nobody waits for what takes longer."""


class HttpServer:
    """Serves one ASGI application; `stop` takes no more connections and lets what arrived be answered."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self._host = host
        self._port = port
        config = uvicorn.Config(
            app,
            http=_Prompt,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_FINISH_SECONDS,
        )
        self._server = _Embedded(config)
        self._serving: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """True from `start` to `stop`, unless the server broke."""
        return self._serving is not None and not self._serving.done() and not self._server.should_exit

    async def start(self) -> int:
        """Begins to answer; returns the port. Raises Unreachable when the address cannot be had."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            listening = socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            raise Unreachable(f"cannot listen on {self._host} port {self._port}: {error.strerror}") from error
        # Asyncio does this only for sockets that it made itself; without it an answer waits 40 ms for its body.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        port = int(listening.getsockname()[1])
        self._serving = asyncio.create_task(self._server.serve([listening]), name="http-server")
        await self._server.listening.wait()
        return port

    async def stop(self) -> None:
        """Returns when nothing is under way any more, or after three seconds."""
        if self._serving is None:
            return
        self._server.should_exit = True
        await asyncio.gather(self._serving, return_exceptions=True)


class _Embedded(uvicorn.Server):
    """Leaves the signals to the composition root, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class _Prompt(H11Protocol):
    """Closes a connection whose headers do not come: uvicorn itself waits for them without end."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the parent has it
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_head()
        elif self._late is None and not self.transport.is_closing():
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._late = self.loop.call_later(_HEAD_SECONDS, self.transport.abort)

    def _forget_head(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
