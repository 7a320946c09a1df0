"""Durable runs: a plan once started is carried to its end, whatever dies in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.approval import Allowed, Decision
from bot.domain.run import RunRequest, RunState, StepLine
from bot.ports.runs import RunRecord


class Engine(Protocol):
    """Started and stopped by the composition root."""

    async def start(self, request: RunRequest) -> None:
        """Starts the run under `request.run_id`; a second start of the same id does nothing."""

    async def decide(self, decision: Decision) -> None:
        """Delivers the decision; delivering it again does nothing."""

    async def is_alive(self, run_id: str) -> bool:
        """True while the run will go on by itself; False when it ended, was given up, or is not known."""

    async def take_up(self, run: RunRecord) -> None:
        """For a run that is not alive though the book calls it unfinished: its request is put again if nothing
        can have been changed; otherwise what its plan took down is brought back, and the run concluded."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the changing part of a run went."""

    state: RunState
    summary: str
    lines: tuple[StepLine, ...]
    started_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of the gate: the decision that stands, if any, and whether the run goes on."""

    allowed: Allowed
    decision: Decision | None


class RunScript(Protocol):
    """What a run does, told to the engine by the use cases; every method may be called again after a crash."""

    async def announce(self, request: RunRequest) -> None:
        """Shows the plan card and pages the entry's first team in the same second."""

    async def settle(self, request: RunRequest, decision: Decision | None) -> Settlement:
        """After the gate: judges the decision (None: nobody answered in time) and edits the plan card."""

    async def authorize(self, request: RunRequest, decision: Decision) -> Allowed:
        """Inside the lock: roles, mode, freeze, cooldown and the plan hash, all again."""

    async def perform(
        self,
        request: RunRequest,
        index: int,
        done: Sequence[StepLine],
        started_at: datetime,
        *,
        compensating: bool,
    ) -> StepLine:
        """Carries out one step and shows it on the progress card; a line with FAILED ends the run."""

    async def conclude(self, request: RunRequest, ending: Ending) -> None:
        """Shows the last state of the cards, resolves the page after success, records the audit."""

    def watch_times(self, request: RunRequest) -> tuple[int, float]:
        """How many looks follow a success, and how many seconds lie between them."""

    async def watch(self, request: RunRequest, since: datetime) -> bool:
        """One look after the repair; True when it relapsed (the thread was told)."""
