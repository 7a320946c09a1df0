"""The API that keeps the registrations of webhooks: a bearer token, one document a channel and bot."""

from __future__ import annotations

import json
import secrets

from aiohttp import web

from lab.estate.stand_in import HttpStandIn

_HEALTHCHECK = "/api/{channel}/bots/{bot_id}/healthcheck"
_BOT = "/api/{channel}/bots/{bot_id}"
"""No read is documented: this one stands for whatever a company has."""


class RegistrationsStandIn(HttpStandIn):
    """`token` is the bearer token; a registration is replaced by the next one."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__(host)
        self.token = secrets.token_urlsafe(24)
        self._documents: dict[tuple[str, str], dict[str, object]] = {}

    def routes(self) -> list[web.RouteDef]:
        """The documented write, and a read."""
        return [web.post(_HEALTHCHECK, self._register), web.get(_BOT, self._read)]

    def register(self, bot_id: str, channel: str, webhook: str, version: int) -> None:
        """As the Integrations team does."""
        self._documents[channel, bot_id] = {
            "bot_id": bot_id,
            "channel": channel,
            "webhook": webhook,
            "version": version,
        }

    def forget(self, bot_id: str, channel: str) -> None:
        """There is no registration any more."""
        self._documents.pop((channel, bot_id), None)

    def read_url(self, bot_id: str, channel: str) -> str:
        """Where the registration is read."""
        return self.url + _BOT.format(channel=channel, bot_id=bot_id)

    async def _register(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return _problem(401, "Unauthorized")
        try:
            wanted = json.loads(await request.text())
            webhook, version = wanted["webhook"], wanted["version"]
            is_fit = isinstance(wanted["phone"], str) and isinstance(webhook, str)
        except (ValueError, KeyError, TypeError):
            is_fit = False
        if not is_fit or isinstance(version, bool) or not isinstance(version, int):
            return _problem(400, "phone, webhook and version are required")
        self.register(request.match_info["bot_id"], request.match_info["channel"], webhook, version)
        return web.json_response({"message": "ok"})

    async def _read(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return _problem(401, "Unauthorized")
        found = self._documents.get((request.match_info["channel"], request.match_info["bot_id"]))
        return web.json_response(found) if found is not None else _problem(404, "Not Found")

    def _knows(self, request: web.Request) -> bool:
        return secrets.compare_digest(request.headers.get("Authorization", ""), f"Bearer {self.token}")


def _problem(status: int, words: str) -> web.Response:
    return web.json_response({"message": words}, status=status)
