"""Runs a parsed SOQL query over the org's rows, with Salesforce's idea of equality and missing fields."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

from lab.estate.salesforce.errors import RestError
from lab.estate.salesforce.records import Record, RecordStore
from lab.estate.salesforce.soql import Combination, Comparison, Condition, Like, parse


def run(soql: str, store: RecordStore, hidden: set[str]) -> tuple[str, list[Record], bool]:
    """The object's name, the selected columns of each matching row, and whether it was a COUNT().

    Raises MALFORMED_QUERY, INVALID_TYPE or INVALID_FIELD; a field in `hidden` exists for nobody.
    """
    query = parse(soql)
    source = store.object_name(query.source)
    names = _Names(soql, source, store, hidden)
    columns = [names.spelled(field) for field in query.fields]
    for earlier, later in pairwise(sorted(columns)):
        if earlier == later:
            raise RestError(400, "INVALID_FIELD", f"duplicate field selected: {later}")
    if query.where is not None:
        names.check(query.where)
    rows = [row for row in store.rows(source) if query.where is None or _holds(query.where, row, names)]
    for field, descending in reversed(query.order):
        name = names.spelled(field)
        rows.sort(key=lambda row: _sortable(row[name]), reverse=descending)
    end = None if query.limit is None else query.offset + query.limit
    return source, [_selected(row, columns) for row in rows[query.offset : end]], query.counts


def _selected(row: Record, columns: list[str]) -> Record:
    return {name: row[name] for name in columns}


class _Names:
    """Field names of one object: found without regard to case, spelled as the org spells them."""

    def __init__(self, soql: str, source: str, store: RecordStore, hidden: set[str]) -> None:
        self._soql, self._source = soql, source
        self._known = {name.lower(): name for name in store.field_names(source) if name not in hidden}

    def check(self, condition: Condition) -> None:
        """Raise INVALID_FIELD for an unknown name, rows or no rows."""
        if isinstance(condition, Comparison):
            self.spelled(condition.field)
            return
        for part in condition.parts:
            self.check(part)

    def spelled(self, field: str) -> str:
        plain = field.removeprefix(f"{self._source}.")
        if plain.lower() in self._known:
            return self._known[plain.lower()]
        column = self._soql.find(field) + 1
        raise RestError(
            400,
            "INVALID_FIELD",
            f"\n{self._soql}\n{' ' * (column - 1)}^\nERROR at Row:1:Column:{column}\n"
            f"No such column '{field}' on entity '{self._source}'. If you are attempting to use a custom "
            "field, be sure to append the '__c' after the custom field name. Please reference your WSDL or "
            "the describe call for the appropriate names.",
        )


def _holds(condition: Condition, row: Record, names: _Names) -> bool:
    if isinstance(condition, Combination):
        results = [_holds(part, row, names) for part in condition.parts]
        if condition.operator == "not":
            return not results[0]
        return all(results) if condition.operator == "and" else any(results)
    return _compares(condition, row[names.spelled(condition.field)])


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
