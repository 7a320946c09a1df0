"""A runbook entry: Markdown with front matter that names what it explains and whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Team(StrEnum):
    """Who can be paged. The last two are outside the company."""

    OPS = "ops"
    PLATFORM = "platform"
    DEVOPS = "devops"
    INTEGRATIONS = "integrations"
    CLIENT_ADMIN = "client-admin"
    SALESFORCE = "salesforce"

    @property
    def is_external(self) -> bool:
        """Paged by a click only, unless the target says `page_external: true`."""
        return self in (Team.CLIENT_ADMIN, Team.SALESFORCE)


class Severity(StrEnum):
    """PagerDuty's words. `info` pages nobody."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Entry:
    """One of the fourteen pages. `teams` are in paging order; `findings` are the codes it explains."""

    id: str
    title: str
    teams: tuple[Team, ...]
    severity: Severity
    reviewed: date
    findings: tuple[str, ...]
    remediations: tuple[str, ...]
    signatures: tuple[str, ...]
    links: Mapping[str, str]
    body: str
    summary: str
    """The first paragraph of the body: what a card shows."""

    @property
    def pages_somebody(self) -> bool:
        """False for informational entries."""
        return self.severity is not Severity.INFO and bool(self.teams)
