"""Datadog's HTTP API: keys, deadline, errors, and a memory of answers that spares the hour's requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bot.adapters.datadog_budget import HourlyBudget
from bot.adapters.http_door import HttpDoor, HttpReply, host_of, json_of
from bot.domain.errors import AccessDenied, BadAnswer, RateLimited, Unreachable
from bot.ports.clock import Clock

_BODY_BYTES_MAX = 8 * 1024 * 1024
_REMEMBERED_MAX = 256


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and its age in seconds; 0 for a fresh one."""

    document: Mapping[str, Any]
    seconds_ago: float = 0.0


class DatadogApi:
    """One site and pair of keys. Close it with `aclose`.

    An answer is given again for `cache_seconds`, for longer the fewer requests are left in the hour, and for
    `stale_seconds` while none may be spent.
    """

    def __init__(
        self,
        *,
        url: str,
        api_key: str,
        application_key: str,
        clock: Clock,
        budget: HourlyBudget | None = None,
        deadline_seconds: float = 5.0,
        cache_seconds: float = 60.0,
        stale_seconds: float = 900.0,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {
            "DD-API-KEY": api_key,
            "DD-APPLICATION-KEY": application_key,
            "Accept": "application/json",
        }
        self._clock = clock
        self.budget = budget or HourlyBudget(clock)
        self._fresh, self._stale = cache_seconds, stale_seconds
        self._door = HttpDoor(deadline_seconds, http, bytes_max=_BODY_BYTES_MAX)
        self._host = host_of(url)
        self._remembered: dict[str, tuple[Mapping[str, Any], float]] = {}
        self._flights: dict[str, asyncio.Task[Mapping[str, Any]]] = {}

    async def aclose(self) -> None:
        """Ends what is under way and closes the connections."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        await self._door.aclose()

    async def validate(self) -> None:
        """Asks whether the API key is one. Raises AccessDenied, Unreachable or BadAnswer."""
        await self._request("GET", "/api/v1/validate", None)

    async def ask(self, path: str, body: Mapping[str, Any], *, fresh_seconds: float | None = None) -> Reply:
        """Posts a question of the hour's ration; the same one at the same time is posted once.

        `fresh_seconds` is for how long this answer does, where that is longer than for others.
        """
        key = f"{path} {json.dumps(body, sort_keys=True)}"
        remembered = self._memory(key)
        if remembered and remembered.seconds_ago <= self._does_for(max(self._fresh, fresh_seconds or 0.0)):
            return remembered
        if key not in self._flights:
            flight = asyncio.create_task(self._ask(key, path, body))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        try:
            # Shielded: a check that runs out of time leaves the answer to the next one, since it is paid for.
            return Reply(await asyncio.shield(self._flights[key]))
        except RateLimited:
            if remembered and remembered.seconds_ago <= self._stale:
                return remembered
            raise

    def _does_for(self, seconds: float) -> float:
        """Stretched so that many targets with the same keys slow down instead of running dry."""
        budget = self.budget.now()
        allowance = max(1, budget.per_hour - budget.reserve)
        return max(seconds, min(self._stale, seconds * allowance / max(1, budget.left)))

    def _landed(self, key: str, flight: asyncio.Task[Mapping[str, Any]]) -> None:
        self._flights.pop(key, None)
        if not flight.cancelled():
            flight.exception()  # looked at, so that nobody having waited for it is no complaint

    def _memory(self, key: str) -> Reply | None:
        found = self._remembered.get(key)
        # Above zero even at once: that is what says "from memory".
        return Reply(found[0], max(0.001, self._clock.monotonic() - found[1])) if found else None

    async def _ask(self, key: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self.budget.spend()
        document = await self._request("POST", path, body)
        if (document.get("meta") or {}).get("status") == "timeout":
            raise Unreachable(f"{self._host} ran out of time over the question")
        self._remembered.pop(key, None)
        self._remembered[key] = (document, self._clock.monotonic())
        while len(self._remembered) > _REMEMBERED_MAX:
            self._remembered.pop(next(iter(self._remembered)))
        return document

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None) -> Mapping[str, Any]:
        reply = await self._door.ask(method, self._url + path, headers=self._headers, document=body)
        self.budget.learn(reply.headers)
        self._judge(reply)
        return self._document(reply.body)

    def _judge(self, reply: HttpReply) -> None:
        status = reply.status
        if status in (401, 403):
            raise AccessDenied(
                f"{self._host} answered {status}: the keys belong to another site, are not valid, or the"
                " application key lacks the scope apm_read"
            )
        if status == 429:
            wait = self.budget.close(reply.headers)
            raise RateLimited(f"{self._host} answered 429: the requests of the hour are spent", wait)
        if status >= 500:
            raise Unreachable(f"{self._host} answered {status}")
        if status != 200:
            raise BadAnswer(f"{self._host} answered {status} to a question that it should know")

    def _document(self, content: bytes) -> Mapping[str, Any]:
        document = json_of(self._host, content)
        if not isinstance(document, dict) or not isinstance(document.get("meta") or {}, dict):
            raise BadAnswer(f"{self._host} answered outside its contract")
        return document
