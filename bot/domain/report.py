"""A report: all findings of one `/sfint status`, explained by the runbook, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.finding import Finding, Outcome
from bot.domain.page import Page
from bot.domain.runbook import Entry, Severity


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding with the entry that explains it; a healthy one has none."""

    finding: Finding
    entry: Entry | None = None


_CAUSES_FIRST = ("redis", "salesforce", "kafka", "live-chat", "integrations", "middleware")
"""The middleware falls when one of the others does, never the other way round."""


def _place(item: Explained) -> tuple[int, bool, int, str]:
    component = item.finding.component
    cause = _CAUSES_FIRST.index(component) if component in _CAUSES_FIRST else len(_CAUSES_FIRST)
    concerns_few = item.entry is not None and item.entry.severity in (Severity.WARNING, Severity.INFO)
    return item.finding.outcome.severity, concerns_few, cause, item.finding.check


@dataclass(frozen=True, slots=True)
class Report:
    """What `/sfint status` answers. `asked_by` is a Slack user id or `terminal`."""

    target: str
    asked_by: str
    started_at: datetime
    seconds: float
    items: tuple[Explained, ...]
    pages: tuple[Page, ...] = ()
    title: str = "Status"

    @property
    def is_narrow(self) -> bool:
        """True for an answer about one system: whoever asks that wants to see what was found well, too."""
        return self.title != "Status"

    @property
    def worst(self) -> Outcome:
        """The worst outcome of all; OK for an empty report cannot happen: a report has a check."""
        return min((item.finding.outcome for item in self.items), key=lambda outcome: outcome.severity)

    @staticmethod
    def ordered(items: list[Explained]) -> tuple[Explained, ...]:
        """Worst first, what concerns single people after it; then causes before what they cause; then by name."""
        return tuple(sorted(items, key=_place))
