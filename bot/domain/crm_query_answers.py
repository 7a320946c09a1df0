"""Classifies what Salesforce answers to `GET …/query`: by errorCode and message, never by status alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from bot.domain.crm_query import QueryVerdict, Row, Scalar
from bot.domain.salesforce import CallVerdict
from bot.domain.salesforce_answers import classify_call

_QUERY_RULES = {
    "INVALID_FIELD": QueryVerdict.INVALID_FIELD,
    "INVALID_TYPE": QueryVerdict.INVALID_TYPE,
    "MALFORMED_QUERY": QueryVerdict.MALFORMED,
    "INSUFFICIENT_ACCESS": QueryVerdict.NO_PERMISSION,
    "INSUFFICIENT_ACCESS_OR_READONLY": QueryVerdict.NO_PERMISSION,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": QueryVerdict.NO_PERMISSION,
    "INVALID_QUERY_LOCATOR": QueryVerdict.OTHER,
    "QUERY_TIMEOUT": QueryVerdict.TIMED_OUT,
}
_CALL_RULES = {
    CallVerdict.EXPIRED_PASSWORD: QueryVerdict.EXPIRED_PASSWORD,
    CallVerdict.INVALID_AUTH_HEADER: QueryVerdict.INVALID_AUTH_HEADER,
    CallVerdict.INVALID_SESSION: QueryVerdict.INVALID_SESSION,
    CallVerdict.REQUEST_LIMIT: QueryVerdict.REQUEST_LIMIT,
    CallVerdict.API_DISABLED: QueryVerdict.API_DISABLED,
    CallVerdict.UNREACHABLE: QueryVerdict.UNREACHABLE,
    CallVerdict.OTHER: QueryVerdict.OTHER,
}
# `No such column 'X__c' on entity 'Contact'`, `Didn't understand relationship 'Grp' in field path`,
# `sObject type 'QueueSobject' is not supported`, `field 'Body' can not be filtered in a query call`.
_BLAMED = re.compile(r"(?:No such column|relationship|sObject type|field) '(?P<name>[\w.]{1,120})'", re.IGNORECASE)
_DRAWING = re.compile(r"\A.*ERROR at Row:\d+:Column:\d+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """One page read. `next_path` is empty on the last one."""

    verdict: QueryVerdict
    rows: tuple[Row, ...] = ()
    total: int = 0
    next_path: str = ""
    blamed: str = ""
    error_code: str = ""
    message: str = ""


def classify_page(status: int, content_type: str, body: bytes) -> Page:
    """Reads one answer of the query resource. `message` is not redacted yet."""
    document = _json(body)
    if status == HTTPStatus.OK and isinstance(document, dict):
        return _page(document)
    reading = classify_call(status, content_type, body)
    verdict = _CALL_RULES.get(reading.verdict, QueryVerdict.UNREADABLE)
    verdict = _QUERY_RULES.get(reading.error_code, verdict)
    found = _BLAMED.search(reading.message)
    named = verdict in (QueryVerdict.INVALID_FIELD, QueryVerdict.INVALID_TYPE) and found is not None
    return Page(
        verdict,
        blamed=found["name"] if named and found else "",
        error_code=reading.error_code,
        message=_one_line(reading.message),
    )


def _page(document: dict[str, object]) -> Page:
    records, done, path = document.get("records"), document.get("done"), document.get("nextRecordsUrl", "")
    total = document.get("totalSize")
    is_page = isinstance(records, list) and isinstance(done, bool) and isinstance(total, int)
    if not is_page or not isinstance(records, list) or not all(isinstance(row, dict) for row in records):
        return Page(QueryVerdict.UNREADABLE, message="the answer is JSON, but not a page of a query")
    # Never anywhere else: the token goes with the request.
    if not done and not (isinstance(path, str) and re.fullmatch(r"/services/data/[\w./-]+", path)):
        return Page(QueryVerdict.UNREADABLE, message="the answer names no next page that could be asked for")
    rows = tuple(dict(_fields(row, "")) for row in records)
    return Page(QueryVerdict.OK, rows, total if isinstance(total, int) else 0, "" if done else str(path))


def _fields(row: dict[str, object], prefix: str) -> Iterator[tuple[str, Scalar]]:
    """Scalars by their dotted names; what a sub-select brings is left out."""
    for field, value in row.items():
        if field == "attributes":
            continue
        if isinstance(value, dict):
            yield from _fields(value, f"{prefix}{field}.")
        elif value is None or isinstance(value, str | int | float | bool):
            yield f"{prefix}{field}", value


def _one_line(text: str) -> str:
    """Salesforce draws the query with a caret under the mistake: only the sentence below it is kept."""
    return " ".join(_DRAWING.sub("", text).split())[:300]


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
