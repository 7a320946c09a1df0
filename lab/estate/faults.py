"""What can go wrong on the way to a stand-in: bodies, delays and statuses that no healthy vendor sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

HTML_ERROR_PAGE = "<html><head><title>Down for maintenance</title></head><body><h1>We are sorry</h1></body></html>"


@dataclass
class Fault:
    """One fault: it answers in the service's place, unless `status` is None; then it only delays.

    `path` is a prefix of the request path, `times` counts down to 0 (None: until removed).
    `drops_connection` closes the socket without an answer; `hangs` never answers.
    """

    status: int | None = None
    body: str = ""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    hangs: bool = False
    drops_connection: bool = False
    path: str = "/"
    method: str | None = None
    times: int | None = None

    @classmethod
    def html(cls, status: int = 200, *, path: str = "/", times: int | None = None) -> Fault:
        """An HTML page where JSON was promised, as a proxy or a maintenance page sends it."""
        return cls(status, HTML_ERROR_PAGE, "text/html", path=path, times=times)

    @classmethod
    def empty(cls, status: int = 200, *, path: str = "/", times: int | None = None) -> Fault:
        """A status and nothing else."""
        return cls(status, path=path, times=times)

    @classmethod
    def json(cls, status: int, document: object, *, path: str = "/", times: int | None = None) -> Fault:
        """A JSON answer of the caller's choice."""
        return cls(status, json.dumps(document), "application/json", path=path, times=times)

    @classmethod
    def unavailable(cls, status: int = 503, *, path: str = "/", times: int | None = None) -> Fault:
        """A 5xx with the plain text a load balancer sends."""
        return cls(status, "Service Unavailable", path=path, times=times)

    @classmethod
    def rate_limited(cls, retry_after_seconds: int = 1, *, path: str = "/", times: int | None = None) -> Fault:
        """A 429 with Retry-After."""
        return cls(
            429,
            "Too Many Requests",
            headers={"Retry-After": str(retry_after_seconds)},
            path=path,
            times=times,
        )

    @classmethod
    def slow(cls, delay_seconds: float, *, path: str = "/", times: int | None = None) -> Fault:
        """The right answer, late."""
        return cls(delay_seconds=delay_seconds, path=path, times=times)

    @classmethod
    def silent(cls, *, path: str = "/", times: int | None = None) -> Fault:
        """No answer, ever: the caller's time-out has to end it."""
        return cls(hangs=True, path=path, times=times)

    @classmethod
    def dropped(cls, *, path: str = "/", times: int | None = None) -> Fault:
        """The connection closes before an answer."""
        return cls(drops_connection=True, path=path, times=times)

    def applies_to(self, method: str, path: str) -> bool:
        """Whether this fault is armed for the request."""
        return self.times != 0 and path.startswith(self.path) and self.method in (None, method)

    async def strike(self, request: web.Request) -> web.Response | None:
        """Do the damage; None means: go on and answer as usual."""
        if self.times is not None:
            self.times -= 1
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if self.hangs:
            await asyncio.Event().wait()
        if self.drops_connection:
            _cut(request)
            return web.Response(status=500)
        if self.status is None:
            return None
        return web.Response(
            status=self.status, text=self.body, content_type=self.content_type, headers=dict(self.headers)
        )


class Faults:
    """The faults in force at one stand-in, first match first."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Arm a fault; keep the result to `remove` it."""
        self._active.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Disarm one fault."""
        self._active.remove(fault)

    def clear(self) -> None:
        """Heal everything."""
        self._active.clear()

    def matching(self, method: str, path: str) -> Fault | None:
        """The fault that the request runs into, if any."""
        return next((fault for fault in self._active if fault.applies_to(method, path)), None)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
