"""A way to Slack on which answers get lost after Slack has done what it was asked."""

from __future__ import annotations

import aiohttp
from aiohttp import web


class LossyWay:
    """Passes calls of the Web API on; some answers to `method` never come back.

    The first `losses` ones, or one in `every` for as long as it lasts.
    """

    def __init__(self, api_url: str, method: str, losses: int = 0, *, every: int = 0) -> None:
        self._api_url = api_url
        self._method = method
        self._losses = losses
        self._every = every
        self._calls = 0
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> str:
        """Listens on a free loopback port; returns the `base_url` for a client."""
        app = web.Application()
        app.add_routes([web.route("*", "/api/{method}", self._pass_on)])
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/"

    async def stop(self) -> None:
        """Closes everything."""
        assert self._runner is not None
        assert self._session is not None
        await self._runner.cleanup()
        await self._session.close()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None
        method = request.match_info["method"]
        kept = ("Authorization", "Content-Type")
        async with self._session.request(
            request.method,
            f"{self._api_url}{method}",
            params=request.query,
            data=await request.read(),
            headers={name: request.headers[name] for name in kept if name in request.headers},
        ) as answer:
            body = await answer.read()
        if method == self._method and self._loses():
            assert request.transport is not None
            request.transport.abort()
        passed = {name: answer.headers[name] for name in ("Retry-After", "Content-Type") if name in answer.headers}
        return web.Response(status=answer.status, body=body, headers=passed)

    def _loses(self) -> bool:
        self._calls += 1
        return self._calls <= self._losses or bool(self._every and self._calls % self._every == 0)
