"""Several things judged one by one, and the one finding that is made of them: the worst decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.finding import Finding, Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be said about one of them; `line` is a line of evidence that names it."""

    outcome: Outcome
    code: str
    line: str


def finding_of(check: str, component: str, subject: str, judged: Sequence[Judged], well: str) -> Finding:
    """`well` says what holds where all of them are right; otherwise the worst lines do."""
    ordered = sorted(judged, key=lambda each: each.outcome.severity)
    worst = ordered[0]
    lines = tuple(each.line for each in ordered)
    if worst.outcome is Outcome.OK:
        return Finding(check, component, Outcome.OK, worst.code, f"{subject}: {well}", lines)
    alike = sum(each.code == worst.code for each in judged)
    more = f" (and {alike - 1} more)" if alike > 1 else ""
    summary = f"{subject}: {worst.line}{more}"
    return Finding(check, component, worst.outcome, worst.code, summary, lines[1:])
