"""The HTTP ground that every stand-in stands on: a loopback port, a record of requests, faults on demand."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Self

from aiohttp import web

from lab.estate.faults import Faults
from lab.ports import free_port

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class RecordedRequest:
    """One request as it arrived; `at` is Unix time in seconds, headers are keyed in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    at: float


class HttpStandIn(ABC):
    """A service on loopback. Subclasses name their routes; everything that arrives is kept in `requests`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.requests: list[RecordedRequest] = []
        self.faults = Faults()
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """What this service answers."""

    async def start(self) -> None:
        """Listen; a port of 0 becomes a free one."""
        application = web.Application(middlewares=[self._record, self._break], client_max_size=8 * 1024**2)
        application.router.add_routes(self.routes())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._port = await self._listen(self._port)

    async def stop(self) -> None:
        """Close every socket; a request still open is dropped."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        return f"http://{self._host}:{self._port}"

    async def _listen(self, port: int) -> int:
        assert self._runner is not None
        site = web.TCPSite(self._runner, self._host, port or free_port(self._host))
        await site.start()
        return int(self._runner.addresses[-1][1])

    @web.middleware
    async def _record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        body = (await request.read()).decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(
            RecordedRequest(request.method, request.path, dict(request.query), headers, body, time.time())
        )
        return await handler(request)

    @web.middleware
    async def _break(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = self.faults.matching(request.method, request.path)
        answer = await fault.strike(request) if fault is not None else None
        return answer if answer is not None else await handler(request)
