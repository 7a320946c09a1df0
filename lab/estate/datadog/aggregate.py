"""Buckets: counts, percentiles and cardinalities of events, by facets, in total or over time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from lab.estate.datadog.events import Event, Json
from lab.estate.datadog.moments import iso


def _percentile(numbers: list[float], rank: int) -> float:
    ordered = sorted(numbers)
    return ordered[max(0, math.ceil(rank / 100 * len(ordered)) - 1)]


_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "avg": lambda numbers: sum(numbers) / len(numbers),
    "median": lambda numbers: _percentile(numbers, 50),
    **{f"pc{rank}": partial(_percentile, rank=rank) for rank in (75, 90, 95, 98, 99)},
}
_INTERVAL = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_POINTS = 150
_LIMIT = 10


class BadAggregateError(ValueError):
    """The request asks for what the API does not have."""


def buckets(
    events: Sequence[Event], computes: list[Json], group_by: list[Json], begin: float, end: float
) -> Iterator[tuple[Json, Json]]:
    """Pairs of `by` and computed values, the largest group first. Raises BadAggregateError."""
    for by, members in _groups(list(events), group_by):
        if members:
            yield by, {f"c{nth}": _computed(members, one, begin, end) for nth, one in enumerate(computes)}


def _groups(events: list[Event], group_by: list[Json]) -> Iterator[tuple[Json, list[Event]]]:
    if not group_by:
        yield {}, events
        return
    first, *rest = group_by
    facet = str(first["facet"])
    split: dict[Any, list[Event]] = {}
    for event in events:
        for value in event.values(facet) or ([first["missing"]] if "missing" in first else []):
            split.setdefault(value, []).append(event)
    largest = sorted(split, key=lambda value: -len(split[value]))[: int(first.get("limit", _LIMIT))]
    for value in largest:
        for by, members in _groups(split[value], rest):
            yield {facet: value, **by}, members
    if first.get("total"):
        label = f"{facet}_total" if first["total"] is True else first["total"]
        yield {facet: label}, [event for members in split.values() for event in members]


def _computed(events: list[Event], compute: Json, begin: float, end: float) -> Any:
    kind = compute.get("type", "total")
    if kind == "total":
        return _value(events, compute)
    if kind != "timeseries":
        raise BadAggregateError(f"unknown compute type {kind!r}")
    step = _interval(compute.get("interval"), begin, end)
    slots: dict[float, list[Event]] = {}
    for event in events:
        slots.setdefault(math.floor(event.at / step) * step, []).append(event)
    return [{"time": iso(at), "value": _value(slots[at], compute)} for at in sorted(slots)]


def _value(events: list[Event], compute: Json) -> float | None:
    function = compute.get("aggregation")
    if function == "count":
        return len(events)
    metric = compute.get("metric")
    if metric is None:
        raise BadAggregateError(f"aggregation {function} needs a metric")
    values = [value for event in events for value in event.values(str(metric))]
    if function == "cardinality":
        return len({str(value) for value in values})
    if function not in _FUNCTIONS:
        raise BadAggregateError(f"unknown aggregation {function!r}")
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return _FUNCTIONS[function](numbers) if numbers else None


def _interval(text: str | None, begin: float, end: float) -> float:
    if text is None:
        return max(1.0, (end - begin) / _POINTS)
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise BadAggregateError(f"{text!r} is no interval")
    return float(int(match[1]) * _SECONDS[match[2]])
