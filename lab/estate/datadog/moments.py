"""`from` and `to` of a filter: date math, ISO 8601 or milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_MATH = re.compile(r"now(?:([+-])(\d+)(s|m|h|d|w))?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


class BadMomentError(ValueError):
    """Not a moment, or the two are the wrong way round; the text is Datadog's."""


def window(query: dict[str, Any], now: float) -> tuple[float, float]:
    """Begin and end in Unix seconds; the last 15 minutes where nothing is said. Raises BadMomentError."""
    begin, end = moment(query.get("from", "now-15m"), now), moment(query.get("to", "now"), now)
    if begin >= end:
        raise BadMomentError(
            "invalid_argument(Field 'filter.from,to' is invalid: 'from' should be anterior to 'to')"
        )
    return begin, end


def moment(value: object, now: float) -> float:
    """Unix seconds. Raises BadMomentError."""
    text = str(value).strip()
    if match := _MATH.fullmatch(text):
        sign, count, unit = match.groups()
        return now + (0 if sign is None else (1 if sign == "+" else -1) * int(count) * _SECONDS[unit])
    if text.isdigit():
        return int(text) / 1000
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadMomentError(f"invalid_argument(Field 'filter.from,to' is invalid: {text})") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def iso(at: float) -> str:
    """As answers write it: UTC with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
