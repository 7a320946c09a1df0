"""/healthz (the process lives) and /readyz (it can do its work), for probes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.domain.errors import SfintError

Probe = Callable[[], Awaitable[str]]
"""Returns an empty string when all is well, else what is not; may raise an SfintError."""


class HealthServer:
    """A tiny HTTP server of its own; a liveness probe never depends on a peer."""

    def __init__(self, host: str, port: int, ready: Mapping[str, Probe]) -> None:
        self._host = host
        self._port = port
        self._ready = ready
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Begins to answer; returns the port, which matters where 0 was asked for."""
        app = web.Application()
        app.router.add_get("/healthz", self._alive)
        app.router.add_get("/readyz", self._answer_ready)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
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
        parts = {name: await _words(probe) for name, probe in self._ready.items()}
        is_ready = not any(parts.values())
        told = {name: words or "ok" for name, words in parts.items()}
        return web.json_response({"ready": is_ready, "parts": told}, status=200 if is_ready else 503)


async def _words(probe: Probe) -> str:
    try:
        return await probe()
    except SfintError as error:
        return str(error)
