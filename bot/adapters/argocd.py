"""Argo CD: one read of the target's application, reduced to what the checks and preflights judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from bot.adapters.http_door import HttpDoor, host_of, json_of
from bot.domain.argocd import Application, Ignored, Resource
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, RateLimited, Unreachable

_BODY_BYTES_MAX = 16 * 1024 * 1024


class ArgoCdDeployments:
    """Implements `bot.ports.deployments.Deployments`. Close it with `aclose`; the deadline is in seconds."""

    def __init__(
        self,
        url: str,
        *,
        token: str,
        application: str,
        project: str = "",
        ca_file: str | None = None,
        deadline_seconds: float = 3.0,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._url, self._application, self._project = url.rstrip("/"), application, project
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._door = HttpDoor(deadline_seconds, http, bytes_max=_BODY_BYTES_MAX, ca_file=ca_file)
        self._host = host_of(url)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._door.aclose()

    async def application(self) -> Application:
        """See the port. No `refresh`: that would make Argo CD compare anew, which is work for its controller."""
        url = f"{self._url}/api/v1/applications/{quote(self._application, safe='')}"
        query = {"project": self._project} if self._project else {}
        reply = await self._door.ask("GET", url, headers=self._headers, query=query)
        self._judge(reply.status)
        return _application(self._application, _mapping(json_of(self._host, reply.body)))

    def _judge(self, status: int) -> None:
        if status == 401:
            raise AccessDenied(f"{self._host} answered 401: the token is not valid, or has expired")
        if status == 403:
            raise AccessDenied(
                f"{self._host} answered 403: the token may not get the application {self._application},"
                " or there is none of this name (Argo CD does not tell which)"
            )
        if status == 404:
            raise NotFound(f"{self._host} has no application {self._application}")
        if status == 429:
            raise RateLimited(f"{self._host} answered 429")
        if status >= 500:
            raise Unreachable(f"{self._host} answered {status}")
        if status != 200:
            raise BadAnswer(f"{self._host} answered {status}")


def _application(name: str, document: Mapping[str, Any]) -> Application:
    """Raises BadAnswer for what is no Application."""
    if not isinstance(document.get("status"), dict) or not isinstance(document.get("spec") or {}, dict):
        raise BadAnswer("Argo CD answered something that is no application")
    spec, status = _mapping(document.get("spec")), _mapping(document.get("status"))
    sync, operation = _mapping(status.get("sync")), _mapping(status.get("operationState"))
    automated = _mapping(spec.get("syncPolicy")).get("automated")
    # An empty `automated: {}` is automation; since Argo CD 3.1 `enabled: false` inside takes it back.
    is_automated = isinstance(automated, dict) and automated.get("enabled") is not False
    conditions = {str(one.get("type", "")): str(one.get("message", "")) for one in _list(status.get("conditions"))}
    return Application(
        name=name,
        sync=str(sync.get("status", "")),
        health=str(_mapping(status.get("health")).get("status", "")),
        operation=str(operation.get("phase", "")),
        operation_message=str(operation.get("message", "")),
        is_automated=is_automated,
        heals_itself=is_automated and _mapping(automated).get("selfHeal") is True,
        conditions=conditions,
        resources=tuple(_resource(one) for one in _list(status.get("resources"))),
        ignored=tuple(_ignored(one) for one in _list(spec.get("ignoreDifferences"))),
    )


def _resource(found: Mapping[str, Any]) -> Resource:
    health = _mapping(found.get("health"))
    return Resource(
        kind=str(found.get("kind", "")),
        namespace=str(found.get("namespace", "")),
        name=str(found.get("name", "")),
        sync=str(found.get("status", "")),
        health=str(health.get("status", "")),
        message=str(health.get("message", "")),
    )


def _ignored(found: Mapping[str, Any]) -> Ignored:
    pointers = found.get("jsonPointers")
    return Ignored(
        kind=str(found.get("kind", "")),
        name=str(found.get("name", "")),
        namespace=str(found.get("namespace", "")),
        pointers=tuple(str(pointer) for pointer in pointers) if isinstance(pointers, list) else (),
    )


def _mapping(found: object) -> Mapping[str, Any]:
    """Absent is empty; anything but an object is outside the contract."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadAnswer("Argo CD answered outside its contract")
    return found


def _list(found: object) -> list[Mapping[str, Any]]:
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadAnswer("Argo CD answered outside its contract")
    return [_mapping(item) for item in found]
