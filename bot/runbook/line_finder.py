"""Finds the lines of a large text that any of many patterns may fit, in one pass (Vectorscan; docs/adr/0011)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import hyperscan

from bot.runbook.errors import BadEntry

_CONTINUATION = bytes(range(0x80, 0xC0))
_LEADS = bytes([*range(0xC0), *(0xE9 if byte == 0xC3 else 0x80 for byte in range(0xC0, 0x100))])
"""U+00C0 to U+00FF read as `é`, everything else above ASCII as 0x80."""
_WHOLE_TEXT = re.compile(r"(?<!\\)(?:\\\\)*\\[AzZ]")
_FLAGS = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_PREFILTER

Line = tuple[int, int]
"""Where a line starts, and where it ends before its newline, in characters of the text."""


class LineFinder:
    """Compiled once; what a pass takes hardly depends on the number of patterns.

    Patterns are ASCII and blind to case; `\\w`, `\\s` and `\\d` know ASCII alone; `.` is any character.
    A prefilter: it may name a line too many, never one too few. What the engine cannot judge (looking around,
    groups that do not give back) it takes as true. Raises BadEntry for a pattern that it cannot compile.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._database = _compiled(tuple(patterns))

    def find(self, text: str) -> list[Line]:
        """The lines in their order; lines are parted by `\\n` alone."""
        return self.find_in(one_byte_each(text))

    def find_in(self, data: bytes) -> list[Line]:
        """The same in what `one_byte_each` makes of a text: for whoever searches it twice."""
        if self._database is None or not data:
            return []
        ends: set[int] = set()

        def on_match(_pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends.add(end)

        self._database.scan(data, match_event_handler=on_match)
        return list(_lines(data, sorted(ends)))


def one_byte_each(text: str) -> bytes:
    """A byte for each character; those from U+00C0 to U+00FF are told from all others above ASCII."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").translate(_LEADS, _CONTINUATION)


def _lines(data: bytes, ends: Iterable[int]) -> Iterator[Line]:
    """The lines that hold the last characters of what was found; a newline belongs to the line that it ends."""
    line_end = -1
    for end in ends:
        last = max(0, end - 1)
        if last > line_end:
            start = data.rfind(b"\n", 0, last) + 1
            found = data.find(b"\n", last)
            line_end = found if found >= 0 else len(data)
            yield start, line_end


def _compiled(patterns: tuple[str, ...]) -> hyperscan.Database | None:
    if not patterns:
        return None
    for pattern in patterns:
        if not pattern.isascii() or _WHOLE_TEXT.search(pattern):
            raise BadEntry(f"the pattern `{pattern}` must be ASCII, with `^` and `$` for the ends of the line")
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=[pattern.encode() for pattern in patterns], flags=[_FLAGS] * len(patterns))
    except hyperscan.HyperscanError as error:
        raise BadEntry(f"a pattern cannot be searched for: {error}") from error
    return database
