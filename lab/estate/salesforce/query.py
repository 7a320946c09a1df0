"""Runs a parsed SOQL query over the org's rows, with Salesforce's idea of equality and missing fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from lab.estate.salesforce.errors import RestError
from lab.estate.salesforce.names import Names, Path
from lab.estate.salesforce.records import Record, RecordStore
from lab.estate.salesforce.soql import Combination, Comparison, Condition, Like, Query, malformed, parse


def run(soql: str, store: RecordStore, hidden: set[str]) -> tuple[str, list[Record], bool]:
    """The object's name, the selected columns of each matching row, and whether it was a COUNT().

    Raises MALFORMED_QUERY, INVALID_TYPE or INVALID_FIELD; what is in `hidden` exists for nobody.
    """
    query = parse(soql)
    names, rows = _matching(soql, query, store, hidden)
    columns = [names.path(field) for field in query.fields]
    for earlier, later in pairwise(sorted(path.dotted for path in columns)):
        if earlier == later:
            raise RestError(400, "INVALID_FIELD", f"duplicate field selected: {later}")
    for field, descending in reversed(query.order):
        path = names.path(field)
        rows.sort(key=lambda row: _sortable(names.value(row, path)), reverse=descending)
    end = None if query.limit is None else query.offset + query.limit
    return names.source, [_selected(names, row, columns) for row in rows[query.offset : end]], query.counts


def _matching(soql: str, query: Query, store: RecordStore, hidden: set[str]) -> tuple[Names, list[Record]]:
    names = Names(soql, query.source, store, hidden)
    if query.where is None:
        return names, list(store.rows(names.source))
    where = _resolved(query.where, names, lambda inner: _semi_join(soql, inner, store, hidden))
    return names, [row for row in store.rows(names.source) if _holds(where, row, names)]


def _semi_join(soql: str, query: Query, store: RecordStore, hidden: set[str]) -> tuple[object, ...]:
    """The ids that a sub-select finds."""
    names, rows = _matching(soql, query, store, hidden)
    path = names.path(query.fields[0])
    if not path.field.endswith("Id"):
        raise malformed(f"The inner select field '{path.dotted}' must be of type ID or REFERENCE")
    return tuple(value for row in rows if (value := names.value(row, path)) is not None)


def _resolved(condition: Condition, names: Names, semi_join: Callable[[Query], tuple[object, ...]]) -> Condition:
    """Every name checked, rows or no rows, and every sub-select replaced by what it found."""
    if isinstance(condition, Combination):
        return Combination(
            condition.operator, tuple(_resolved(part, names, semi_join) for part in condition.parts)
        )
    names.path(condition.field)
    if isinstance(condition.value, Query):
        return replace(condition, value=semi_join(condition.value))
    return condition


def _selected(names: Names, row: Record, columns: list[Path]) -> Record:
    selected: Record = {}
    for path in columns:
        into, at = selected, row
        for relationship, id_field, parent in path.parents:
            found = names.parent_row(at, id_field, parent)
            if found is None:
                into[relationship] = None
                break
            nested = into.setdefault(relationship, {"attributes": {"type": parent}})
            assert isinstance(nested, dict)
            into, at = nested, found
        else:
            into[path.field] = at[path.field]
    return selected


def _holds(condition: Condition, row: Record, names: Names) -> bool:
    if isinstance(condition, Combination):
        results = [_holds(part, row, names) for part in condition.parts]
        if condition.operator == "not":
            return not results[0]
        return all(results) if condition.operator == "and" else any(results)
    return _compares(condition, names.value(row, names.path(condition.field)))


def _compares(comparison: Comparison, actual: object) -> bool:
    wanted = comparison.value
    match comparison.operator:
        case "=":
            return _equal(actual, wanted)
        case "!=":
            return not _equal(actual, wanted)
        case "in" | "not in":
            assert isinstance(wanted, tuple)
            return any(_equal(actual, one) for one in wanted) == (comparison.operator == "in")
        case "like":
            assert isinstance(wanted, Like)
            return actual is not None and _matches(wanted, str(actual))
        case _:
            return _ordered(comparison.operator, actual, wanted)


def _equal(actual: object, wanted: object) -> bool:
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return actual is wanted
    if isinstance(actual, str) and isinstance(wanted, str):
        if len(wanted) in (15, 18) and len(actual) == 18 and actual[:15] == wanted[:15]:
            return True
        return actual.casefold() == wanted.casefold()
    return actual == wanted


def _ordered(operator: str, actual: object, wanted: object) -> bool:
    if actual is None or wanted is None:
        return False
    left, right = _sortable(actual), _sortable(wanted)
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]


def _sortable(value: object) -> tuple[bool, float, str]:
    if value is None:
        return (False, 0.0, "")
    if isinstance(value, bool | int | float):
        return (True, float(value), "")
    text = str(value)
    if re.match(r"\d{4}-\d\d-\d\dT", text):
        return (True, datetime.fromisoformat(text).timestamp(), "")
    return (True, 0.0, text.casefold())


def _matches(pattern: Like, text: str) -> bool:
    expression = "".join(
        ".*" if piece is None else "." if piece == "" else re.escape(piece) for piece in pattern.pieces
    )
    return re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL) is not None
