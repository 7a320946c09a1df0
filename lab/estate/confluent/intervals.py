"""ISO 8601 intervals as the Metrics API takes them, `now` with its modifiers included; and its granularities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lab.estate.confluent.problems import BadQuery

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_NOW = re.compile(r"now(?P<steps>(?:[+-]\d+[mhd]|\|[mhd])*)")
_STEP = re.compile(r"([+-]\d+|\|)([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALL = "ALL"

GRANULARITIES: Mapping[str, tuple[timedelta, timedelta | None]] = {
    "PT1M": (_MINUTE, 6 * _HOUR),
    "PT5M": (5 * _MINUTE, _DAY),
    "PT15M": (15 * _MINUTE, 4 * _DAY),
    "PT30M": (30 * _MINUTE, 7 * _DAY),
    "PT1H": (_HOUR, None),
    "PT4H": (4 * _HOUR, None),
    "PT6H": (6 * _HOUR, None),
    "PT12H": (12 * _HOUR, None),
    "P1D": (_DAY, None),
}
"""Bucket and longest interval (None: any); `ALL` makes one bucket of everything."""


@dataclass(frozen=True)
class Interval:
    """From `start` up to, and without, `end`."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long."""
        return self.end - self.start


def parse(text: object, now: datetime) -> Interval:
    """`<start>/<end>`, `<start>/<duration>` or `<duration>/<end>`. Raises BadQuery."""
    first, slash, second = str(text).partition("/")
    if not slash:
        raise BadQuery(f"Invalid interval: {text}")
    if first.startswith("P"):
        end = _moment(second, now)
        interval = Interval(end - _duration(first), end)
    else:
        start = _moment(first, now)
        interval = Interval(start, start + _duration(second) if second.startswith("P") else _moment(second, now))
    if interval.length <= timedelta(0):
        raise BadQuery(f"Interval end must be after its start: {text}")
    return interval


def check_length(granularity: str, intervals: tuple[Interval, ...]) -> None:
    """Raises BadQuery for an interval too long for so fine a granularity, or for a granularity that is none."""
    if granularity == ALL:
        return
    if granularity not in GRANULARITIES:
        raise BadQuery(f"Invalid granularity: {granularity}")
    _, longest = GRANULARITIES[granularity]
    if longest is not None and any(interval.length > longest for interval in intervals):
        raise BadQuery(f"Interval exceeds the maximum length for granularity {granularity}")


def bucket(granularity: str, moment: datetime) -> datetime:
    """The start of the UTC-aligned bucket that the moment falls into."""
    size, _ = GRANULARITIES[granularity]
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // size * size


def _moment(text: str, now: datetime) -> datetime:
    relative = _NOW.fullmatch(text)
    if relative is not None:
        return _stepped(now, relative["steps"])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"Invalid timestamp: {text}") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _stepped(now: datetime, steps: str) -> datetime:
    moment = now
    for amount, unit in _STEP.findall(steps):
        if amount == "|":
            hour, minute = (0 if unit == "d" else moment.hour), (moment.minute if unit == "m" else 0)
            moment = moment.replace(hour=hour, minute=minute, second=0, microsecond=0)
        else:
            moment += int(amount) * _UNITS[unit]
    return moment


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise BadQuery(f"Invalid duration: {text}")
    days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
