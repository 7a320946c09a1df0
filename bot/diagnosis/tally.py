"""Counts the lines of a log by the entry that they name, with the first and the last of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.runbook.known_lines import KnownLine, NamedLine


@dataclass(frozen=True, slots=True)
class Sighting:
    """A line by its number in the log, from 1, and its text as it came: not redacted."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """On how many lines an entry was named."""

    count: int
    first: Sighting
    last: Sighting


@dataclass(slots=True)
class Tally:
    """A part of a log, or all of it; a line that names two entries counts for both."""

    lines: int = 0
    matched: int = 0
    cut: int = 0
    """Lines of which only the beginning was looked at."""
    entries: dict[str, Seen] = field(default_factory=dict)

    def note(self, line: KnownLine | NamedLine) -> None:
        """Counts a line of this part, whose lines are numbered from 0."""
        self.matched += 1
        sighting = Sighting(line.number + 1, line.text)
        self._take({entry: Seen(1, sighting, sighting) for entry in line.entries}, 0)

    def append(self, later: Tally) -> None:
        """Counts the part that follows this one."""
        self._take(later.entries, self.lines)
        self.lines += later.lines
        self.matched += later.matched
        self.cut += later.cut

    def most_first(self) -> list[tuple[str, Seen]]:
        """The entries, the most frequent first."""
        return sorted(self.entries.items(), key=lambda item: (-item[1].count, item[0]))

    def _take(self, entries: Mapping[str, Seen], lines_before: int) -> None:
        for entry, seen in entries.items():
            known = self.entries.get(entry)
            last = Sighting(seen.last.number + lines_before, seen.last.text)
            first = known.first if known else Sighting(seen.first.number + lines_before, seen.first.text)
            self.entries[entry] = Seen(seen.count + (known.count if known else 0), first, last)
