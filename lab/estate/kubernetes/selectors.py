"""Label and field selectors, equality and set based, as lists and watches take them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lab.estate.kubernetes.errors import bad_request
from lab.estate.kubernetes.resources import Json, Resource

Predicate = Callable[[Json], bool]

_SET = re.compile(r"^(?P<key>[\w./-]+)\s+(?P<op>in|notin)\s+\((?P<values>[^)]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[\w./-]+)\s*(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)$")
_EXISTS = re.compile(r"^(?P<absent>!?)\s*(?P<key>[\w./-]+)$")
_ANYWHERE = {"metadata.name", "metadata.namespace"}
_FIELDS = {
    "pods": {
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    },
    "events": {
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    },
    "replicasets": {"status.replicas"},
    "namespaces": {"status.phase"},
}


def label_predicate(text: str) -> Predicate:
    """Which objects a labelSelector means; ApiError 400 when it cannot be read."""
    wanted = [_requirement(part) for part in _split(text)]
    return lambda item: all(test(item["metadata"].get("labels") or {}) for test in wanted)


def _split(text: str) -> list[str]:
    parts = re.split(r",(?![^(]*\))", text)
    return [part.strip() for part in parts if part.strip()]


def _requirement(part: str) -> Callable[[dict[str, str]], bool]:
    if found := _SET.match(part):
        key, values = found["key"], {value.strip() for value in found["values"].split(",")}
        if found["op"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if found := _EQUAL.match(part):
        key, value = found["key"], found["value"]
        if found["op"] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := _EXISTS.match(part):
        key, absent = found["key"], bool(found["absent"])
        return lambda labels: (key in labels) != absent
    raise bad_request(
        f"unable to parse requirement: found '{part.split()[-1]}', expected: in, notin, =, ==, !=, gt, lt"
    )


def field_predicate(text: str, resource: Resource) -> Predicate:
    """Which objects a fieldSelector means; ApiError 400 for a field that this kind cannot be selected by."""
    wanted: list[tuple[str, str, bool]] = []
    for part in _split(text):
        found = re.match(r"^([^=!]+?)(==|=|!=)(.*)$", part)
        if not found:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        field, operator, value = found.groups()
        if field not in _ANYWHERE | _FIELDS.get(resource.plural, set()):
            raise bad_request(_unknown_field(field, resource))
        wanted.append((field, value, operator == "!="))
    return lambda item: all((_value_at(item, f) == value) != negated for f, value, negated in wanted)


def _unknown_field(field: str, resource: Resource) -> str:
    if resource.plural in _FIELDS:
        return f"field label not supported: {field}"
    return f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def _value_at(item: Json, path: str) -> str:
    value: Any = item
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return "" if value is None else str(value)


def matches_selector(selector: Json, labels: dict[str, str]) -> bool:
    """Whether a workload's `selector` (matchLabels, matchExpressions) covers those labels."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression(each, labels) for each in selector.get("matchExpressions") or [])


def _expression(expression: Json, labels: dict[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None
