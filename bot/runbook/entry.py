"""Turns one Markdown file with front matter into an Entry, or says which key is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

import frontmatter
import yaml

from bot.domain.runbook import Entry, Severity, Team
from bot.runbook.errors import BadEntry
from bot.runbook.signature import read_signatures, title_signature

_KEYS = frozenset({"id", "title", "teams", "severity", "reviewed", "findings", "informational"}) | {
    "remediations",
    "signatures",
    "links",
}
Word = TypeVar("Word", bound=StrEnum)


def parse_entry(name: str, text: str) -> Entry:
    """The entry in the file `name`. Raises BadEntry."""
    try:
        front, body = frontmatter.parse(text)
    except yaml.YAMLError as error:
        raise BadEntry(f"{name}: the front matter is not valid YAML: {error}") from error
    unknown = sorted(set(front) - _KEYS)
    if unknown:
        raise BadEntry(f"{name}: unknown key {', '.join(unknown)}")
    reader = _Front(name, front)
    return Entry(
        id=reader.text("id"),
        title=reader.text("title"),
        teams=reader.words("teams", Team),
        severity=reader.word("severity", Severity),
        reviewed=reader.day("reviewed"),
        findings=reader.texts("findings"),
        informational=reader.texts("informational"),
        remediations=reader.texts("remediations"),
        signatures=(
            title_signature(reader.text("id"), reader.text("title")),
            *read_signatures(name, reader.text("id"), front.get("signatures", [])),
        ),
        links={},
        link_labels=reader.labels("links"),
        body=body.strip(),
        summary=first_paragraph(body),
    )


def first_paragraph(body: str) -> str:
    """What stands before the first blank line, on one line."""
    return " ".join(body.strip().split("\n\n", 1)[0].split())


class _Front:
    """Reads typed values out of front matter; every complaint names file and key."""

    def __init__(self, name: str, front: Mapping[str, object]) -> None:
        self._name = name
        self._front = front

    def text(self, key: str) -> str:
        value = self._front.get(key)
        if not isinstance(value, str) or not value:
            raise self._bad(key, "must be text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._front.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._bad(key, "must be a list of texts")
        return tuple(value)

    def labels(self, key: str) -> Mapping[str, str]:
        value = self._front.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise self._bad(key, "must be a section of texts")
        return dict(value)

    def day(self, key: str) -> date:
        value = self._front.get(key)
        if type(value) is not date:
            raise self._bad(key, "must be a date like 2026-11-22")
        return value

    def word(self, key: str, kind: type[Word]) -> Word:
        return self._member(key, self.text(key), kind)

    def words(self, key: str, kind: type[Word]) -> tuple[Word, ...]:
        return tuple(self._member(key, text, kind) for text in self.texts(key))

    def _member(self, key: str, text: str, kind: Callable[[str], Word]) -> Word:
        try:
            return kind(text)
        except ValueError as error:
            raise self._bad(key, f"does not know `{text}`") from error

    def _bad(self, key: str, what: str) -> BadEntry:
        return BadEntry(f"{self._name}: `{key}` {what}")
