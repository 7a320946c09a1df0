"""Several things judged one by one, and the one finding that is made of them: the worst decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.finding import Finding, Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be said about one of them; `line` is a line of evidence that names it."""

    outcome: Outcome
    code: str
    line: str


def finding_of(
    check: str,
    component: str,
    subject: str,
    judged: Sequence[Judged],
    well: str,
    advice: Mapping[str, str] | None = None,
) -> Finding:
    """`well` says what holds where all of them are right; otherwise the worst line does.

    `advice` maps a code to a line that is added once where something was judged so.
    """
    ordered = sorted(judged, key=lambda each: each.outcome.severity)
    worst = ordered[0]
    codes = {each.code for each in judged}
    lines = tuple(each.line for each in ordered)
    added = tuple(words for code, words in (advice or {}).items() if code in codes)
    if worst.outcome is Outcome.OK:
        return Finding(check, component, Outcome.OK, worst.code, f"{subject}: {well}", lines)
    alike = sum(each.code == worst.code for each in judged)
    more = f" (and {alike - 1} more)" if alike > 1 else ""
    summary = f"{subject}: {worst.line}{more}"
    return Finding(check, component, worst.outcome, worst.code, summary, (*added, *lines[1:]))
