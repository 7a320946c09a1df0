"""Where file bytes go in and come out."""

from __future__ import annotations

import secrets

from aiohttp import web

from lab.slack.world import SlackWorld


class Uploads:
    """Serves upload addresses, and files to whoever has the bot's token."""

    def __init__(self, world: SlackWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """What the server has to mount."""
        return [
            web.post("/upload/v1/{ticket}", self._take),
            web.get("/files-pri/{file_id}", self._give),
        ]

    async def _take(self, request: web.Request) -> web.Response:
        stored = self._world.files.by_ticket(request.match_info["ticket"])
        if stored is None or stored.content is not None:
            return web.Response(status=404, text="not found")
        content = await _body(request)
        if len(content) != stored.length:
            return web.Response(status=400, text=f"expected {stored.length} bytes")
        stored.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def _give(self, request: web.Request) -> web.Response:
        expected = f"Bearer {self._world.identity.bot_token}"
        if not secrets.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode()):
            return web.Response(status=403, text="forbidden")
        stored = self._world.files.get(request.match_info["file_id"])
        if stored is None or stored.content is None:
            return web.Response(status=404, text="not found")
        return web.Response(body=stored.content, content_type="application/octet-stream")


async def _body(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    for value in form.values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""
