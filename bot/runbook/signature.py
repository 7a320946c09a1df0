"""Reads the `signatures:` of an entry's front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.signature import Signature
from bot.runbook.errors import BadEntry
from bot.runbook.template import GAP, is_regex, to_pattern

DEFAULT_CONFIDENCE = 0.9
_KEYS = frozenset({"match", "also", "unless", "within", "at_least", "confidence", "beats", "examples"})


def read_signatures(name: str, entry: str, value: object) -> tuple[Signature, ...]:
    """Each item is a text, or a section whose `match` is one text or several. Raises BadEntry."""
    if not isinstance(value, list):
        raise BadEntry(f"{name}: `signatures` must be a list")
    return tuple(signature for item in value for signature in _signatures(name, entry, item))


def title_signature(entry: str, title: str) -> Signature:
    """The entry's own title, alone on a line."""
    words = GAP.join(re.findall(r"[0-9a-z]+", title.casefold()))
    pattern = rf"^[^0-9a-z]*{words}[^0-9a-z]*$"
    return Signature(entry, title, pattern, DEFAULT_CONFIDENCE, examples=(title,))


def _signatures(name: str, entry: str, item: object) -> Iterator[Signature]:
    section = {"match": item} if isinstance(item, str) else item
    if not isinstance(section, dict) or "match" not in section:
        raise BadEntry(f"{name}: `signatures` must hold texts, or sections with `match`")
    unknown = sorted(set(section) - _KEYS)
    if unknown:
        raise BadEntry(f"{name}: `signatures` has the unknown key {', '.join(unknown)}")
    sources = _texts(name, section, "match")
    if not sources:
        raise BadEntry(f"{name}: `signatures`: `match` must name at least one text")
    for source in sources:
        yield Signature(
            entry=entry,
            source=source,
            pattern=to_pattern(source),
            confidence=_share(name, section),
            also=tuple(map(to_pattern, _texts(name, section, "also"))),
            unless=tuple(map(to_pattern, _texts(name, section, "unless"))),
            within=_count(name, section, "within", 0),
            at_least=_count(name, section, "at_least", 1),
            beats=_texts(name, section, "beats"),
            examples=_examples(name, section, source),
        )


def _texts(name: str, section: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """One text or a list of them."""
    value = section.get(key, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(text, str) and text.strip() for text in values):
        raise BadEntry(f"{name}: `signatures`: `{key}` must be a text or a list of texts")
    return tuple(values)


def _examples(name: str, section: Mapping[str, Any], source: str) -> tuple[str, ...]:
    """A template without anything that varies is its own example."""
    own = () if is_regex(source) or set(source) & set("<{^") else (source,)
    return _texts(name, section, "examples") or own


def _count(name: str, section: Mapping[str, Any], key: str, default: int) -> int:
    value = section.get(key, default)
    if type(value) is not int or value < default:
        raise BadEntry(f"{name}: `signatures`: `{key}` must be a whole number from {default}")
    return value


def _share(name: str, section: Mapping[str, Any]) -> float:
    value = section.get("confidence", DEFAULT_CONFIDENCE)
    if not isinstance(value, float) or not 0.5 <= value <= 1:
        raise BadEntry(f"{name}: `signatures`: `confidence` must be between 0.5 and 1.0")
    return value
