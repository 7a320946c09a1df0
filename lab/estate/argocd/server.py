"""The HTTP face of Argo CD: applications are read, synced and patched with a bearer token."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from lab.estate.argocd.application import LabApplication, OperationInProgress
from lab.estate.kubernetes import KubernetesStandIn
from lab.estate.stand_in import HttpStandIn

BASE = "/api/v1/applications/{name}"
_UNAUTHENTICATED, _DENIED, _NOT_FOUND, _PRECONDITION, _INVALID = 16, 7, 5, 9, 3
_STATUS = {_UNAUTHENTICATED: 401, _DENIED: 403, _NOT_FOUND: 404, _PRECONDITION: 400, _INVALID: 400}
Answering = Callable[[web.Request, LabApplication], Awaitable[web.Response]]


class ArgoCdStandIn(HttpStandIn):
    """`application` is the only one. `may` holds what the token's role allows: get, sync, update."""

    def __init__(
        self, kubernetes: KubernetesStandIn, *, name: str = "salesforce-integration", project: str = "integrations"
    ) -> None:
        super().__init__()
        self.token = secrets.token_urlsafe(32)
        self.may = {"get", "sync", "update"}
        self.application = LabApplication(kubernetes, name, project)
        self._healing: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        """What the contract names."""
        return [
            web.get(BASE, self._allowed("get", self._get)),
            web.patch(BASE, self._allowed("update", self._patch)),
            web.post(f"{BASE}/sync", self._allowed("sync", self._sync)),
        ]

    async def start(self) -> None:
        """Listen, and watch over the application."""
        await super().start()
        self._healing = asyncio.create_task(self.application.keep_healing())

    async def stop(self) -> None:
        """End everything."""
        if self._healing is not None:
            self._healing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._healing
        await self.application.stop()
        await super().stop()

    def _allowed(self, verb: str, answer: Answering) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A stranger gets 401. Who may not, and whoever asks for what is not there, gets the same 403."""

        async def handle(request: web.Request) -> web.Response:
            if request.headers.get("Authorization") != f"Bearer {self.token}":
                return _problem(_UNAUTHENTICATED, "invalid session: token is malformed or has expired")
            if verb not in self.may:
                return _problem(_DENIED, "permission denied")
            name = request.match_info["name"]
            if name != self.application.name:
                # Who names the project that they may read is told the truth.
                if request.query.get("project") == self.application.project:
                    return _problem(_NOT_FOUND, f'applications.argoproj.io "{name}" not found')
                return _problem(_DENIED, "permission denied")
            if request.query.get("project", self.application.project) != self.application.project:
                return _problem(_DENIED, "permission denied")
            return await answer(request, self.application)

        return handle

    async def _get(self, request: web.Request, application: LabApplication) -> web.Response:
        if request.query.get("refresh", "normal") not in ("normal", "hard"):
            return _problem(_INVALID, "invalid refresh type")
        return web.json_response(application.document())

    async def _sync(self, request: web.Request, application: LabApplication) -> web.Response:
        asked = await _object(request)
        try:
            application.sync(dry_run=bool(asked.get("dryRun")), by={"username": "sfint"})
        except OperationInProgress:
            return _problem(_PRECONDITION, "another operation is already in progress")
        return web.json_response(application.document())

    async def _patch(self, request: web.Request, application: LabApplication) -> web.Response:
        asked = await _object(request)
        if asked.get("patchType") not in ("merge", None, ""):
            return _problem(_INVALID, f"Patch type '{asked.get('patchType')}' is not supported here")
        try:
            spec = json.loads(str(asked["patch"])).get("spec") or {}
        except (KeyError, ValueError, AttributeError) as error:
            return _problem(_INVALID, f"error decoding patch: {error}")
        if "syncPolicy" in spec:
            application.policy = _merged(application.policy, spec["syncPolicy"])
        return web.json_response(application.document())


async def _object(request: web.Request) -> dict[str, Any]:
    text = await request.text()
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _merged(old: Any, patch: Any) -> Any:
    """A JSON merge patch: null removes."""
    if not isinstance(patch, dict):
        return {} if patch is None else patch
    merged = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _problem(code: int, words: str) -> web.Response:
    return web.json_response({"error": words, "code": code, "message": words}, status=_STATUS[code])
