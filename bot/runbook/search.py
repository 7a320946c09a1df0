"""Finds pages by words, forgiving a typo; the page's name and title weigh more than its text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from bot.domain.runbook import Entry

_WORD = re.compile(r"[a-z0-9]+")
_CLOSE = 0.75
_SHORTEST_WITH_TYPO = 4
_TYPO_COST = 0.6


def search(entries: Iterable[Entry], words: str) -> tuple[Entry, ...]:
    """Pages that hold every word, or something close to it, best first; none for no words."""
    wanted = _WORD.findall(words.lower())
    if not wanted:
        return ()
    scored = [(sum(scores), entry) for entry in entries if all(scores := [_score(entry, word) for word in wanted])]
    return tuple(entry for _, entry in sorted(scored, key=lambda pair: (-pair[0], pair[1].id)))


def _score(entry: Entry, word: str) -> float:
    """How well one word fits; 0 when it is not there."""
    fields = (
        (10.0, entry.id),
        (8.0, entry.title),
        (5.0, " ".join((*entry.findings, *(s.source for s in entry.signatures), *entry.remediations))),
        (3.0, entry.summary),
        (1.0, entry.body),
    )
    return sum(weight * _closeness(word, text) for weight, text in fields)


def _closeness(word: str, text: str) -> float:
    """1 for the word itself or its beginning, less for a near miss, else 0."""
    words = set(_WORD.findall(text.lower()))
    if word in words:
        return 1.0
    if len(word) < _SHORTEST_WITH_TYPO:
        return 0.0
    if any(other.startswith(word) for other in words):
        return 0.9
    return _TYPO_COST if difflib.get_close_matches(word, words, n=1, cutoff=_CLOSE) else 0.0
