"""What Datadog's API promises, asked over the socket: keys, queries, pages, aggregates, rations, mistakes."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from lab.estate.datadog import DatadogStandIn
from tests.fakes.spans import record

SPANS, SPAN_BUCKETS = "/api/v2/spans/events/search", "/api/v2/spans/analytics/aggregate"
LOGS, LOG_BUCKETS = "/api/v2/logs/events/search", "/api/v2/logs/analytics/aggregate"
Json = dict[str, Any]


@pytest_asyncio.fixture
async def datadog() -> AsyncIterator[DatadogStandIn]:
    """A site with a few spans of a middleware."""
    async with DatadogStandIn() as site:
        record(site, "get_token", 400, times=2, error__message="Error call with status : 400")
        record(site, "get_token", 200, times=3)
        record(site, "interconnection.handleLongPolling", 204, times=4, seconds=30, userID="521")
        record(site, "interconnection.handleLongPolling", 503, userID="522")
        record(site, "http.request", 500, resource="POST /v1/chats/connect", env="staging")
        record(site, "http.request", None, service="another")
        yield site


@pytest_asyncio.fixture
async def client(datadog: DatadogStandIn) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with both keys."""
    keys = {"DD-API-KEY": datadog.api_key, "DD-APPLICATION-KEY": datadog.application_key}
    async with httpx.AsyncClient(base_url=datadog.url, headers=keys) as opened:
        yield opened


def search(query: str, **more: object) -> Json:
    """The body of a search for spans."""
    attributes = {"filter": {"query": query, "from": "now-15m", "to": "now"}, **more}
    return {"data": {"type": "search_request", "attributes": attributes}}


def aggregate(query: str = "*", compute: object = ({"aggregation": "count"},), **more: object) -> Json:
    """The body of an aggregate of spans."""
    attributes = {"filter": {"query": query}, "compute": compute, **more}
    return {"data": {"type": "aggregate_request", "attributes": attributes}}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 12),
        ("*", 12),
        ("service:salesforce-integration", 11),
        ("service:sales*", 11),
        ('service:"salesforce-integration" env:production', 10),
        ("operation_name:get_token @http.status_code:400", 2),
        ("operation_name:get_token AND -status:error", 3),
        ("operation_name:get_token NOT status:error", 3),
        ('operation_name:(get_token OR "http.request")', 7),
        ("(operation_name:get_token OR env:staging) status:error", 3),
        ("@http.status_code:[200 TO 299]", 7),
        ("@http.status_code:{200 TO 299}", 4),
        ("@http.status_code:>=500", 2),
        ("@http.status_code:(204 OR 503)", 5),
        ("@duration:>10s", 4),
        ("@duration:>10000000000", 4),
        ("@http.status_code:*", 11),
        ("-@http.status_code:*", 1),
        ('resource_name:"POST /v1/chats/connect"', 1),
        ("resource_name:POST*", 1),
        ("@userID:52?", 5),
        ("-(service:another OR env:staging)", 10),
        ("operation_name:no_such", 0),
    ],
)
async def test_the_search_syntax_selects(client: httpx.AsyncClient, query: str, found: int) -> None:
    """Reserved names without @, attributes with one; words, quotes, wildcards, ranges, and how they combine."""
    answer = await client.post(SPANS, json=search(query, page={"limit": 100}))

    assert (answer.status_code, len(answer.json()["data"])) == (200, found)


@pytest.mark.parametrize("query", ["(service:a", "@http.status_code:[a TO b]", "service:a)", "@x:[1 2 3]", "AND"])
async def test_a_query_that_is_none_is_refused(client: httpx.AsyncClient, query: str) -> None:
    """With 400 and a list of errors."""
    answer = await client.post(SPANS, json=search(query))

    assert answer.status_code == 400
    assert answer.json()["errors"]


async def test_a_span_has_its_reserved_fields_and_its_attributes(client: httpx.AsyncClient) -> None:
    """Nested as they were dotted; the duration is in nanoseconds, the status a text."""
    answer = await client.post(SPANS, json=search("operation_name:get_token status:error"))

    item = answer.json()["data"][0]
    attributes = item["attributes"]
    assert item["type"] == "spans"
    assert attributes["service"] == "salesforce-integration"
    assert attributes["custom"]["http"]["status_code"] == "400"
    assert attributes["custom"]["error"]["message"] == "Error call with status : 400"
    assert attributes["custom"]["duration"] == 100_000_000
    assert attributes["start_timestamp"] < attributes["end_timestamp"]
    assert answer.json()["meta"]["status"] == "done"


