"""`POST /v2/metrics/cloud/query`: who may ask, how often, and one page after the other."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from lab.estate.confluent.problems import BadQuery, refusal
from lab.estate.confluent.query import Point, answer, read
from lab.estate.kafka.cluster import Cluster
from lab.estate.stand_in import HttpStandIn

_MINUTE_SECONDS = 60.0


class ConfluentStandIn(HttpStandIn):
    """The Metrics API for one cluster. `api_key` is a CLOUD key; the cluster's own keys are refused here.

    `late_seconds` is how long a minute takes to show up. `is_authorized` is the key's right to the cluster.
    `requests_a_minute` is the real limit for one address.
    """

    def __init__(self, cluster: Cluster, *, late_seconds: float = 120.0, requests_a_minute: int = 60) -> None:
        super().__init__()
        self.cluster = cluster
        self.late_seconds, self.requests_a_minute = late_seconds, requests_a_minute
        self.api_key, self.api_secret = "CLOUDKEY00000001", secrets.token_urlsafe(32)
        self.is_authorized = True
        self._asked: deque[float] = deque()

    def routes(self) -> list[web.RouteDef]:
        """Only the query."""
        return [web.post("/v2/metrics/{dataset}/query", self._query)]

    async def _query(self, request: web.Request) -> web.Response:
        refused = self._throttle() or self._sign_in(request)
        if refused is not None:
            return refused
        if request.match_info["dataset"] != "cloud":
            return refusal(404, f"Unknown dataset: {request.match_info['dataset']}")
        try:
            document = await request.json()
        except ValueError:
            return refusal(400, "Request body is not valid JSON")
        now = datetime.now(UTC)
        try:
            query = read(document, now)
            if not self.is_authorized or query.clusters != {self.cluster.id}:
                named = ", ".join(sorted(query.clusters))
                return refusal(403, f"Not authorized to access resource: {named}")
            data = answer(query, self.cluster, now - timedelta(seconds=self.late_seconds))
            return web.json_response(_page(data, query.limit, document, request.query.get("page_token")))
        except BadQuery as error:
            return refusal(400, str(error))

    def _throttle(self) -> web.Response | None:
        now = time.monotonic()
        while self._asked and self._asked[0] <= now - _MINUTE_SECONDS:
            self._asked.popleft()
        if len(self._asked) >= self.requests_a_minute:
            reset = str(int(self._asked[0] + _MINUTE_SECONDS - now) + 1)
            headers = {
                "rateLimit-limit": str(self.requests_a_minute),
                "rateLimit-remaining": "0",
                "rateLimit-reset": reset,
                "Retry-After": reset,
            }
            return refusal(429, "Too Many Requests", headers)
        self._asked.append(now)
        return None

    def _sign_in(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "").encode()
        wanted = b"Basic " + base64.b64encode(f"{self.api_key}:{self.api_secret}".encode())
        if secrets.compare_digest(given, wanted):
            return None
        return refusal(401, "Unauthorized", {"WWW-Authenticate": "Basic"})


def _page(data: list[Point], limit: int, document: Any, token: str | None) -> dict[str, object]:
    """One page; the token is good for the same query only."""
    begin = 0 if token is None else _offset(document, token)
    pagination: dict[str, object] = {"page_size": limit}
    if begin + limit < len(data):
        pagination["next_page_token"] = _token(document, begin + limit)
    return {"data": data[begin : begin + limit], "meta": {"pagination": pagination}}


def _token(document: Any, offset: int) -> str:
    return base64.urlsafe_b64encode(f"{_digest(document)}:{offset}".encode()).decode()


def _offset(document: Any, token: str) -> int:
    try:
        digest, _, offset = base64.urlsafe_b64decode(token).decode().partition(":")
        if digest == _digest(document):
            return int(offset)
    except (binascii.Error, ValueError) as error:
        raise BadQuery("Invalid page token") from error
    raise BadQuery("Invalid page token")


def _digest(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
