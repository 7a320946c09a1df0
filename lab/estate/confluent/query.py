"""A query as it was asked: read and judged from its JSON, then answered from the cluster's meter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lab.estate.confluent.filters import CLUSTER, Predicate, check_label, clusters, compile_filter
from lab.estate.confluent.intervals import ALL, Interval, bucket, check_length, parse
from lab.estate.confluent.problems import BadQuery
from lab.estate.kafka.cluster import Cluster
from lab.estate.kafka.meter import Measure

_PREFIX = "io.confluent.kafka.server/"
_LARGEST_PAGE, _USUAL_PAGE = 1000, 100
Point = dict[str, object]


@dataclass(frozen=True)
class Query:
    """`group_by` are labels; `limit` is the size of a page."""

    measure: Measure
    fits: Predicate
    clusters: frozenset[str]
    granularity: str
    intervals: tuple[Interval, ...]
    group_by: tuple[str, ...]
    limit: int
    is_grouped: bool


def read(document: Any, now: datetime) -> Query:
    """Raises BadQuery with the first thing that is wrong."""
    if not isinstance(document, dict):
        raise BadQuery("Request body must be a JSON object")
    intervals = tuple(parse(one, now) for one in _list(document, "intervals"))
    granularity = str(document.get("granularity"))
    check_length(granularity, intervals)
    group_by = tuple(str(label) for label in document.get("group_by") or ())
    for label in group_by:
        check_label(label)
    return Query(
        _measure(_list(document, "aggregations")),
        compile_filter(document.get("filter")),
        _clusters(document.get("filter")),
        granularity,
        intervals,
        group_by,
        _limit(document.get("limit", _USUAL_PAGE)),
        _is_grouped(document.get("format", "FLAT"), group_by),
    )


def answer(query: Query, cluster: Cluster, until: datetime) -> list[Point]:
    """The data, newest first in each group; buckets without records are absent. Nothing after `until` is known."""
    sums: dict[tuple[str, ...], dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for labels, minute, amount in _samples(query, cluster):
        if minute <= until:
            group = tuple(labels[name] for name in query.group_by)
            sums[group][_bucket(query, minute)] += amount
    if query.is_grouped:
        return [_labelled(query, group) | {"points": list(_points(sums[group]))} for group in sorted(sums)]
    return [point | _labelled(query, group) for group in sorted(sums) for point in _points(sums[group])]


def _samples(query: Query, cluster: Cluster) -> Iterator[tuple[Mapping[str, str], datetime, int]]:
    # By number first: a week of minutes is much, and most of it is not asked for.
    spans = [(one.start.timestamp() / 60, one.end.timestamp() / 60) for one in query.intervals]
    for (topic, partition, number), amount in cluster.meter.read(query.measure).items():
        if any(start <= number < end for start, end in spans):
            labels = {CLUSTER: cluster.id, "metric.topic": topic, "metric.partition": str(partition)}
            if query.fits(labels):
                yield labels, datetime.fromtimestamp(number * 60, UTC), amount


def _bucket(query: Query, minute: datetime) -> datetime:
    if query.granularity == ALL:
        return min(interval.start for interval in query.intervals)
    return bucket(query.granularity, minute)


def _points(sums: Mapping[datetime, int]) -> Iterator[Point]:
    for moment in sorted(sums, reverse=True):
        yield {"timestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "value": float(sums[moment])}


def _labelled(query: Query, group: tuple[str, ...]) -> Point:
    return dict(zip(query.group_by, group, strict=True))


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    if not isinstance(found, list) or not found:
        raise BadQuery(f"{name} must not be empty")
    return found


def _measure(aggregations: list[Any]) -> Measure:
    if len(aggregations) > 1:
        raise BadQuery("Only one aggregation is supported")
    asked = aggregations[0] if isinstance(aggregations[0], dict) else {}
    if asked.get("agg", "SUM") != "SUM":
        raise BadQuery(f"Invalid aggregation function: {asked['agg']}")
    name = str(asked.get("metric"))
    known = {_PREFIX + measure.value: measure for measure in Measure}
    if name not in known:
        raise BadQuery(f"Unknown metric: {name}")
    return known[name]


def _clusters(document: Any) -> frozenset[str]:
    named = clusters(document)
    if not named:
        raise BadQuery("The query must be filtered by at least one resource")
    return named


def _limit(asked: object) -> int:
    if not isinstance(asked, int) or not 1 <= asked <= _LARGEST_PAGE:
        raise BadQuery(f"limit must be between 1 and {_LARGEST_PAGE}")
    return asked


def _is_grouped(asked: object, group_by: tuple[str, ...]) -> bool:
    if asked not in ("FLAT", "GROUPED"):
        raise BadQuery(f"Invalid format: {asked}")
    if asked == "GROUPED" and not group_by:
        raise BadQuery("format GROUPED requires group_by")
    return asked == "GROUPED"
