"""The Metrics API as its reference describes it: what is asked, what comes back, what is refused."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from lab.estate.confluent import ConfluentStandIn
from lab.estate.kafka.cluster import Cluster

PATH = "/v2/metrics/cloud/query"
CLUSTER = {"field": "resource.kafka.id", "op": "EQ", "value": "lkc-acme01"}
Json = dict[str, Any]


@pytest.fixture
async def confluent() -> AsyncIterator[ConfluentStandIn]:
    """Two topics with 2 and 3 records a minute from 60 to 10 minutes ago."""
    cluster = Cluster("lkc-acme01")
    minute = int(time.time()) // 60 * 60
    for topic, count in (("a", 2), ("b", 3)):
        cluster.topics.create(topic, 2)
        cluster.seed(topic, [minute - 60 * ago + n for ago in range(60, 9, -1) for n in range(count)])
    async with ConfluentStandIn(cluster) as stand_in:
        yield stand_in


@pytest.fixture
async def client(confluent: ConfluentStandIn) -> AsyncIterator[httpx.AsyncClient]:
    auth = (confluent.api_key, confluent.api_secret)
    async with httpx.AsyncClient(base_url=confluent.url, auth=auth) as http:
        yield http


def _query(**changes: Any) -> Json:
    return {
        "aggregations": [{"metric": "io.confluent.kafka.server/received_records"}],
        "filter": {"op": "AND", "filters": [CLUSTER]},
        "granularity": "PT1M",
        "group_by": ["metric.topic"],
        "intervals": ["now-30m|m/now-20m|m"],
        "limit": 1000,
    } | changes


async def _data(client: httpx.AsyncClient, **changes: Any) -> list[Json]:
    response = await client.post(PATH, json=_query(**changes))
    assert response.status_code == 200, response.text
    return list(response.json()["data"])


async def test_points_are_told_by_minute_and_topic_newest_first(client: httpx.AsyncClient) -> None:
    """`timestamp`, `value`, and each label of group_by."""
    found = await _data(client)

    assert [point["metric.topic"] for point in found] == ["a"] * 10 + ["b"] * 10
    assert {(point["metric.topic"], point["value"]) for point in found} == {("a", 2.0), ("b", 3.0)}
    moments = [point["timestamp"] for point in found[:10]]
    assert moments == sorted(moments, reverse=True)
    assert datetime.strptime(moments[0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).second == 0


async def test_a_minute_without_records_is_absent_and_not_0(client: httpx.AsyncClient) -> None:
    """Where nothing was, nothing is told."""
    found = await _data(client, intervals=["now-65m|m/now-55m|m"])

    assert len(found) == 2 * 5
    assert await _data(client, intervals=["now-9m|m/now"]) == []


async def test_what_is_too_young_is_not_known_yet(confluent: ConfluentStandIn, client: httpx.AsyncClient) -> None:
    """For two minutes."""
    confluent.cluster.seed("a", [time.time() - ago for ago in (181.0, 1.0)])

    assert [point["value"] for point in await _data(client, intervals=["now-9m|m/now"])] == [1.0]


@pytest.mark.parametrize(
    ("filtered", "topics"),
    [
        ({"op": "AND", "filters": [CLUSTER, {"field": "metric.topic", "op": "EQ", "value": "a"}]}, {"a"}),
        ({"op": "AND", "filters": [CLUSTER, {"field": "metric.topic", "op": "GT", "value": "a"}]}, {"b"}),
        (
            {
                "op": "AND",
                "filters": [
                    CLUSTER,
                    {"op": "NOT", "filter": {"field": "metric.topic", "op": "EQ", "value": "a"}},
                ],
            },
            {"b"},
        ),
        (
            {
                "op": "AND",
                "filters": [
                    CLUSTER,
                    {
                        "op": "OR",
                        "filters": [
                            {"field": "metric.topic", "op": "EQ", "value": "a"},
                            {"field": "metric.topic", "op": "EQ", "value": "b"},
                        ],
                    },
                ],
            },
            {"a", "b"},
        ),
        (CLUSTER, {"a", "b"}),
    ],
)
async def test_filters_join(client: httpx.AsyncClient, filtered: Json, topics: set[str]) -> None:
    """AND, OR, NOT over EQ and GT."""
    assert {point["metric.topic"] for point in await _data(client, filter=filtered)} == topics


async def test_granularity_and_groups_decide_what_is_summed(client: httpx.AsyncClient) -> None:
    """All in one bucket; by partition; without groups; and as groups with points."""
    everything = await _data(client, granularity="ALL", group_by=[])
    assert [point["value"] for point in everything] == [50.0]
    parts = await _data(client, granularity="ALL", group_by=["metric.topic", "metric.partition"])
    assert [(p["metric.topic"], p["metric.partition"]) for p in parts] == [
        ("a", "0"),
        ("a", "1"),
        ("b", "0"),
        ("b", "1"),
    ]
    grouped = await _data(client, format="GROUPED")
    assert [(group["metric.topic"], len(group["points"])) for group in grouped] == [("a", 10), ("b", 10)]


@pytest.mark.parametrize("interval", ["now-30m|m/PT10M", "PT10M/now-20m|m", "absolute"])
async def test_intervals_are_written_in_three_ways(client: httpx.AsyncClient, interval: str) -> None:
    """Start and end, start and duration, duration and end; absolute times too."""
    minute = int(time.time()) // 60 * 60
    begin = datetime.fromtimestamp(minute - 1800, UTC)
    text = f"{begin:%Y-%m-%dT%H:%M:%SZ}/PT10M" if interval == "absolute" else interval

    assert sum(point["value"] for point in await _data(client, intervals=[text])) == 50.0


async def test_pages_follow_each_other_by_token(client: httpx.AsyncClient) -> None:
    """Until there is none; the token belongs to its query."""
    found: list[Json] = []
    token: str | None = ""
    while token is not None:
        parameters = {"page_token": token} if token else {}
        page = (await client.post(PATH, params=parameters, json=_query(limit=8))).json()
        assert page["meta"]["pagination"]["page_size"] == 8
        found += page["data"]
        token = page["meta"]["pagination"].get("next_page_token", None)
        last = parameters

    assert len(found) == 20
    for foreign in (last, {"page_token": "none of yours"}):
        response = await client.post(PATH, params=foreign, json=_query(limit=7))
        assert response.status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"aggregations": []},
        {"aggregations": [{"metric": "io.confluent.kafka.server/no_such_metric"}]},
        {"aggregations": [{"metric": "io.confluent.kafka.server/received_records", "agg": "MEDIAN"}]},
        {"filter": None},
        {"filter": {"field": "metric.topic", "op": "EQ", "value": "a"}},
        {"filter": {"field": "resource.kafka.id", "op": "LIKE", "value": "lkc-acme01"}},
        {"granularity": "PT2M"},
        {"granularity": None},
        {"granularity": "PT1M", "intervals": ["now-7h/now"]},
        {"intervals": []},
        {"intervals": ["yesterday"]},
        {"intervals": ["now/now-1h"]},
        {"group_by": ["metric.colour"]},
        {"limit": 0},
        {"limit": 1001},
        {"format": "GROUPED", "group_by": []},
    ],
)
async def test_an_impossible_query_is_a_400_that_says_why(client: httpx.AsyncClient, changes: Json) -> None:
    """The error's schema: a list with status and detail."""
    response = await client.post(PATH, json=_query(**changes))

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["status"] == "400"
    assert error["detail"]


