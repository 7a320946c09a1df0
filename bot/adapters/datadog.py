"""Questions about a target's spans as Datadog's search syntax and aggregates; answers as counts and samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.adapters.datadog_api import DatadogApi, Reply
from bot.adapters.datadog_budget import HourlyBudget
from bot.domain.datadog import Distinct, RequestBudget, SpanCount, SpanCounts, SpanQuestion, SpanSample
from bot.domain.errors import BadAnswer

__all__ = ["DatadogApi", "DatadogTraces", "HourlyBudget"]

_STATUS = "@http.status_code"
_NONE, _TOTAL = "none", "total"
_NANOSECONDS = 1e9
_LARGEST = 1e18


class DatadogTraces:
    """Implements `bot.ports.traces.Traces` for one service and environment; the API may be shared."""

    def __init__(
        self, api: DatadogApi, *, service: str, env: str = "", samples_cache_seconds: float = 300.0
    ) -> None:
        self._api, self._samples_fresh = api, samples_cache_seconds
        self._scope = [_is("service", service), *([_is("env", env)] if env else [])]

    async def counts(self, question: SpanQuestion) -> SpanCounts:
        """See the port."""
        compute = [{"aggregation": "count"}, {"aggregation": "max", "metric": "@duration"}]
        facets = [_facet("operation_name", 20), _facet(_STATUS, 20, missing=_NONE), _facet("status", 5)]
        reply = await self._aggregate(question, compute, facets)
        rows = (_row(by, values) for by, values in _buckets(reply.document))
        return SpanCounts(tuple(row for row in rows if row.spans), reply.seconds_ago)

    async def distinct(self, question: SpanQuestion, facet: str) -> Distinct:
        """See the port."""
        compute = [{"aggregation": "cardinality", "metric": facet}]
        reply = await self._aggregate(question, compute, [_facet(_STATUS, 20, missing=_NONE, total=_TOTAL)])
        found = {_named(by, _STATUS): int(_number(values.get("c0"))) for by, values in _buckets(reply.document)}
        by_status = {int(name): count for name, count in found.items() if name.isdigit()}
        return Distinct(found.get(_TOTAL, 0), by_status, reply.seconds_ago)

    async def samples(self, question: SpanQuestion, limit: int) -> tuple[SpanSample, ...]:
        """See the port; remembered for longer than counts, since they say the same for minutes."""
        attributes = {"filter": self._filter(question), "sort": "-timestamp", "page": {"limit": limit}}
        body = {"data": {"type": "search_request", "attributes": attributes}}
        reply = await self._api.ask("/api/v2/spans/events/search", body, fresh_seconds=self._samples_fresh)
        return tuple(_sample(item) for item in _list(reply.document.get("data")))

    async def validate(self) -> None:
        """See the port."""
        await self._api.validate()

    def budget(self) -> RequestBudget:
        """See the port."""
        return self._api.budget.now()

    async def _aggregate(
        self, question: SpanQuestion, compute: Sequence[Mapping[str, Any]], group_by: Sequence[Mapping[str, Any]]
    ) -> Reply:
        attributes = {"compute": compute, "filter": self._filter(question), "group_by": group_by}
        body = {"data": {"type": "aggregate_request", "attributes": attributes}}
        return await self._api.ask("/api/v2/spans/analytics/aggregate", body)

    def _filter(self, question: SpanQuestion) -> Mapping[str, str]:
        terms = [*self._scope]
        if question.operations:
            terms.append(_is("operation_name", *question.operations))
        if question.http_statuses:
            terms.append(f"{_STATUS}:({' OR '.join(str(status) for status in question.http_statuses)})")
        if question.longer_than_seconds:
            terms.append(f"@duration:>{question.longer_than_seconds * _NANOSECONDS:.0f}")
        if question.only_errors:
            terms.append("status:error")
        return {"query": " ".join(terms), "from": _ago(question.window_seconds), "to": "now"}


def _ago(seconds: int) -> str:
    return f"now-{seconds}s" if seconds % 60 else f"now-{seconds // 60}m"


def _is(field: str, *values: str) -> str:
    quoted = ['"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values]
    return f"{field}:{quoted[0]}" if len(quoted) == 1 else f"{field}:({' OR '.join(quoted)})"


def _facet(name: str, limit: int, **more: str) -> Mapping[str, Any]:
    return {"facet": name, "limit": limit, **more}


def _buckets(document: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Pairs of `by` and computed values. The documentation calls those `computes`, the answers `compute`."""
    pairs = []
    for item in _list(document.get("data")):
        attributes = _mapping(item.get("attributes"))
        computed = attributes.get("compute", attributes.get("computes"))
        pairs.append((_mapping(attributes.get("by") or {}), _mapping(computed)))
    return pairs


def _row(by: Mapping[str, Any], values: Mapping[str, Any]) -> SpanCount:
    status = _named(by, _STATUS)
    return SpanCount(
        operation=_named(by, "operation_name"),
        http_status=int(status) if status.isdigit() else None,
        is_error=_named(by, "status") == "error",
        spans=int(_number(values.get("c0"))),
        longest_seconds=_number(values.get("c1")) / _NANOSECONDS,
    )


def _named(by: Mapping[str, Any], facet: str) -> str:
    return str(by.get(facet, by.get(facet.lstrip("@"), "")))


def _sample(item: Mapping[str, Any]) -> SpanSample:
    """Undocumented at the top level, and there: `operation_name` and `status`."""
    attributes = _mapping(item.get("attributes"))
    tags = _flat(_mapping(attributes.get("attributes") or {})) | _flat(_mapping(attributes.get("custom") or {}))
    status = tags.get("http.status_code", "")
    duration = tags.get("duration", "")
    has_error = bool(tags.get("error.message") or tags.get("error.details"))
    return SpanSample(
        operation=str(attributes.get("operation_name") or tags.get("operation_name", "")),
        resource=str(attributes.get("resource_name", "")),
        http_status=int(status) if status.isdigit() else None,
        is_error=attributes["status"] == "error" if "status" in attributes else has_error,
        seconds=float(duration) / _NANOSECONDS if duration.isdigit() else 0.0,
        tags=tags,
    )


def _flat(tree: Mapping[str, Any], path: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{path}{name}.")
        elif value is not None:
            flat[f"{path}{name}"] = str(value)
    return flat


def _list(found: object) -> list[Mapping[str, Any]]:
    if not isinstance(found, list):
        raise BadAnswer("Datadog answered without a list of data")
    return [_mapping(item) for item in found]


def _mapping(found: object) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise BadAnswer("Datadog answered outside its contract")
    return found


def _number(found: object) -> float:
    if found is None:
        return 0.0
    # Python's JSON knows NaN, Infinity and numbers without end; a comparison with NaN is never true.
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) < _LARGEST:
        raise BadAnswer("Datadog answered something that is no number")
    return float(found)
