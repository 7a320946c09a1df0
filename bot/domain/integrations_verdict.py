"""Which of the core services fails: the one that is down, else the silent one, else the one with errors."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.finding import Outcome
from bot.domain.integrations import Integrations, LogFigures, ServiceReading

_LONG_NUMBER = re.compile(r"\+?\d[\d -]{6,}\d")
_EXCERPT = 100


class CoreVerdict(StrEnum):
    """Worst first; the value is the tail of the finding code: `integrations.<value>`."""

    SERVICE_DOWN = "service-down"
    SILENT = "silent"
    CANNOT_TELL = "cannot-tell"
    ERRORS = "errors"
    LOW = "low"
    OK = "ok"


OUTCOMES = {
    CoreVerdict.SERVICE_DOWN: Outcome.FAILING,
    CoreVerdict.SILENT: Outcome.FAILING,
    CoreVerdict.CANNOT_TELL: Outcome.UNKNOWN,
    CoreVerdict.ERRORS: Outcome.DEGRADED,
    CoreVerdict.LOW: Outcome.DEGRADED,
    CoreVerdict.OK: Outcome.OK,
}
_ORDER = list(CoreVerdict)


@dataclass(frozen=True, slots=True)
class CoreJudgement:
    """`culprit` is the service that fails first of all, as far as that can be told."""

    verdict: CoreVerdict
    words: str
    culprit: str = ""


def judge(readings: Sequence[ServiceReading], rules: Integrations) -> CoreJudgement:
    """The worst of them. A failure that is seen outweighs a service that could not be asked."""
    judged = [(_verdict(reading, rules), reading) for reading in readings]
    ranked = sorted(judged, key=lambda each: (_ORDER.index(each[0]), -_errors(each[1])))
    worst, reading = ranked[0]
    name = reading.service.name
    if worst is CoreVerdict.OK:
        names = ", ".join(each.service.name for each in readings)
        return CoreJudgement(worst, f"{names} run{_flow(readings, rules)}")
    others = [each.service.name for verdict, each in ranked[1:] if verdict is worst]
    also = f"; also {', '.join(others)}" if others else ""
    return CoreJudgement(worst, f"{name} {_fault(worst, reading, rules)}{also}", name)


def describe(reading: ServiceReading, rules: Integrations) -> str:
    """One line of evidence."""
    parts = [part for part in (reading.problem or reading.pods, reading.unread) if part]
    parts += [f"{reading.restarts} restarts"] if reading.restarts else []
    if reading.log is not None:
        parts += [
            _rate(reading.log, rules) if reading.service.messages else "messages are not counted (no pattern)"
        ]
        parts += [f"{reading.log.errors} error lines"]
        parts += [f"the last: {_excerpt(reading.log.last_error)}"] if reading.log.last_error else []
    return f"{reading.service.name}: {'; '.join(parts)}"


def _verdict(reading: ServiceReading, rules: Integrations) -> CoreVerdict:
    if reading.problem:
        return CoreVerdict.SERVICE_DOWN
    log = reading.log
    if log is None or log.is_cut:
        return CoreVerdict.CANNOT_TELL
    usual = _usual(log, rules)
    if reading.service.messages:
        if log.messages == 0:
            if usual is None:
                return CoreVerdict.CANNOT_TELL
            if usual >= rules.minimum_messages:
                return CoreVerdict.SILENT
        elif usual is not None and usual >= rules.minimum_messages and log.messages < rules.low_share * usual:
            return CoreVerdict.LOW
    if log.errors >= rules.minimum_errors:
        return CoreVerdict.ERRORS
    return CoreVerdict.CANNOT_TELL if reading.unread else CoreVerdict.OK


def _usual(log: LogFigures, rules: Integrations) -> float | None:
    """Messages that a window usually has; None without enough history.

    A silent hour before a silent window says little: it may be the same outage. The day before says more.
    """
    if log.usual_at_this_hour is not None:
        return log.usual_at_this_hour
    wanted = min(rules.minimum_history * rules.window_seconds, rules.baseline_seconds)
    if log.covered_seconds < wanted or not log.covered_seconds:
        return None
    return log.usual_messages * rules.window_seconds / log.covered_seconds


def _fault(verdict: CoreVerdict, reading: ServiceReading, rules: Integrations) -> str:
    log = reading.log or LogFigures()
    match verdict:
        case CoreVerdict.SERVICE_DOWN:
            return f"does not run: {reading.problem}"
        case CoreVerdict.SILENT:
            errors = f", {log.errors} error lines" if log.errors else ""
            return f"has no messages: {_rate(log, rules)}{errors}"
        case CoreVerdict.LOW:
            return f"has few messages: {_rate(log, rules)}"
        case CoreVerdict.ERRORS:
            return f"logs errors: {log.errors} lines in {rules.window_seconds:g} s"
        case CoreVerdict.CANNOT_TELL if reading.log is not None and log.is_cut:
            return "logs more than can be read: cannot tell"
        case CoreVerdict.CANNOT_TELL if reading.log is not None and not reading.unread:
            return f"cannot be judged: {_rate(log, rules)}"
        case _:
            return f"could not be asked: {reading.unread}"


def _rate(log: LogFigures, rules: Integrations) -> str:
    usual = _usual(log, rules)
    hour = "" if log.usual_at_this_hour is None else " at this hour"
    known = (
        "not enough history to say what is usual" if usual is None else f"usually {_minute(usual, rules)}{hour}"
    )
    return f"{_minute(log.messages, rules)} messages a minute ({known})"


def _minute(messages: float, rules: Integrations) -> str:
    rate = messages * 60 / rules.window_seconds
    return f"{rate:.0f}" if rate >= 10 or rate == 0 else f"{rate:.1f}"


def _flow(readings: Sequence[ServiceReading], rules: Integrations) -> str:
    counted = [reading.log for reading in readings if reading.log is not None and reading.service.messages]
    if not counted:
        return "; their messages are not counted"
    if all(log.usual_at_this_hour is not None for log in counted):
        return ", as quiet as usual at this hour"
    return f", {_minute(min(log.messages for log in counted), rules)} messages a minute at least"


def _errors(reading: ServiceReading) -> int:
    return reading.log.errors if reading.log is not None else 0


def _excerpt(line: str) -> str:
    """The message of a JSON line, else its beginning; long numbers, which may be somebody's, are left out."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        said = (str(document[key]) for key in ("msg", "message", "error") if document.get(key))
        line = " / ".join(dict.fromkeys(said)) or line
    line = _LONG_NUMBER.sub("…", " ".join(line.split()))
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"
