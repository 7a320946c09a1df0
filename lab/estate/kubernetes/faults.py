"""Faults on demand: what a test or a scenario does to the API between a request and its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from lab.estate.kubernetes.errors import ApiError, forbidden, internal, too_many_requests, unavailable
from lab.estate.kubernetes.resources import Resource


@dataclass
class Fault:
    """Refuse matching requests with `error`, `left` times (None: until cleared)."""

    error: ApiError
    verb: str = "*"
    resource: str = "*"
    left: int | None = None

    def strikes(self, verb: str, resource: str) -> bool:
        """Whether it hits this request; a counted one wears off by that."""
        if self.left == 0 or self.verb not in ("*", verb) or self.resource not in ("*", resource):
            return False
        if self.left is not None:
            self.left -= 1
        return True


@dataclass
class Faults:
    """`kubernetes.faults`: everything is off until somebody asks for it."""

    latency_seconds: float = 0.0
    _active: list[Fault] = field(default_factory=list)
    _denied: set[tuple[str, str]] = field(default_factory=set)

    def too_many_requests(
        self, *, times: int | None = 1, retry_after: int = 1, verb: str = "*", resource: str = "*"
    ) -> None:
        """429 with Retry-After."""
        self._active.append(Fault(too_many_requests(retry_after), verb, resource, times))

    def server_error(
        self, code: int = 500, *, times: int | None = 1, verb: str = "*", resource: str = "*"
    ) -> None:
        """500 InternalError (etcd's words) or 503 ServiceUnavailable."""
        error = unavailable() if code == 503 else internal("etcdserver: request timed out")
        error.code = code
        self._active.append(Fault(error, verb, resource, times))

    def deny(self, verb: str, resource: str) -> None:
        """403 for everybody but the lab itself, as if the role lacked that rule."""
        self._denied.add((verb, resource))

    def allow(self, verb: str, resource: str) -> None:
        """Take a deny back."""
        self._denied.discard((verb, resource))

    def clear(self) -> None:
        """No faults any more."""
        self.latency_seconds = 0.0
        self._active.clear()
        self._denied.clear()

    async def strike(self, user: str, verb: str, resource: Resource, namespace: str, name: str) -> None:
        """Delay and perhaps refuse that request."""
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        for fault in self._active:
            if fault.strikes(verb, resource.plural):
                raise fault.error
        if (verb, resource.plural) in self._denied:
            why = (
                f'User "{user}" cannot {verb} resource "{resource.plural}" '
                f'in API group "{resource.group}" in the namespace "{namespace}"'
            )
            raise forbidden(resource, name, why)
