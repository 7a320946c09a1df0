"""Integrations Core: reads a webhook's registration at a configured address and place of its JSON."""

from __future__ import annotations

import asyncio
import json
import re
from urllib.parse import urlsplit

import httpx

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
        self._deadline_seconds = deadline_seconds
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._http = httpx.AsyncClient(timeout=deadline_seconds, headers=headers, follow_redirects=False)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def registration(self) -> Registration:
        """One request."""
        host = urlsplit(self._url).netloc
        try:
            async with asyncio.timeout(self._deadline_seconds):
                status, body = await self._get()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Unreachable(f"{host} did not answer within {self._deadline_seconds:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{host} cannot be reached: {error or type(error).__name__}") from error
        _judge(host, status)
        return _registration(host, body, self._path)

    async def _get(self) -> tuple[int, bytes]:
        async with self._http.stream("GET", self._url) as response:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _BODY_BYTES_MAX:
                    break
            return response.status_code, body


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
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"{host} answered something that is not JSON") from error
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
