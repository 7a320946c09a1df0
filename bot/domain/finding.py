"""A finding: what one check saw, with a code that the runbook explains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Outcome(StrEnum):
    """Worst first when sorted by `severity`. "Could not ask" is UNKNOWN: never ok, never failing."""

    FAILING = "failing"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    OK = "ok"

    @property
    def severity(self) -> int:
        """0 is worst; the order in which a report lists findings."""
        return list(Outcome).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer. `code` is stable (`redis.no-master`) and is joined to a runbook entry."""

    check: str
    component: str
    outcome: Outcome
    code: str
    summary: str
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0

    def timed(self, seconds: float) -> Finding:
        """The same finding with the time that its check took."""
        return replace(self, seconds=seconds)
