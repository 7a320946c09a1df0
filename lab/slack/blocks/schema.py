"""The few combinators in which the block rules are written; each check reports problems with a JSON pointer.

Lengths are counted in characters (code points) of the text as it was sent, entities like `&amp;` unexpanded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str, "Report"], None]


class Report:
    """The problems found, worded as in `response_metadata.messages`."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def problem(self, message: str, pointer: str) -> None:
        """Note what is wrong and where."""
        self.messages.append(f"[ERROR] {message} [json-pointer:{pointer}]")


def anything(_value: Any, _at: str, _report: Report) -> None:
    """Accepts every value."""


def text(most: int, least: int = 1) -> Check:
    """A string of so many characters."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, str):
            report.problem("must be a string", at)
        elif len(value) > most:
            report.problem(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            report.problem(f"must be more than {least - 1} characters", at)

    return check


def number(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.problem("must be an integer", at)
        elif not least <= value <= most:
            report.problem(f"must be between {least} and {most}", at)

    return check


def boolean(value: Any, at: str, report: Report) -> None:
    """True or false."""
    if not isinstance(value, bool):
        report.problem("must be a boolean", at)


def one_of(*allowed: str) -> Check:
    """One of these words."""

    def check(value: Any, at: str, report: Report) -> None:
        if value not in allowed:
            report.problem(f"value must be one of: {', '.join(allowed)}", at)

    return check


def url(value: Any, at: str, report: Report) -> None:
    """An absolute address of at most 3,000 characters."""
    text(3000)(value, at, report)
    if isinstance(value, str) and not value.startswith(("http://", "https://", "mailto:", "slack://")):
        report.problem("invalid url", at)


def listing(item: Check, *, most: int, least: int = 1) -> Check:
    """An array of so many items, each of which passes the check."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, list):
            report.problem("must be an array", at)
            return
        if len(value) > most:
            report.problem(f"no more than {most} items allowed", at)
        if len(value) < least:
            report.problem(f"must have at least {least} item{'s' if least != 1 else ''}", at)
        for index, one in enumerate(value):
            item(one, f"{at}/{index}", report)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields and no others."""
    known = {**required, **(optional or {}), "type": anything}

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.problem("must provide an object", at)
            return
        for name in required:
            if value.get(name) is None:
                report.problem(f"missing required field: {name}", at)
        for name, one in value.items():
            if name not in known:
                report.problem(f"invalid additional property: {name}", at)
            elif one is not None:
                known[name](one, f"{at}/{name}", report)

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` decides which check applies."""

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.problem("must provide an object", at)
        elif "type" not in value:
            report.problem("missing required field: type", at)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            report.problem(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            kinds[value["type"]](value, at, report)

    return check


def both(first: Check, second: Check) -> Check:
    """Two checks of the same value."""

    def check(value: Any, at: str, report: Report) -> None:
        first(value, at, report)
        second(value, at, report)

    return check
