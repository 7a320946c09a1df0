"""Picks the lines of a large text that deserve the matcher: all others name no entry for certain."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.runbook.line_finder import Line, LineFinder, one_byte_each
from bot.runbook.plain import DOUBLED, ENTITY, ITALIC_END, LINK, PERCENT, plain

_WRITTEN_OTHERWISE = (
    r"(?:[\x00\x0b\x0c\x1c-\x1e\x80-\xa0\xa8\xaa\xad\xaf\xb2-\xb5\xb8-\xba\xbc-\xbe\\]"
    rf"|{ENTITY}|{LINK}|{PERCENT}|\[[0-9]{{1,3}}(?:;[0-9]{{1,3}})*m|\x1b\[)[^\n]*$"
)
"""A line that `plain` would change, or part. What Latin-1 has besides the listed characters is plain already."""


class Scanner:
    """Compiled once from the patterns of signatures, then two quick passes a text.

    A prefilter for `Matcher`, which reads what `plain` makes of a line: never misses a line that a pattern fits,
    and may name some that none does. Raises BadEntry for a pattern that cannot be compiled.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._known = LineFinder(dict.fromkeys(patterns))
        self._written_otherwise = LineFinder([_WRITTEN_OTHERWISE, DOUBLED, ITALIC_END])

    def candidates(self, text: str) -> list[Line]:
        """The lines that the matcher has to look at, in order; lines are parted by `\\n` alone."""
        data = one_byte_each(text)
        plain_ones = self._known.find_in(data)
        others = self._in_plain_words(text, self._written_otherwise.find_in(data))
        return [line for line, _ in groupby(heapq.merge(plain_ones, others))]

    def _in_plain_words(self, text: str, lines: Sequence[Line]) -> list[Line]:
        """Those of the lines that a pattern fits once they are written plainly."""
        starts: list[int] = []
        parts: list[str] = []
        length = 0
        for start, end in lines:
            part = "\n".join(plain(text[start:end]).splitlines())
            starts.append(length)
            parts.append(part)
            length += len(part) + 1
        found = self._known.find("\n".join(parts))
        return [line for line, _ in groupby(lines[bisect_right(starts, start) - 1] for start, _ in found)]
