"""Which known word was probably meant: edit distance with transpositions, or an unambiguous beginning."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 40
"""Longer words are not compared: no name of ours is as long, and the cost stays bounded."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The one known word that `word` is a slip of the keyboard away from; empty when none is near enough."""
    word = word.lower()
    if not 2 <= len(word) <= _LONGEST:
        return ""
    candidates = sorted(known)
    beginning = [name for name in candidates if name.startswith(word)]
    if len(beginning) == 1:
        return beginning[0]
    distance, best = min(((edits(word, name), name) for name in candidates), default=(_LONGEST, ""))
    return best if distance <= max(1, min(3, len(best) // 3)) else ""


def edits(left: str, right: str) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours that turn `left` into `right`."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
