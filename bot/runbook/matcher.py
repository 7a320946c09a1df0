"""Says which entries of the runbook a text names: every signature at once, one pass over the text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from bot.domain.match import LONGEST_EVIDENCE, Match
from bot.domain.signature import Signature
from bot.runbook.pattern_set import PatternSet
from bot.runbook.plain import plain


class Signed(Protocol):
    """What has signatures: an entry of the runbook."""

    @property
    def signatures(self) -> Sequence[Signature]:
        """All of them."""
        ...


_Lines = Mapping[int, Sequence[int]]
"""Number of a pattern -> the lines that hold it, ascending."""
_JUDGEMENTS = 4096
"""How many are kept: they hang on the patterns that a line holds, and those are mostly the same."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A signature with the numbers of its patterns."""

    signature: Signature
    pattern: int
    also: tuple[int, ...]
    unless: tuple[int, ...]

    def lines(self, seen: _Lines) -> list[int]:
        """The lines on which it counts; none where they are too few."""
        lines = [line for line in seen.get(self.pattern, ()) if self._counts(line, seen)]
        return lines if len(lines) >= self.signature.at_least else []

    def _counts(self, line: int, seen: _Lines) -> bool:
        first, last = line - self.signature.within, line + self.signature.within
        return all(_between(seen.get(nth, ()), first, last) for nth in self.also) and not any(
            _between(seen.get(nth, ()), first, last) for nth in self.unless
        )


@dataclass(frozen=True, slots=True)
class _Hit:
    """A signature that counts on a line."""

    by: _Compiled
    line: int


_Judgement = Sequence[tuple[_Hit, Set[str]]]
"""The best hit of each entry that is named, surest first, with the entries that it beats."""


class Matcher:
    """The signatures of these entries, compiled once."""

    def __init__(self, entries: Iterable[Signed]) -> None:
        self.signatures = tuple(signature for entry in entries for signature in entry.signatures)
        numbers: dict[str, int] = {}
        self._compiled = [_compile(signature, numbers) for signature in self.signatures]
        self._patterns = PatternSet(list(numbers))
        self._led_by: dict[int, list[int]] = defaultdict(list)
        for nth, by in enumerate(self._compiled):
            self._led_by[by.pattern].append(nth)
        self._judged_line = lru_cache(_JUDGEMENTS)(self._judged)

    def match(self, text: str) -> tuple[Match, ...]:
        """The entries that the text names, surest first; none where nothing known fits.

        The text is a line of a log, or as many as somebody pastes. Never raises; time grows with the text alone.
        """
        lines = plain(text).splitlines()
        return tuple(self._matched(best, lines, beat) for best, beat in self._best(lines))

    def named(self, text: str) -> tuple[str, ...]:
        """The ids of the entries that `match` tells, in its order: for whoever only counts."""
        return tuple(best.by.signature.entry for best, _ in self._best(plain(text).splitlines()))

    def _best(self, lines: Sequence[str]) -> _Judgement:
        if len(lines) == 1:
            return self._judged_line(tuple(self._patterns.found_in(lines[0])))
        return self._judged(*(self._patterns.found_in(line) for line in lines))

    def _judged(self, *found: Sequence[int]) -> _Judgement:
        """From the numbers of the patterns that each line holds."""
        seen: dict[int, list[int]] = defaultdict(list)
        for nth, patterns in enumerate(found):
            for pattern in patterns:
                seen[pattern].append(nth)
        led = sorted(nth for pattern in seen for nth in self._led_by.get(pattern, ()))
        hits = [_Hit(by, line) for by in map(self._compiled.__getitem__, led) for line in by.lines(seen)]
        return sorted(_winners(hits), key=lambda won: (-won[0].by.signature.confidence, won[0].by.signature.entry))

    def _matched(self, best: _Hit, lines: Sequence[str], beat: Iterable[str]) -> Match:
        line = lines[best.line]
        found = [self._patterns.where(pattern, line) for pattern in (best.by.pattern, *best.by.also)]
        signature = best.by.signature
        return Match(
            entry=signature.entry,
            confidence=signature.confidence,
            evidence=_quoted(line, sorted(place for place in found if place)),
            signature=signature.source,
            beat=tuple(sorted(beat)),
        )


def _winners(hits: Sequence[_Hit]) -> Iterator[tuple[_Hit, set[str]]]:
    """The best hit of each entry that no rival beats on its line, with the entries that it beats.

    Two that beat each other, on a line that quotes both errors, both stay; and nothing beats what is surer.
    """
    lost = _lost(hits)
    best: dict[str, _Hit] = {}
    beat: dict[str, set[str]] = defaultdict(set)
    for hit in hits:
        signature = hit.by.signature
        if signature.confidence <= lost.get((hit.line, signature.entry), 0):
            continue
        beat[signature.entry].update(rival for rival in signature.beats if (hit.line, rival) in lost)
        if signature.entry not in best or signature.confidence > best[signature.entry].by.signature.confidence:
            best[signature.entry] = hit
    for entry, hit in best.items():
        yield hit, beat[entry]


def _lost(hits: Sequence[_Hit]) -> dict[tuple[int, str], float]:
    """Line and entry that a rival beats there -> how sure the rival is."""
    named = {(hit.line, hit.by.signature.entry) for hit in hits}
    beats = {(hit.line, hit.by.signature.entry, rival) for hit in hits for rival in hit.by.signature.beats}
    lost: dict[tuple[int, str], float] = {}
    for hit in hits:
        signature = hit.by.signature
        for rival in signature.beats:
            place = (hit.line, rival)
            if place in named and (hit.line, rival, signature.entry) not in beats:
                lost[place] = max(lost.get(place, 0), signature.confidence)
    return lost


def _compile(signature: Signature, numbers: dict[str, int]) -> _Compiled:
    def number(pattern: str) -> int:
        return numbers.setdefault(pattern, len(numbers))

    return _Compiled(
        signature,
        number(signature.pattern),
        tuple(map(number, signature.also)),
        tuple(map(number, signature.unless)),
    )


def _between(lines: Sequence[int], first: int, last: int) -> bool:
    return bisect_left(lines, first) < bisect_right(lines, last)


def _quoted(line: str, places: Sequence[tuple[int, int]]) -> str:
    """From the first of the places to the last, or what stands at each, where that is too long."""
    whole = line[places[0][0] : max(end for _, end in places)]
    words = whole if len(whole) <= LONGEST_EVIDENCE else " … ".join(line[start:end] for start, end in places)
    clean = " ".join(words.split()).strip("\"',; ")
    return clean if len(clean) <= LONGEST_EVIDENCE else f"{clean[: LONGEST_EVIDENCE - 1]}…"
