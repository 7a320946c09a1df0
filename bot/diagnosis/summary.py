"""Prints what was counted: a table to read, or one JSON object."""

from __future__ import annotations

import json

from bot.diagnosis.pieces import LIMIT
from bot.diagnosis.tally import Sighting, Tally
from bot.domain.redaction import Redactor
from bot.views.terminal_line import one_line

_SHOWN = 100
"""Characters of a line in the table."""


def as_table(tally: Tally, redactor: Redactor) -> str:
    """By entry, the most frequent first, with its first and last line."""
    lines = [_headline(tally)]
    rows = tally.most_first()
    if rows:
        wide = max(len(entry) for entry, _ in rows)
        lines += ["", f"{'entry':{wide}}  {'lines':>9}  {'first':>10}  {'last':>10}"]
    for entry, seen in rows:
        lines.append(f"{entry:{wide}}  {seen.count:>9,}  {seen.first.number:>10,}  {seen.last.number:>10,}")
        lines.append(f"  first: {_short(seen.first, redactor)}")
        if seen.last != seen.first:
            lines.append(f"  last:  {_short(seen.last, redactor)}")
    return "\n".join(lines) + "\n"


def as_object(tally: Tally, redactor: Redactor) -> str:
    """The same for programs, with the whole text of the lines."""
    told = {
        "lines": tally.lines,
        "matched": tally.matched,
        "cut": tally.cut,
        "entries": [
            {
                "entry": entry,
                "count": seen.count,
                "first": {"line": seen.first.number, "text": redactor.text(seen.first.text)},
                "last": {"line": seen.last.number, "text": redactor.text(seen.last.text)},
            }
            for entry, seen in tally.most_first()
        ],
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def cut_notice(tally: Tally) -> str:
    """Says that some lines were not read to their end; empty where all were."""
    if not tally.cut:
        return ""
    lines = "1 line was" if tally.cut == 1 else f"{tally.cut:,} lines were"
    return f"{lines} longer than {LIMIT // 1024} KiB: only the beginning was looked at"


def _headline(tally: Tally) -> str:
    lines = "1 line" if tally.lines == 1 else f"{tally.lines:,} lines"
    known = f"{tally.matched:,} of them known to the runbook" if tally.matched else "none known to the runbook"
    return f"{lines}, {known}"


def _short(sighting: Sighting, redactor: Redactor) -> str:
    text = " ".join(one_line(redactor.text(sighting.text)).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
