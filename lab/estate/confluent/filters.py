"""The filter of a query: EQ, GT, GTE on labels, joined by AND, OR and NOT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lab.estate.confluent.problems import BadQuery

CLUSTER = "resource.kafka.id"
LABELS = (CLUSTER, "metric.topic", "metric.partition")
Labels = Mapping[str, str]
Predicate = Callable[[Labels], bool]
_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "EQ": lambda has, wanted: has == wanted,
    "GT": lambda has, wanted: has > wanted,
    "GTE": lambda has, wanted: has >= wanted,
}


def compile_filter(document: Any) -> Predicate:
    """A predicate over the labels of a data point. Raises BadQuery."""
    match document:
        case {"op": "AND" | "OR" as op, "filters": list(parts)} if parts:
            predicates = [compile_filter(part) for part in parts]
            holds = all if op == "AND" else any
            return lambda labels: holds(predicate(labels) for predicate in predicates)
        case {"op": "NOT", "filter": part}:
            inner = compile_filter(part)
            return lambda labels: not inner(labels)
        case {"op": "EQ" | "GT" | "GTE" as op, "field": str(name), "value": str() | int() as value}:
            check_label(name)
            compare = _COMPARISONS[op]
            return lambda labels: compare(labels[name], str(value))
    raise BadQuery("Invalid filter")


def clusters(document: Any) -> frozenset[str]:
    """Every cluster that the filter names by EQ: what the key has to be authorized for."""
    match document:
        case {"op": "EQ", "field": name, "value": value} if name == CLUSTER:
            return frozenset({str(value)})
        case {"op": "AND" | "OR", "filters": list(parts)}:
            return frozenset().union(*(clusters(part) for part in parts))
    return frozenset()


def check_label(name: str) -> None:
    """Raises BadQuery for a label that these metrics do not have."""
    if name not in LABELS:
        raise BadQuery(f"Unknown label: {name}")
