"""What a request asks for, read from its path, query and body: verb, resource, and which objects are meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from lab.estate.kubernetes.discovery import discovery
from lab.estate.kubernetes.errors import bad_request
from lab.estate.kubernetes.resources import BY_PLURAL, Json, Resource, resource_at
from lab.estate.kubernetes.selectors import Predicate, field_predicate, label_predicate

REVIEWS = "selfsubjectaccessreviews"
METHODS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True)
class Asked:
    """A request, understood."""

    verb: str
    resource: Resource
    namespace: str
    name: str
    subresource: str


class Unreadable:
    """A body that is no JSON; told only once it is clear that a body is wanted."""

    def __init__(self, why: str) -> None:
        self.why = why


async def body_of(request: web.Request) -> Any:
    """The JSON that came with it, None without a body, or Unreadable."""
    raw = await request.read()
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        return Unreadable(f"error decoding the body: {error}")


def object_in(body: Any) -> Json:
    """The body where an object must have been sent."""
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


def permissions(asked: Asked) -> tuple[str, ...]:
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
        if flag(request, "watch"):
            return "watch"
        return "get" if name else "list"
    verb = METHODS.get(request.method, "unknown")
    if (verb == "create") == bool(name):
        return "deletecollection" if verb == "delete" else "unknown"
    return verb


def flag(request: web.Request, key: str) -> bool:
    """A switch in the query."""
    return request.query.get(key, "").lower() in ("1", "true")


def integer(request: web.Request, key: str, default: int) -> int:
    """A number in the query."""
    text = request.query.get(key, "")
    try:
        return int(text) if text else default
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def is_json_accepted(request: web.Request) -> bool:
    """Whether the answer may be JSON; the server has other media types, this one has not."""
    kinds = {part.partition(";")[0].strip() for part in request.headers.get("Accept", "*/*").split(",")}
    return bool(kinds & {"*/*", "application/*", "application/json"})


def is_dry(request: web.Request) -> bool:
    """True where nothing is to be stored."""
    return "All" in request.query.getall("dryRun", [])


def wanted_by(request: web.Request, asked: Asked) -> Predicate:
    """Which objects a list or a watch is about: labels, fields, and the name in its path."""
    tests: list[Callable[[Json], bool]] = []
    if labels := request.query.get("labelSelector", ""):
        tests.append(label_predicate(labels))
    if fields := request.query.get("fieldSelector", ""):
        tests.append(field_predicate(fields, asked.resource))
    if asked.name:
        tests.append(lambda item: bool(item["metadata"]["name"] == asked.name))
    return lambda item: all(test(item) for test in tests)
