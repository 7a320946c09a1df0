"""The book of runs: requests, the one decision each, states, and when a workload was last changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.approval import Decision
from bot.domain.run import RunRequest, RunState


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as the book knows it."""

    request: RunRequest
    state: RunState
    decision: Decision | None
    ended_at: datetime | None
    summary: str


class RunBook(Protocol):
    """Commits before it returns."""

    async def open(self, request: RunRequest) -> RunRecord:
        """Stores it in WAITING, or returns the record that has this run_id already."""

    async def get(self, run_id: str) -> RunRecord | None:
        """One record."""

    async def decide(self, decision: Decision) -> Decision | None:
        """Stores the decision if the run waits for one; returns the one that stands (first wins, atomically).

        None where the run ended without a decision.
        """

    async def move(self, run_id: str, state: RunState, *, at: datetime, summary: str = "") -> None:
        """Changes the state; a final state is never left, and a run that was decided does not expire."""

    async def active(self, workload: str) -> tuple[RunRecord, ...]:
        """Runs on this workload that are not final."""

    async def unfinished(self) -> tuple[RunRecord, ...]:
        """All runs that are not final, oldest first."""

    async def last_change(self, workload: str) -> datetime | None:
        """When the last run that changed this workload ended; for the cooldown."""
