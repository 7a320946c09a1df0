"""The API over HTTP: who asks, media types, what is refused, and a record of every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from lab.estate.kubernetes import patches
from lab.estate.kubernetes.asked import (
    Asked,
    Unreadable,
    body_of,
    flag,
    integer,
    is_dry,
    is_json_accepted,
    object_in,
    permissions,
    understand,
    wanted_by,
)
from lab.estate.kubernetes.errors import (
    ApiError,
    bad_request,
    method_not_allowed,
    no_such_resource,
    not_acceptable,
    unsupported_media_type,
)
from lab.estate.kubernetes.faults import Faults
from lab.estate.kubernetes.listing import Lister
from lab.estate.kubernetes.outside import answer_outside
from lab.estate.kubernetes.pod_logs import PodLogs
from lab.estate.kubernetes.portforward import PortForwards
from lab.estate.kubernetes.rbac import Gatekeeper, User
from lab.estate.kubernetes.resources import Json
from lab.estate.kubernetes.store import Store
from lab.estate.kubernetes.verbs import Verbs, scale_of
from lab.estate.kubernetes.watching import DEFAULT_SECONDS, Watch, serve_watch

__all__ = ["Asked", "Dropped", "HttpApi", "Observer", "Recorded"]

ACCEPTED_PATCHES = (patches.JSON_PATCH, patches.MERGE, patches.STRATEGIC)
ACCEPTED_CUSTOM_PATCHES = (patches.JSON_PATCH, patches.MERGE)
STREAMS = ("log", "portforward")


@dataclass(frozen=True)
class Recorded:
    """One request as it was answered; `body` is what came with it."""

    verb: str
    resource: str
    namespace: str
    name: str
    subresource: str
    query: dict[str, str]
    body: Any
    status: int
    user: str
    at: datetime


class Dropped(Exception):
    """Raised by an observer: the connection is cut here, without an answer."""


Observer = Callable[[str, Asked, Any], Awaitable[None]]
"""Awaited with `received` before a request is carried out and `carried out` before its answer goes out, with
what was asked and the body. It may delay the request, or raise Dropped."""


class HttpApi:
    """The aiohttp application in front of a store."""

    def __init__(self, store: Store, verbs: Verbs, gate: Gatekeeper, faults: Faults, pod_logs: PodLogs) -> None:
        self.store = store
        self.verbs = verbs
        self.gate = gate
        self.faults = faults
        self.lister = Lister(store)
        self.requests: list[Recorded] = []
        self.observer: Observer | None = None
        self._pod_logs = pod_logs
        self._port_forwards = PortForwards(store)

    def application(self) -> web.Application:
        """Everything goes through one handler: the API's paths are regular."""
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = understand(request)
        body = await body_of(request)
        try:
            await self._observe("received", asked, body)
            response = await self._answer(request, asked, body)
            await self._observe("carried out", asked, body)
        except Dropped:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return response

    async def _observe(self, moment: str, asked: Asked | None, body: Any) -> None:
        if self.observer is not None and asked is not None:
            await self.observer(moment, asked, body)

    async def _answer(self, request: web.Request, asked: Asked | None, body: Any) -> web.StreamResponse:
        name = ""
        try:
            user = self.gate.who(request.headers.get("Authorization"))
            name = user.name
            response = await self._dispatch(request, user, asked, body)
        except ApiError as error:
            response = _refusal(error)
        if asked:
            self._record(request, asked, body, response.status, name)
        return response

    def _record(self, request: web.Request, asked: Asked, body: Any, status: int, user: str) -> None:
        self.requests.append(
            Recorded(
                asked.verb,
                asked.resource.plural,
                asked.namespace,
                asked.name,
                asked.subresource,
                dict(request.query),
                body,
                status,
                user,
                datetime.now(UTC),
            )
        )

    async def _dispatch(
        self, request: web.Request, user: User, asked: Asked | None, body: Any
    ) -> web.StreamResponse:
        if asked is None:
            return answer_outside(request, self.gate, user, body)
        namespace, name = asked.namespace, asked.name
        for verb in permissions(asked):
            self.gate.check(user, verb, asked.resource, namespace, name, asked.subresource)
        if not asked.resource.kind:
            raise no_such_resource()
        if asked.subresource not in STREAMS and not is_json_accepted(request):
            raise not_acceptable()
        await self.faults.strike(user.name, asked.verb, asked.resource, namespace, name)
        if request.method != "GET" and isinstance(body, Unreadable):
            raise bad_request(body.why)
        if asked.subresource == "portforward":
            return await self._port_forwards.serve(request, namespace, name)
        match asked.verb:
            case "watch":
                return await serve_watch(request, self.store, self._watch(request, asked))
            case "list":
                return web.json_response(self._list(request, asked))
            case "get":
                return await self._get(request, asked)
            case "create":
                return self._create(request, asked, body)
            case "update":
                return self._update(request, user, asked, body)
            case "patch":
                return self._patch(request, user, asked, body)
            case "delete":
                return self._delete(request, asked, body)
        raise method_not_allowed()

    def _list(self, request: web.Request, asked: Asked) -> Json:
        limit = integer(request, "limit", 0)
        predicate = wanted_by(request, asked)
        token = request.query.get("continue", "")
        return self.lister.page(asked.resource, asked.namespace, predicate, limit, token)

    def _watch(self, request: web.Request, asked: Asked) -> Watch:
        query = request.query
        version = query.get("resourceVersion", "")
        if version and not version.isdigit():
            why = f'Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax'
            raise ApiError(500, "", f"resourceVersion: {why}")
        return Watch(
            asked.resource,
            asked.namespace,
            wanted_by(request, asked),
            version,
            flag(request, "allowWatchBookmarks"),
            flag(request, "sendInitialEvents"),
            float(integer(request, "timeoutSeconds", 0) or DEFAULT_SECONDS),
        )

    async def _get(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        if asked.subresource == "log":
            return await self._pod_logs.serve(request, asked.namespace, asked.name)
        item = self.store.read(asked.resource.plural, asked.namespace, asked.name)
        if asked.subresource == "scale":
            return web.json_response(scale_of(asked.resource, item))
        return web.json_response(item)

    def _create(self, request: web.Request, asked: Asked, body: Any) -> web.Response:
        item = self.verbs.create(asked.resource, asked.namespace, object_in(body), dry_run=is_dry(request))
        return web.json_response(item, status=201)

    def _update(self, request: web.Request, user: User, asked: Asked, body: Any) -> web.Response:
        dry_run = is_dry(request)
        if asked.subresource == "scale":
            old = self.store.read(asked.resource.plural, asked.namespace, asked.name)
            return web.json_response(
                self.verbs.set_scale(user, asked.resource, old, object_in(body), dry_run=dry_run)
            )
        item = self.verbs.update(
            user,
            asked.resource,
            asked.namespace,
            asked.name,
            object_in(body),
            subresource=asked.subresource,
            dry_run=dry_run,
        )
        return web.json_response(item)

    def _patch(self, request: web.Request, user: User, asked: Asked, body: Any) -> web.Response:
        accepted = ACCEPTED_CUSTOM_PATCHES if asked.resource.is_custom else ACCEPTED_PATCHES
        if request.content_type not in accepted:
            raise unsupported_media_type()
        item = self.verbs.patch(
            user,
            asked.resource,
            asked.namespace,
            asked.name,
            request.content_type,
            body,
            subresource=asked.subresource,
            dry_run=is_dry(request),
        )
        return web.json_response(item)

    def _delete(self, request: web.Request, asked: Asked, body: Any) -> web.Response:
        options = dict(body) if isinstance(body, dict) else {}
        for key in ("gracePeriodSeconds", "propagationPolicy"):
            if key in request.query:
                value = request.query[key]
                options[key] = int(value) if key == "gracePeriodSeconds" else value
        return web.json_response(self.verbs.delete(asked.resource, asked.namespace, asked.name, options))


def _refusal(error: ApiError) -> web.Response:
    if error.is_plain:
        return web.Response(text=error.message, status=error.code, headers=error.headers)
    return web.json_response(error.status(), status=error.code, headers=error.headers)
