"""Counts what the matcher finds in a text: which page, how sure, on how many lines, from where to where."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.domain.diagnosis import Recognised
from bot.runbook.loader import Runbook
from bot.runbook.matcher import Matcher

_LONGEST_LINE = 8_192
"""Characters of a line that are looked at: the cause stands at its beginning, and a hostile one costs seconds."""


def recognise(
    matcher: Matcher, runbook: Runbook, lines: Sequence[str], where: Callable[[int], str]
) -> tuple[Recognised, ...]:
    """The pages that the lines name together, surest first; `where` names a line by its number from 0.

    The lines are judged as one text, because a log-in after an expired session makes it harmless; then one by one,
    to count. Takes time in proportion to the text: call it in a thread for a long one.
    """
    lines = [line[:_LONGEST_LINE] for line in lines]
    named = {match.entry: match for match in matcher.match("\n".join(lines))}
    if not named:
        return ()
    seen: dict[str, list[int]] = {entry: [] for entry in named}
    for number, line in enumerate(lines):
        for match in matcher.match(line):
            if match.entry in seen:
                seen[match.entry].append(number)
    found = []
    for entry, match in named.items():
        page = runbook.get(entry)
        if page is None:
            raise LookupError(f"a signature names the entry {entry}, which is not in the runbook")
        numbers = seen[entry] or [0, len(lines) - 1]  # a page that only several lines together name
        found.append(Recognised(page, match, max(1, len(seen[entry])), where(numbers[0]), where(numbers[-1])))
    return tuple(found)
