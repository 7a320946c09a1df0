"""Messages over time from Confluent's Metrics API: late by minutes, and without points where it has none."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bot.adapters.http_door import HttpDoor, HttpReply, json_of
from bot.domain.errors import AccessDenied, BadAnswer, RateLimited, Unreachable
from bot.domain.kafka_traffic import Measured, TopicTraffic, Window

URL = "https://api.telemetry.confluent.cloud"
_PATH = "/v2/metrics/cloud/query"
_METRIC = "io.confluent.kafka.server/received_records"
_LATE = timedelta(minutes=3)
"""Points arrive about two minutes late, and the newest ones still grow."""
_MINUTE = timedelta(minutes=1)
_MOST_POINTS = 1000
_MOST_PAGES = 20
_LEAST_COVERAGE = 0.5
"""With fewer points than this share of a window's minutes its figure says too little."""
_MOST_REMEMBERED = 500
_BODY_BYTES_MAX = 4 * 1024 * 1024
_LARGEST = 1e18
"""Python's JSON knows NaN, Infinity and numbers without end; a comparison with NaN is never true."""
_WHO = "Confluent's metrics"
_Points = Mapping[str, Sequence[float]]


class ConfluentMetrics:
    """Implements `bot.ports.traffic.Traffic`. Needs a CLOUD API key; contract: Confluent's Metrics API v2.

    Figures of minutes that are complete do not change, so earlier windows are asked for once.
    """

    def __init__(
        self,
        *,
        api_key: str,
        api_secret: str,
        cluster_id: str,
        url: str = URL,
        deadline_seconds: float = 1.5,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._cluster_id = cluster_id
        self._address = url.rstrip("/") + _PATH
        self._deadline_seconds = deadline_seconds
        self._auth = httpx.BasicAuth(api_key, api_secret)
        self._door = HttpDoor(deadline_seconds, http, name=_WHO, bytes_max=_BODY_BYTES_MAX)
        self._remembered: dict[tuple[tuple[str, ...], Window], _Points] = {}

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._door.aclose()

    async def messages(self, topics: Sequence[str], windows: Sequence[Window]) -> tuple[TopicTraffic, ...]:
        """Whole minutes only; the last three are left out. Earlier windows may lie a little earlier still."""
        whole = [_whole_minutes(windows[0]), *(_on_grid(_whole_minutes(window)) for window in windows[1:])]
        try:
            async with asyncio.timeout(self._deadline_seconds):
                found = await asyncio.gather(*(self._points(tuple(topics), each, windows[0]) for each in whole))
        except TimeoutError as error:
            words = f"Confluent's metrics did not answer within {self._deadline_seconds:g} s"
            raise Unreachable(words) from error
        return tuple(
            TopicTraffic(
                topic,
                tuple(_figure(points.get(topic, ()), each) for points, each in zip(found, whole, strict=True)),
                "Confluent metrics",
            )
            for topic in topics
        )

    async def _points(self, topics: tuple[str, ...], window: Window, current: Window) -> _Points:
        if window.seconds < _MINUTE.total_seconds():
            return {}
        key = (topics, window)
        if key not in self._remembered:
            points = await self._asked(topics, window)
            if window.end > current.start:
                return points
            while len(self._remembered) >= _MOST_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[key] = points
        return self._remembered[key]

    async def _asked(self, topics: Sequence[str], window: Window) -> _Points:
        points: dict[str, list[float]] = {}
        token = ""
        for _ in range(_MOST_PAGES):
            document = await self._page(topics, window, token)
            for each in _rows(document):
                points.setdefault(str(each["metric.topic"]), []).append(float(each["value"]))
            token = _next_token(document)
            if not token:
                return points
        raise BadAnswer(f"Confluent's metrics gave more than {_MOST_PAGES} pages for {window.seconds:g} s")

    async def _page(self, topics: Sequence[str], window: Window, token: str) -> Any:
        parameters = {"page_token": token} if token else {}
        question = self._query(topics, window)
        return _document(
            await self._door.ask("POST", self._address, query=parameters, document=question, auth=self._auth)
        )

    def _query(self, topics: Sequence[str], window: Window) -> dict[str, Any]:
        of_topics = [{"field": "metric.topic", "op": "EQ", "value": topic} for topic in topics]
        cluster = {"field": "resource.kafka.id", "op": "EQ", "value": self._cluster_id}
        chosen = of_topics[0] if len(of_topics) == 1 else {"op": "OR", "filters": of_topics}
        return {
            "aggregations": [{"metric": _METRIC}],
            "filter": {"op": "AND", "filters": [cluster, chosen]},
            "granularity": "PT1M",
            "group_by": ["metric.topic"],
            "intervals": [f"{_stamp(window.start)}/{_stamp(window.end)}"],
            "limit": _MOST_POINTS,
        }


def _whole_minutes(window: Window) -> Window:
    """Within the window, and for the one that ends now without the minutes that are not complete."""
    latest = datetime.now(UTC) - _LATE
    start = window.start.replace(second=0, microsecond=0)
    start += _MINUTE if start < window.start else timedelta(0)
    return Window(start, max(start, min(window.end, latest).replace(second=0, microsecond=0)))


def _on_grid(window: Window) -> Window:
    """Moved back to a multiple of a quarter of its length, so that it stays the same window for a while."""
    grid = max(60, int(window.seconds / 4) // 60 * 60)
    back = timedelta(seconds=window.start.timestamp() % grid)
    return Window(window.start - back, window.end - back)


def _figure(points: Sequence[float], window: Window) -> Measured | None:
    """An absent point is not 0: the sum counts for as many minutes as there are points."""
    minutes = window.seconds / _MINUTE.total_seconds()
    if not points or len(points) < minutes * _LEAST_COVERAGE:
        return None
    return Measured(round(sum(points)), len(points) * _MINUTE.total_seconds())


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _document(reply: HttpReply) -> Any:
    status = reply.status
    if status == 200:
        return json_of(_WHO, reply.body)
    said = _words(reply)
    if status == 401:
        raise AccessDenied(f"Confluent's metrics refused our CLOUD API key (a cluster's key is not one): {said}")
    if status == 403:
        raise AccessDenied(f"our CLOUD API key lacks the role MetricsViewer: {said}")
    if status == 429:
        wait = reply.headers.get("retry-after") or reply.headers.get("ratelimit-reset", "")
        seconds = float(wait) if wait.isdigit() else None
        raise RateLimited(f"Confluent's metrics ask us to slow down: {said}", seconds)
    if status >= 500:
        raise Unreachable(f"Confluent's metrics answered {status}: {said}")
    raise BadAnswer(f"Confluent's metrics answered {status}: {said}")


def _rows(document: Any) -> list[dict[str, Any]]:
    """Raises BadAnswer for what is not the documented shape."""
    rows = document.get("data") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(_is_point(row) for row in rows):
        raise BadAnswer("Confluent's metrics answered outside their contract: no list of points")
    return rows


def _is_point(row: Any) -> bool:
    if not isinstance(row, dict):
        return False
    value = row.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return "metric.topic" in row and abs(value) < _LARGEST


def _next_token(document: Any) -> str:
    meta = document.get("meta") if isinstance(document, dict) else None
    pagination = meta.get("pagination") if isinstance(meta, dict) else None
    token = pagination.get("next_page_token") if isinstance(pagination, dict) else None
    return token if isinstance(token, str) else ""


def _words(reply: HttpReply) -> str:
    """The details of its errors; the start of the body where that is no such document."""
    try:
        document = json_of(_WHO, reply.body)
    except BadAnswer:
        document = None
    errors = document.get("errors") if isinstance(document, dict) else None
    if isinstance(errors, list):
        details = [str(each.get("detail", each)) if isinstance(each, dict) else str(each) for each in errors]
        return "; ".join(details)[:200]
    return " ".join(reply.body.decode("utf-8", "replace").split())[:200] or "an empty body"
