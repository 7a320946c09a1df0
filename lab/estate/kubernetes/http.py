"""The API over HTTP: paths, media types, who asks, what is refused, and a record of every request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from lab.estate.kubernetes import patches
from lab.estate.kubernetes.discovery import discovery
from lab.estate.kubernetes.errors import (
    ApiError,
    bad_request,
    method_not_allowed,
    no_such_resource,
    unsupported_media_type,
)
from lab.estate.kubernetes.faults import Faults
from lab.estate.kubernetes.listing import Lister
from lab.estate.kubernetes.pod_logs import PodLogs
from lab.estate.kubernetes.portforward import PortForwards
from lab.estate.kubernetes.rbac import Gatekeeper, User
from lab.estate.kubernetes.resources import BY_PLURAL, Json, Resource, resource_at
from lab.estate.kubernetes.selectors import Predicate, field_predicate, label_predicate
from lab.estate.kubernetes.store import Store
from lab.estate.kubernetes.verbs import Verbs, scale_of
from lab.estate.kubernetes.watching import DEFAULT_SECONDS, Watch, serve_watch

ACCEPTED_PATCHES = (patches.JSON_PATCH, patches.MERGE, patches.STRATEGIC)
ACCEPTED_CUSTOM_PATCHES = (patches.JSON_PATCH, patches.MERGE)
REVIEWS = "selfsubjectaccessreviews"
_METHODS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


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


@dataclass(frozen=True)
class Asked:
    """A request, understood."""

    verb: str
    resource: Resource
    namespace: str
    name: str
    subresource: str


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
        body = await _body(request)
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
            response = web.json_response(error.status(), status=error.code, headers=error.headers)
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
            return self._outside_resources(request, user, body)
        namespace, name = asked.namespace, asked.name
        for verb in _permissions(asked):
            self.gate.check(user, verb, asked.resource, namespace, name, asked.subresource)
        if not asked.resource.kind:
            raise no_such_resource()
        await self.faults.strike(user.name, asked.verb, asked.resource, namespace, name)
        if request.method != "GET" and isinstance(body, _Unreadable):
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

    def _outside_resources(self, request: web.Request, user: User, body: Any) -> web.Response:
        path = request.path.rstrip("/")
        verb = _METHODS.get(request.method, "get")
        self.gate.check_path(user, verb, path)
        if path.endswith(f"/apis/authorization.k8s.io/v1/{REVIEWS}") and verb == "create":
            return web.json_response(_review(user, body), status=201)
        if path in ("/livez", "/readyz", "/healthz"):
            return web.Response(text="ok")
        document = discovery(path)
        if document is None:
            return web.Response(status=404, text="404 page not found\n")
        return web.json_response(document)

    def _list(self, request: web.Request, asked: Asked) -> Json:
        limit = _integer(request, "limit", 0)
        predicate = _predicate(request, asked)
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
            _predicate(request, asked),
            version,
            _flag(request, "allowWatchBookmarks"),
            _flag(request, "sendInitialEvents"),
            float(_integer(request, "timeoutSeconds", 0) or DEFAULT_SECONDS),
        )

    async def _get(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        if asked.subresource == "log":
            return await self._pod_logs.serve(request, asked.namespace, asked.name)
        item = self.store.read(asked.resource.plural, asked.namespace, asked.name)
        if asked.subresource == "scale":
            return web.json_response(scale_of(asked.resource, item))
        return web.json_response(item)

    def _create(self, request: web.Request, asked: Asked, body: Any) -> web.Response:
        item = self.verbs.create(asked.resource, asked.namespace, _object(body), dry_run=_is_dry(request))
        return web.json_response(item, status=201)

    def _update(self, request: web.Request, user: User, asked: Asked, body: Any) -> web.Response:
        dry_run = _is_dry(request)
        if asked.subresource == "scale":
            old = self.store.read(asked.resource.plural, asked.namespace, asked.name)
            return web.json_response(
                self.verbs.set_scale(user, asked.resource, old, _object(body), dry_run=dry_run)
            )
        item = self.verbs.update(
            user,
            asked.resource,
            asked.namespace,
            asked.name,
            _object(body),
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
            dry_run=_is_dry(request),
        )
        return web.json_response(item)

    def _delete(self, request: web.Request, asked: Asked, body: Any) -> web.Response:
        options = dict(body) if isinstance(body, dict) else {}
        for key in ("gracePeriodSeconds", "propagationPolicy"):
            if key in request.query:
                value = request.query[key]
                options[key] = int(value) if key == "gracePeriodSeconds" else value
        return web.json_response(self.verbs.delete(asked.resource, asked.namespace, asked.name, options))


class _Unreadable:
    def __init__(self, why: str) -> None:
        self.why = why


async def _body(request: web.Request) -> Any:
    raw = await request.read()
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        return _Unreadable(f"error decoding the body: {error}")


def _object(body: Any) -> Json:
    if not isinstance(body, dict):
        raise bad_request("the body is no object")
    return body


def understand(request: web.Request) -> Asked | None:
    """The verb and the resource that a path and a method mean; None outside of the resources."""
    parts = [part for part in request.path.split("/") if part]
    match parts:
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            return None
    namespace = ""
    if len(rest) >= 3 and rest[0] == "namespaces" and rest[2] != "status":
        namespace, rest = rest[1], rest[2:]
    if not rest or (discovery("/".join(parts[: len(parts) - len(rest)])) is None and not namespace):
        return None
    if rest[0] == REVIEWS:
        return None
    name = rest[1] if len(rest) > 1 else ""
    subresource = "/".join(rest[2:])
    resource = resource_at(group, version, rest[0])
    if not resource or not _has_subresource(resource, subresource):
        resource = Resource(group, version, rest[0], kind="")
    verb = "create" if subresource == "portforward" and request.method == "POST" else _verb(request, name)
    return Asked(verb, resource, namespace, name, subresource)


def _permissions(asked: Asked) -> tuple[str, ...]:
    """A WebSocket begins with GET; since 1.35 the server asks for `create` as well where streams are opened."""
    return ("get", "create") if (asked.subresource, asked.verb) == ("portforward", "get") else (asked.verb,)


def _has_subresource(resource: Resource, subresource: str) -> bool:
    known = {
        "": True,
        "status": resource.has_status,
        "scale": resource.has_scale,
        "log": resource is BY_PLURAL["pods"],
        "portforward": resource is BY_PLURAL["pods"],
    }
    return known.get(subresource, False)


def _verb(request: web.Request, name: str) -> str:
    if request.method in ("GET", "HEAD"):
        if _flag(request, "watch"):
            return "watch"
        return "get" if name else "list"
    verb = _METHODS.get(request.method, "unknown")
    if (verb == "create") == bool(name):
        return "deletecollection" if verb == "delete" else "unknown"
    return verb


def _flag(request: web.Request, key: str) -> bool:
    return request.query.get(key, "").lower() in ("1", "true")


def _integer(request: web.Request, key: str, default: int) -> int:
    text = request.query.get(key, "")
    try:
        return int(text) if text else default
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def _is_dry(request: web.Request) -> bool:
    return "All" in request.query.getall("dryRun", [])


def _predicate(request: web.Request, asked: Asked) -> Predicate:
    tests: list[Callable[[Json], bool]] = []
    if labels := request.query.get("labelSelector", ""):
        tests.append(label_predicate(labels))
    if fields := request.query.get("fieldSelector", ""):
        tests.append(field_predicate(fields, asked.resource))
    if asked.name:
        tests.append(lambda item: bool(item["metadata"]["name"] == asked.name))
    return lambda item: all(test(item) for test in tests)


def _review(user: User, body: Any) -> Json:
    asked = ((body or {}).get("spec") or {}).get("resourceAttributes") or {}
    resource = asked.get("resource", "")
    if asked.get("subresource"):
        resource += f"/{asked['subresource']}"
    wanted = (asked.get(key, "") for key in ("namespace", "name"))
    allowed = user.may(asked.get("verb", ""), asked.get("group", ""), resource, *wanted)
    reason = {"reason": 'RBAC: allowed by Role "sfint"'} if allowed else {}
    kind = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}}
    return kind | {"spec": (body or {}).get("spec") or {}, "status": {"allowed": allowed, **reason}}
