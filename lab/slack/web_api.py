"""The Web API's front door: who calls, may they, not too often, and what came out."""

from __future__ import annotations

import asyncio
import json
import secrets

from aiohttp import web

from lab.slack.arguments import Arguments, read_arguments
from lab.slack.errors import Json, SlackError
from lab.slack.methods import WebMethod, collect_methods
from lab.slack.world import ApiCall, SlackWorld


class TooManyRequests(Exception):
    """The call is answered with 429."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class WebApi:
    """Serves `/api/{method}` by GET and POST."""

    def __init__(self, world: SlackWorld) -> None:
        self._world = world
        self._methods = collect_methods()

    def routes(self) -> list[web.RouteDef]:
        """What the server has to mount."""
        return [web.route(verb, "/api/{method}", self.serve) for verb in ("GET", "POST")]

    async def serve(self, request: web.Request) -> web.Response:
        """Answer one call and record it."""
        name = request.match_info["method"]
        arguments: Json = {}
        faults = self._world.faults
        if faults.latency_seconds:
            await asyncio.sleep(faults.latency_seconds)
        try:
            arguments = await read_arguments(request)
            token = _bearer(request) or str(arguments.pop("token", ""))
            body = self._answer(name, token, arguments)
        except SlackError as refused:
            body = refused.body()
        except TooManyRequests as slow_down:
            return self._too_many(name, arguments, slow_down.retry_after)
        except _ServerError:
            return self._server_error(name, arguments)
        self._record(name, arguments, 200, body.get("error"))
        return web.json_response(body, headers=self._headers(name))

    def _answer(self, name: str, token: str, arguments: Json) -> Json:
        if self._world.faults.takes_server_error():
            raise _ServerError
        if self._world.faults.takes_rate_limit():
            raise TooManyRequests(self._world.faults.retry_after_seconds)
        method = self._methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        self._authorize(method, token)
        self._limit(method, arguments)
        called = Arguments(arguments)
        return {"ok": True, **method.answer(self._world, called)}

    def _authorize(self, method: WebMethod, token: str) -> None:
        identity = self._world.identity
        if method.open_to_all:
            return
        if not token:
            raise SlackError("not_authed")
        is_app = secrets.compare_digest(token.encode(), identity.app_token.encode())
        if not is_app and not secrets.compare_digest(token.encode(), identity.bot_token.encode()):
            raise SlackError("invalid_auth")
        if is_app != method.for_app_token:
            raise SlackError("not_allowed_token_type")
        if method.scope and method.scope not in identity.scopes:
            raise SlackError("missing_scope", needed=method.scope, provided=",".join(sorted(identity.scopes)))

    def _limit(self, method: WebMethod, arguments: Json) -> None:
        channel = str(arguments.get("channel", ""))
        found = self._world.channel(channel)
        wait = self._world.limits.retry_after(
            method.name, tier=method.tier, channel=found.id if found else channel, now=self._world.clock()
        )
        if wait is not None:
            raise TooManyRequests(wait)

    def _headers(self, name: str) -> dict[str, str]:
        method = self._methods.get(name)
        return {
            "x-oauth-scopes": ",".join(sorted(self._world.identity.scopes)),
            "x-accepted-oauth-scopes": (method.scope or "") if method else "",
            "x-slack-req-id": secrets.token_hex(16),
        }

    def _too_many(self, name: str, arguments: Json, retry_after: int) -> web.Response:
        self._record(name, arguments, 429, "ratelimited")
        body = json.dumps({"ok": False, "error": "ratelimited"})
        headers = {"Retry-After": str(retry_after)}
        return web.Response(status=429, text=body, content_type="application/json", headers=headers)

    def _server_error(self, name: str, arguments: Json) -> web.Response:
        status = self._world.faults.failing_status
        self._record(name, arguments, status, "server_error")
        return web.Response(status=status, text="upstream connect error or disconnect", content_type="text/plain")

    def _record(self, name: str, arguments: Json, status: int, error: str | None) -> None:
        self._world.requests.append(ApiCall(name, arguments, status, self._world.clock(), error))


class _ServerError(Exception):
    """The call is answered with a 5xx."""


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