async def test_only_the_cloud_key_is_let_in(confluent: ConfluentStandIn) -> None:
    """401 for none and for a wrong one."""
    async with httpx.AsyncClient(base_url=confluent.url) as http:
        assert (await http.post(PATH, json=_query())).status_code == 401
        wrong = await http.post(PATH, json=_query(), auth=(confluent.api_key, "wrong"))
    assert wrong.status_code == 401
    assert wrong.json()["errors"][0]["detail"] == "Unauthorized"


async def test_a_key_without_a_right_to_the_cluster_is_a_403(
    confluent: ConfluentStandIn, client: httpx.AsyncClient
) -> None:
    """As is a cluster that is somebody else's."""
    other = {"op": "AND", "filters": [CLUSTER | {"value": "lkc-other1"}]}
    assert (await client.post(PATH, json=_query(filter=other))).status_code == 403
    confluent.is_authorized = False

    assert (await client.post(PATH, json=_query())).status_code == 403


async def test_too_many_requests_a_minute_are_a_429(
    confluent: ConfluentStandIn, client: httpx.AsyncClient
) -> None:
    """With the seconds until there is room again."""
    confluent.requests_a_minute = 2
    codes = [(await client.post(PATH, json=_query())).status_code for _ in range(2)]
    refused = await client.post(PATH, json=_query())

    assert codes == [200, 200]
    assert refused.status_code == 429
    assert 0 < int(refused.headers["rateLimit-reset"]) <= 60
