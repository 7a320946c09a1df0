"""Reads a long text line by line: the matcher's answers, at the price of the few lines that deserve it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.match import Match
from bot.runbook.matcher import Matcher
from bot.runbook.scanner import Scanner


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line that names an entry.

    `number` counts from 0; `start` is the line's place in the text, in characters; `matches` are best first and
    never empty.
    """

    number: int
    start: int
    text: str
    matches: tuple[Match, ...]

    @property
    def entries(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(match.entry for match in self.matches)


@dataclass(frozen=True, slots=True)
class NamedLine:
    """The same, for whoever only counts."""

    number: int
    start: int
    text: str
    entries: tuple[str, ...]


class KnownLines:
    """The matcher with its prefilter, compiled once.

    A signature that several lines must show together counts on none of them alone: it is not searched for.
    """

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._scanner = Scanner(each.pattern for each in matcher.signatures if each.at_least == 1)

    def of(self, text: str) -> Iterator[KnownLine]:
        """What `Matcher.match` says of each line where it says anything; lines are parted by `\\n` alone."""
        for number, start, line in self._candidates(text):
            if matches := self._matcher.match(line):
                yield KnownLine(number, start, line, matches)

    def named(self, text: str) -> Iterator[NamedLine]:
        """The same lines with the names of their entries alone: in half the time."""
        for number, start, line in self._candidates(text):
            if entries := self._matcher.named(line):
                yield NamedLine(number, start, line, entries)

    def _candidates(self, text: str) -> Iterator[tuple[int, int, str]]:
        number = position = 0
        for start, end in self._scanner.candidates(text):
            number += text.count("\n", position, start)
            position = start
            yield number, start, text[start:end]
