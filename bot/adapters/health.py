"""/healthz (the process lives), /readyz (it can do its work), both for probes, and /metrics."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.domain.errors import SfintError, Unreachable

_FINISH_SECONDS = 1.0
"""How long a scrape under way may hold up the end."""

Probe = Callable[[], Awaitable[str]]
"""Returns an empty string when all is well, else what is not; may raise an SfintError."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What /metrics answers, and of which type."""

    expose: Callable[[], Awaitable[bytes]]
    content_type: str


class HealthServer:
    """A tiny HTTP server of its own; a liveness probe never depends on a peer."""

    def __init__(self, host: str, port: int, ready: Mapping[str, Probe], metrics: Metrics | None = None) -> None:
        self._host = host
        self._port = port
        self._ready = ready
        self._metrics = metrics
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Begins to answer; returns the port, which matters where 0 was asked for."""
        app = web.Application()
        app.router.add_get("/healthz", self._alive)
        app.router.add_get("/readyz", self._answer_ready)
        if self._metrics is not None:
            app.router.add_get("/metrics", functools.partial(_figures, self._metrics))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_FINISH_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            raise Unreachable(
                f"health.host and health.port: {self._host}:{self._port} cannot be listened on ({error.strerror});"
                " choose another, e.g. 8081"
            ) from error
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stops answering."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _alive(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"status": "alive"})

    async def _answer_ready(self, request: web.Request) -> web.Response:
        del request
        parts = {name: await problem_of(probe) for name, probe in self._ready.items()}
        is_ready = not any(parts.values())
        told = {name: words or "ok" for name, words in parts.items()}
        return web.json_response({"ready": is_ready, "parts": told}, status=200 if is_ready else 503)


async def _figures(metrics: Metrics, request: web.Request) -> web.Response:
    del request
    return web.Response(body=await metrics.expose(), headers={"Content-Type": metrics.content_type})


async def problem_of(probe: Probe) -> str:
    """What the probe says is wrong, or could not be asked; empty when all is well."""
    try:
        return await probe()
    except SfintError as error:
        return str(error)
