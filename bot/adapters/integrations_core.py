"""Integrations Core: reads a webhook's registration at a configured address and place of its JSON."""

from __future__ import annotations

import re

from bot.adapters.http_door import HttpDoor, host_of, json_of
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, RateLimited, Unreachable
from bot.domain.webhook import Registration

_BODY_BYTES_MAX = 1024 * 1024
_PATH = re.compile(r"(?:[A-Za-z_][\w-]*|\[\d+\])(?:\.[A-Za-z_][\w-]*|\[\d+\])*")
_STEP = re.compile(r"([A-Za-z_][\w-]*)|\[(\d+)\]")


class HttpRegistrations:
    """Implements `bot.ports.registrations.Registrations`. Close it with `aclose`.

    `path` leads to the version: `version`, `data.registrations[0].version`. What stands beside it, is read too.
    """

    def __init__(self, url: str, *, path: str = "version", token: str = "", deadline_seconds: float = 1.5) -> None:
        self._url = url
        self._path = steps(path)
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._door = HttpDoor(deadline_seconds, bytes_max=_BODY_BYTES_MAX)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._door.aclose()

    async def registration(self) -> Registration:
        """One request."""
        host = host_of(self._url)
        reply = await self._door.ask("GET", self._url, headers=self._headers)
        _judge(host, reply.status)
        return _registration(host, reply.body, self._path)


def steps(path: str) -> tuple[str | int, ...]:
    """`data.items[0].version` as its steps. Raises ValueError for what is no path."""
    if not _PATH.fullmatch(path):
        raise ValueError("must be a path as `version` or `data.registrations[0].version`")
    return tuple(name or int(number) for name, number in _STEP.findall(path))


def _judge(host: str, status: int) -> None:
    if status in (401, 403):
        raise AccessDenied(f"{host} answered {status}: the token may not read the registration")
    if status == 404:
        raise NotFound(f"{host} answered 404: it knows no such registration")
    if status == 429:
        raise RateLimited(f"{host} answered 429: too many requests")
    if status >= 500:
        raise Unreachable(f"{host} answered {status}")
    if status != 200:
        raise BadAnswer(f"{host} answered {status}, which is no registration")


def _registration(host: str, body: bytes, path: tuple[str | int, ...]) -> Registration:
    found = json_of(host, body)
    beside: object = None
    for step in path:
        beside = found
        found = _step(found, step)
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise BadAnswer(f"{host} answered JSON without a version at the configured path")
    told = beside if isinstance(beside, dict) else {}
    words = {key: value for key, value in told.items() if isinstance(value, str)}
    return Registration(
        str(found), words.get("webhook", ""), words.get("channel", ""), words.get("bot_id", words.get("botId", ""))
    )


def _step(found: object, step: str | int) -> object:
    if isinstance(step, str):
        return found.get(step) if isinstance(found, dict) else None
    return found[step] if isinstance(found, list) and step < len(found) else None
