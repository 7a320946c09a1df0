"""The HTTP face: the trace agent and the log intake on one side, search and aggregates on the other."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from lab.estate.datadog import answers
from lab.estate.datadog.aggregate import BadAggregateError, buckets
from lab.estate.datadog.allowance import Allowance
from lab.estate.datadog.events import Event, Events, Json, log_line, span
from lab.estate.datadog.moments import BadMomentError, window
from lab.estate.datadog.query import BadQueryError, parse
from lab.estate.stand_in import HttpStandIn

_HOST = "lab"
_SORTS = {"timestamp": False, "-timestamp": True}
_PAGE, _LARGEST_PAGE = 10, 1000
Answering = Callable[[web.Request, Json], Awaitable[web.Response]]


class DatadogStandIn(HttpStandIn):
    """`url` is both the API of a site and the agent: `spans` and `logs` hold what arrived.

    `may_read` False makes the application key one without the scopes apm_read and logs_read_data.
    """

    def __init__(self, *, requests_per_hour: int = 300) -> None:
        super().__init__()
        self.api_key, self.application_key = secrets.token_hex(16), secrets.token_hex(20)
        self.may_read = True
        self.spans, self.logs = Events(), Events()
        self.allowances = {
            path: Allowance(name, requests_per_hour, 3600.0)
            for path, name in (
                ("/api/v2/spans/events/search", "spans_search"),
                ("/api/v2/spans/analytics/aggregate", "spans_aggregate"),
                ("/api/v2/logs/events/search", "logs_search"),
                ("/api/v2/logs/analytics/aggregate", "logs_aggregate"),
            )
        }

    def routes(self) -> list[web.RouteDef]:
        """Reading, then writing; `/v0.4/traces` is the agent's, in its JSON encoding."""
        return [
            web.get("/api/v1/validate", self._validate),
            web.post("/api/v2/spans/events/search", self._rationed(self._search_spans)),
            web.post("/api/v2/spans/analytics/aggregate", self._rationed(self._aggregate_spans)),
            web.post("/api/v2/logs/events/search", self._rationed(self._search_logs)),
            web.post("/api/v2/logs/analytics/aggregate", self._rationed(self._aggregate_logs)),
            web.post("/api/v2/logs", self._take_logs),
            web.put("/v0.4/traces", self._take_traces),
        ]

    def spend(self, requests: int) -> None:
        """Other people of the organisation use that many requests of every endpoint."""
        for allowance in self.allowances.values():
            allowance.used = min(allowance.limit, allowance.used + requests)

    async def _take_traces(self, request: web.Request) -> web.Response:
        for trace in await request.json():
            for sent in trace:
                self.spans.add(span(sent, _HOST))
        return web.json_response({"rate_by_service": {"service:,env:": 1}})

    async def _take_logs(self, request: web.Request) -> web.Response:
        if request.headers.get("DD-API-KEY") != self.api_key:
            return _problem(403, "Forbidden")
        for sent in await request.json():
            self.logs.add(log_line(sent, time.time()))
        return web.json_response({}, status=202)

    async def _validate(self, request: web.Request) -> web.Response:
        if request.headers.get("DD-API-KEY") != self.api_key:
            return _problem(403, "Forbidden")
        return web.json_response({"valid": True})

    def _rationed(self, answer: Answering) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Keys, then the hour's ration, then the request itself."""

        async def handle(request: web.Request) -> web.Response:
            given = (request.headers.get("DD-API-KEY"), request.headers.get("DD-APPLICATION-KEY"))
            if given != (self.api_key, self.application_key) or not self.may_read:
                return _problem(403, "Forbidden")
            allowance = self.allowances[request.path]
            if not allowance.take():
                response = _problem(429, "Too many requests")
            else:
                response = await _answered(answer, request)
            response.headers.update(allowance.headers())
            return response

        return handle

    async def _search_spans(self, request: web.Request, body: Json) -> web.Response:
        attributes = _wrapped(body, "search_request")
        found = self._found(self.spans, attributes)
        page = _page(found, attributes, answers.span_item, f"{self.url}/api/v2/spans/events")
        return web.json_response(page, content_type="application/vnd.api+json")

    async def _aggregate_spans(self, request: web.Request, body: Json) -> web.Response:
        pairs = self._bucketed(self.spans, _wrapped(body, "aggregate_request"))
        return web.json_response(answers.span_buckets(pairs, 1))

    async def _search_logs(self, request: web.Request, body: Json) -> web.Response:
        found = self._found(self.logs, body)
        return web.json_response(_page(found, body, answers.log_item, f"{self.url}/api/v2/logs/events"))

    async def _aggregate_logs(self, request: web.Request, body: Json) -> web.Response:
        return web.json_response(answers.log_buckets(self._bucketed(self.logs, body), 1))

    def _found(self, events: Events, asked: Json) -> list[Event]:
        query = asked.get("filter") or {}
        begin, end = window(query, time.time())
        selects = parse(str(query.get("query", "*")))
        return [event for event in events.between(begin, end) if selects(event)]

    def _bucketed(self, events: Events, asked: Json) -> list[tuple[Json, Json]]:
        computes, group_by = asked.get("compute") or [], asked.get("group_by") or []
        begin, end = window(asked.get("filter") or {}, time.time())
        if not computes and not group_by:
            return []
        return list(buckets(self._found(events, asked), computes, group_by, begin, end))


async def _answered(answer: Answering, request: web.Request) -> web.Response:
    try:
        body = await request.json()
        if not isinstance(body, dict):
            return _problem(400, "invalid_argument(the body must be an object)")
        return await answer(request, body)
    except BadMomentError as error:
        titled = {"errors": [{"title": "Generic Error", "detail": str(error)}]}
        return web.json_response(titled, status=422, content_type="application/vnd.api+json")
    except (BadQueryError, BadAggregateError, KeyError, TypeError, ValueError) as error:
        return _problem(400, f"invalid_argument({error})")


def _wrapped(body: Json, kind: str) -> Json:
    """The attributes of a request; spans want theirs wrapped, logs do not."""
    data = body["data"]
    if data.get("type") != kind:
        raise ValueError(f"data.type must be {kind}")
    attributes: Json = data.get("attributes") or {}
    return attributes


def _page(found: list[Event], asked: Json, item: Callable[[Event], Json], path: str) -> Json:
    sort, paging = asked.get("sort", "timestamp"), asked.get("page") or {}
    if sort not in _SORTS:
        raise ValueError(f"sort: {sort}")
    limit = int(paging.get("limit", _PAGE))
    if not 1 <= limit <= _LARGEST_PAGE:
        raise ValueError(f"page.limit: {limit}")
    begin = answers.place(str(paging["cursor"])) if paging.get("cursor") else 0
    ordered = sorted(found, key=lambda event: event.at, reverse=_SORTS[sort])
    after = answers.cursor(begin + limit) if begin + limit < len(ordered) else ""
    query: dict[str, Any] = {f"filter[{key}]": value for key, value in (asked.get("filter") or {}).items()}
    items = [item(event) for event in ordered[begin : begin + limit]]
    return answers.page(items, after, 1, path, query | {"sort": sort, "page[limit]": limit})


def _problem(status: int, words: str) -> web.Response:
    return web.json_response({"errors": [words]}, status=status)
