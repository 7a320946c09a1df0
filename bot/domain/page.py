"""A page: a call to a team, and only what the provider said about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.runbook import Severity, Team


class PageState(StrEnum):
    """QUEUED is ours; ACCEPTED is the provider's word (queued there, not yet delivered to a person)."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    FAILED = "failed"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `key` is the dedup key: a target, an entry and a team page once until resolved."""

    key: str
    target: str
    entry: str
    team: Team
    severity: Severity
    summary: str
    channel: str
    thread: str | None
    """Outbox key of the card under which the notice stands; None for the channel itself."""
    state: PageState
    created_at: datetime
    reason: str = ""
    by: str = ""
    """Slack user id of who acknowledged."""
    problem: str = ""
    """The provider's words when state is FAILED."""

    def moved(self, state: PageState, *, by: str = "", problem: str = "") -> Page:
        """The same page in another state."""
        return replace(self, state=state, by=by or self.by, problem=problem)

    @property
    def is_open(self) -> bool:
        """True until it is resolved; an open page is not sent again."""
        return self.state is not PageState.RESOLVED


def page_key(target: str, entry: str, team: Team) -> str:
    """The dedup key (at most 255 characters at the provider)."""
    return f"sfint/{target}/{entry}/{team}"