async def test_pages_follow_each_other_to_the_end(client: httpx.AsyncClient) -> None:
    """By the cursor of the page before; the last one has none."""
    seen: list[str] = []
    page: Json = {"limit": 5}
    for _ in range(3):
        answer = (await client.post(SPANS, json=search("*", page=page, sort="-timestamp"))).json()
        seen += [item["id"] for item in answer["data"]]
        page = {"limit": 5, "cursor": answer["meta"].get("page", {}).get("after", "")}

    assert len(set(seen)) == 12
    assert not page["cursor"]


async def test_the_newest_comes_first_when_asked(client: httpx.AsyncClient, datadog: DatadogStandIn) -> None:
    """`-timestamp` turns the order round."""
    record(datadog, "newest", ago=0.0)

    first = (await client.post(SPANS, json=search("*", sort="-timestamp"))).json()["data"][0]
    last = (await client.post(SPANS, json=search("*", sort="timestamp", page={"limit": 100}))).json()["data"][-1]

    assert first["attributes"]["operation_name"] == last["attributes"]["operation_name"] == "newest"


@pytest.mark.parametrize("begin", ["now-15m", "now-900s", "now-1h", "2020-01-01T00:00:00Z", "1577836800000"])
async def test_time_is_date_math_or_iso_or_milliseconds(client: httpx.AsyncClient, begin: str) -> None:
    """All of them mean the same here."""
    body = search("*", page={"limit": 100})
    body["data"]["attributes"]["filter"] |= {"from": begin, "to": f"{time.time() * 1000:.0f}"}

    assert len((await client.post(SPANS, json=body)).json()["data"]) == 12


async def test_what_is_older_is_not_found(client: httpx.AsyncClient, datadog: DatadogStandIn) -> None:
    """The window is kept."""
    record(datadog, "old", ago=1200)

    assert not (await client.post(SPANS, json=search("operation_name:old"))).json()["data"]


async def test_a_window_that_ends_before_it_begins_cannot_be_processed(client: httpx.AsyncClient) -> None:
    """422, with title and detail."""
    body = search("*")
    body["data"]["attributes"]["filter"] = {"from": "now", "to": "now-15m"}

    answer = await client.post(SPANS, json=body)

    assert answer.status_code == 422
    assert "anterior" in answer.json()["errors"][0]["detail"]


async def test_an_aggregate_counts_by_facets(client: httpx.AsyncClient) -> None:
    """The largest first; a span without the facet counts only under what `missing` names."""
    facets = [{"facet": "operation_name"}, {"facet": "@http.status_code", "missing": "none"}]

    data = (await client.post(SPAN_BUCKETS, json=aggregate(group_by=facets))).json()["data"]

    counted = [(*one["attributes"]["by"].values(), one["attributes"]["compute"]["c0"]) for one in data]
    assert counted[0] == ("get_token", "200", 3) or counted[0][0] == "interconnection.handleLongPolling"
    assert set(counted) == {
        ("get_token", "400", 2),
        ("get_token", "200", 3),
        ("interconnection.handleLongPolling", "204", 4),
        ("interconnection.handleLongPolling", "503", 1),
        ("http.request", "500", 1),
        ("http.request", "none", 1),
    }
    assert all(one["type"] == "bucket" for one in data)


async def test_an_aggregate_computes_durations_and_distinct_values(client: httpx.AsyncClient) -> None:
    """In the order asked for: c0, c1, …"""
    compute = [
        {"aggregation": "pc95", "metric": "@duration"},
        {"aggregation": "avg", "metric": "@duration"},
        {"aggregation": "cardinality", "metric": "@userID"},
    ]
    query = "operation_name:interconnection.handleLongPolling"

    data = (await client.post(SPAN_BUCKETS, json=aggregate(query, compute))).json()["data"]

    assert data[0]["attributes"] == {"by": {}, "compute": {"c0": 30e9, "c1": (4 * 30e9 + 0.1e9) / 5, "c2": 2}}


async def test_a_total_is_a_bucket_of_its_own(client: httpx.AsyncClient) -> None:
    """Over all groups, under the name that was asked for."""
    facets = [{"facet": "@http.status_code", "total": "all"}]

    data = (await client.post(SPAN_BUCKETS, json=aggregate("env:production", group_by=facets))).json()["data"]

    counts = {one["attributes"]["by"]["@http.status_code"]: one["attributes"]["compute"]["c0"] for one in data}
    assert counts == {"204": 4, "200": 3, "400": 2, "503": 1, "all": 10}


async def test_a_time_series_has_points(client: httpx.AsyncClient) -> None:
    """Time and value, by the interval asked for."""
    compute = [{"aggregation": "count", "type": "timeseries", "interval": "1h"}]

    data = (await client.post(SPAN_BUCKETS, json=aggregate(compute=compute))).json()["data"]

    points = data[0]["attributes"]["compute"]["c0"]
    assert sum(point["value"] for point in points) == 12
    assert points[0]["time"].endswith(":00:00.000Z")


