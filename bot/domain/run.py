"""A run: one remediation from the plan card to the last report, with the states a card can show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.page import Page
from bot.domain.remediation import Plan


class RunState(StrEnum):
    """WAITING for an approval; QUEUED behind the lock; RUNNING; the rest are final."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RESTORED = "restored"
    """A step failed after the world was changed; the replicas are back, a person must look."""
    DENIED = "denied"
    EXPIRED = "expired"
    STOPPED = "stopped"
    """A precondition no longer held at execution; nothing was changed."""

    @property
    def is_final(self) -> bool:
        """True when nothing more will happen by itself."""
        return self not in (RunState.WAITING, RunState.QUEUED, RunState.RUNNING)


class StepState(StrEnum):
    """One line of the progress card."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    ALREADY = "already done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as the progress card shows it; `seconds` is None until it ended."""

    title: str
    state: StepState
    note: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What starts a run. `run_id` is the key of the inbox row, so that a retry starts nothing twice."""

    run_id: str
    plan: Plan
    requested_by: str
    requester_team_id: str
    channel: str
    requested_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PlanCard:
    """The card that asks for an approval, and later tells what became of it."""

    request: RunRequest
    state: RunState
    decided_by: str = ""
    reason: str = ""
    page: Page | None = None
    """Who was called about this, as it stands; None where nobody was."""
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """The one card that follows a run."""

    run_id: str
    title: str
    target: str
    state: RunState
    lines: tuple[StepLine, ...]
    started_at: datetime
    seconds: float
    summary: str = ""


@dataclass(frozen=True, slots=True)
class DryRun:
    """A plan that is only shown; `words` say why it is not offered for approval."""

    plan: Plan
    words: str
