"""A mistake in the configuration, as path, what is wrong and an example; never with the value that was given."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.domain.errors import SfintError
from bot.settings.examples import example_at, names_at


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `path` is dotted, `example` a value that would be right (empty where none helps)."""

    path: str
    what: str
    example: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" + (f", e.g. {self.example}" if self.example else "")


class SettingsProblems(SfintError):
    """Raised once, with every mistake, sorted by path."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.path)
        super().__init__("\n".join(map(str, self.problems)))


_WORDS: Mapping[str, str] = {
    "missing": "is required",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "path_type": "must be a path",
    "model_type": "must be a section with keys of its own",
    "model_attributes_type": "must be a section with keys of its own",
    "dict_type": "must be a section with keys of its own",
    "tuple_type": "must be a list",
    "frozen_set_type": "must be a list",
    "greater_than_equal": "must be at least {ge:g}",
    "greater_than": "must be more than {gt:g}",
    "less_than_equal": "must be at most {le:g}",
    "less_than": "must be less than {lt:g}",
    "too_short": "needs at least {min_length}",
    "literal_error": "must be {expected}",
    "enum": "must be one of {expected}",
}


def translated(error: ValidationError, root: type[BaseModel]) -> list[Problem]:
    """Pydantic's errors in our words; the input is never repeated, because it may be a secret."""
    details = error.errors(include_url=False, include_input=False)
    return [_problem(detail, root) for detail in details]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean …?)` for a near miss, else an empty text."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean `{near[0]}`?)" if near else ""


def _problem(detail: ErrorDetails, root: type[BaseModel]) -> Problem:
    parts = tuple(part for part in detail["loc"] if part != "[key]")
    path = ".".join(map(str, parts)) or "(file)"
    if detail["type"] == "extra_forbidden":
        known = names_at(root, parts[:-1])
        return Problem(path, "is not a setting" + did_you_mean(str(parts[-1]), known))
    what = _what(detail)
    if detail["loc"] and detail["loc"][-1] == "[key]":
        what = f"the name {what}" + did_you_mean(str(parts[-1]), names_at(root, parts[:-1]))
        return Problem(path, what)
    return Problem(path, what, example_at(root, parts))


def _what(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] == "value_error":
        return str(context["error"])
    words = _WORDS.get(detail["type"])
    return words.format(**context) if words else detail["msg"]