async def test_nothing_found_is_no_bucket(client: httpx.AsyncClient) -> None:
    """An empty list, not a zero."""
    answer = await client.post(SPAN_BUCKETS, json=aggregate("service:nobody"))

    assert answer.json()["data"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"type": "search_request", "attributes": {"compute": [{"aggregation": "count"}]}}},
        aggregate(compute=[{"aggregation": "pc95"}]),
        aggregate(compute=[{"aggregation": "mode", "metric": "@duration"}]),
        {},
        [],
    ],
)
async def test_a_request_outside_the_contract_is_refused(client: httpx.AsyncClient, body: object) -> None:
    """With 400."""
    assert (await client.post(SPAN_BUCKETS, json=body)).status_code == 400


@pytest.mark.parametrize("path", [SPANS, SPAN_BUCKETS, LOGS, LOG_BUCKETS])
@pytest.mark.parametrize("header", ["DD-API-KEY", "DD-APPLICATION-KEY"])
async def test_wrong_keys_are_forbidden(client: httpx.AsyncClient, path: str, header: str) -> None:
    """403 whichever is wrong, as for a wrong site: a site knows only its own keys."""
    answer = await client.post(path, json=search("*"), headers={header: "wrong"})

    assert (answer.status_code, answer.json()) == (403, {"errors": ["Forbidden"]})


async def test_an_application_key_without_the_scope_is_forbidden(
    client: httpx.AsyncClient, datadog: DatadogStandIn
) -> None:
    """The API key alone is still valid."""
    datadog.may_read = False

    assert (await client.post(SPANS, json=search("*"))).status_code == 403
    assert (await client.get("/api/v1/validate")).json() == {"valid": True}


async def test_an_api_key_that_is_none_does_not_validate(client: httpx.AsyncClient) -> None:
    """403."""
    assert (await client.get("/api/v1/validate", headers={"DD-API-KEY": "wrong"})).status_code == 403


async def test_the_ration_is_told_and_ends(client: httpx.AsyncClient, datadog: DatadogStandIn) -> None:
    """300 an hour for each endpoint; then 429, with the seconds until more are granted."""
    told = (await client.post(SPANS, json=search("*"))).headers
    datadog.spend(299)
    refused = await client.post(SPANS, json=search("*"))

    assert (told["X-RateLimit-Limit"], told["X-RateLimit-Remaining"], told["X-RateLimit-Period"]) == (
        "300",
        "299",
        "3600",
    )
    assert refused.status_code == 429
    assert 3590 <= int(refused.headers["X-RateLimit-Reset"]) <= 3600
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert refused.json()["errors"]


async def test_logs_are_taken_searched_and_counted(client: httpx.AsyncClient) -> None:
    """A line in JSON becomes attributes; its severity is the status, its msg the message."""
    line = {
        "severity": "error",
        "msg": "StatusForbidden",
        "userID": "5215500000000",
        "time": "2026-01-01T00:00:00Z",
    }
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sent = [
        {
            "message": json.dumps(line | {"time": now}),
            "service": "salesforce-integration",
            "ddtags": "env:production",
        },
        {"message": "plain words", "service": "salesforce-integration"},
    ]

    taken = await client.post("/api/v2/logs", json=sent)
    found = (
        await client.post(LOGS, json={"filter": {"query": "service:salesforce-integration status:error"}})
    ).json()
    by_words = (await client.post(LOGS, json={"filter": {"query": "statusforbidden env:production"}})).json()
    counted = (
        await client.post(
            LOG_BUCKETS,
            json={
                "filter": {"query": "*", "from": "now-15m", "to": "now"},
                "compute": [{"aggregation": "count"}],
                "group_by": [{"facet": "status"}],
            },
        )
    ).json()

    assert (taken.status_code, taken.json()) == (202, {})
    attributes = found["data"][0]["attributes"]
    assert (attributes["message"], attributes["attributes"]["userID"]) == ("StatusForbidden", "5215500000000")
    assert len(by_words["data"]) == 1
    assert {one["by"]["status"]: one["computes"]["c0"] for one in counted["data"]["buckets"]} == {
        "error": 1,
        "info": 1,
    }


async def test_the_agent_takes_traces(client: httpx.AsyncClient) -> None:
    """In its JSON encoding: a list of traces, each a list of spans."""
    now = time.time_ns()
    span = {
        "service": "s",
        "name": "o",
        "resource": "r",
        "trace_id": 1,
        "span_id": 2,
        "parent_id": 0,
        "start": now - 5_000_000,
        "duration": 1_000_000,
        "error": 0,
        "meta": {"env": "e"},
    }

    assert "rate_by_service" in (await client.put("/v0.4/traces", json=[[span]])).json()
    assert len((await client.post(SPANS, json=search("service:s env:e trace_id:1"))).json()["data"]) == 1
