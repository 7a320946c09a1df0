"""What is counted, timed and traced of the bot's own work; labels are our words, never a person's or a peer's."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.domain.finding import Finding
from bot.domain.page import PageState
from bot.domain.run import RunState, StepState
from bot.domain.runbook import Team

UNKNOWN = "unknown"
"""The name of a request that is no word of ours."""


class Answered(StrEnum):
    """How a request ended for the one who made it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    USAGE_ERROR = "usage_error"
    FAILED = "failed"
    """Something in the bot broke, and the asker was told so."""


class Ruling(StrEnum):
    """What became of a request for approval; REFUSED counts clicks that were not allowed to decide."""

    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    REFUSED = "refused"


class Meter(Protocol):
    """Counts and times. Nothing here raises or blocks: what is observed goes on, whatever comes of it."""

    def request_ended(self, kind: str, name: str, how: Answered, seconds: float) -> None:
        """A command, click or form, `seconds` after it was received."""

    def check_ended(self, target: str, finding: Finding) -> None:
        """One check; the finding carries its time and its code."""

    def step_ended(self, step: str, state: StepState, seconds: float) -> None:
        """One step of a run, restoring ones included."""

    def run_moved(self, remediation: str, state: RunState) -> None:
        """A run came to a new state."""

    def run_ended(self, remediation: str, state: RunState, seconds: float) -> None:
        """The changing part of a run is over."""

    def ruled(self, ruling: Ruling) -> None:
        """A request for approval was decided, ran out, or a click on it was refused."""

    def page_moved(self, team: Team, state: PageState, seconds: float) -> None:
        """A page came to a new state, `seconds` after it was opened."""

    def audited(self, action: str) -> None:
        """A line was added to the audit log."""

    def duplicate_arrived(self) -> None:
        """Something was delivered that had been recorded already."""

    def slack_failed(self, code: str) -> None:
        """Slack's error code, its HTTP status as text, or `unreachable`."""


class Span(Protocol):
    """A stretch of work under way."""

    def tell(self, **facts: str) -> None:
        """Adds facts that were not known at its beginning."""


class Tracer(Protocol):
    """Draws what caused what. A correlation id names one trace, for as long as its work goes on.

    An exception that leaves a span is told in redacted words and goes on.
    """

    def begin(self, name: str, correlation_id: str, **facts: str) -> AbstractContextManager[Span]:
        """The first span of the trace."""

    def span(self, name: str, correlation_id: str = "", **facts: str) -> AbstractContextManager[Span]:
        """A span under the one under way here; without one, under the first span of that correlation id."""


class SilentMeter:
    """Fulfils Meter where nobody reads it: on a terminal, and in tests of something else."""

    def request_ended(self, kind: str, name: str, how: Answered, seconds: float) -> None:
        """Nothing."""

    def check_ended(self, target: str, finding: Finding) -> None:
        """Nothing."""

    def step_ended(self, step: str, state: StepState, seconds: float) -> None:
        """Nothing."""

    def run_moved(self, remediation: str, state: RunState) -> None:
        """Nothing."""

    def run_ended(self, remediation: str, state: RunState, seconds: float) -> None:
        """Nothing."""

    def ruled(self, ruling: Ruling) -> None:
        """Nothing."""

    def page_moved(self, team: Team, state: PageState, seconds: float) -> None:
        """Nothing."""

    def audited(self, action: str) -> None:
        """Nothing."""

    def duplicate_arrived(self) -> None:
        """Nothing."""

    def slack_failed(self, code: str) -> None:
        """Nothing."""


class SilentSpan:
    """Fulfils Span and forgets."""

    def tell(self, **facts: str) -> None:
        """Nothing."""


class SilentTracer:
    """Fulfils Tracer where no tracing is configured."""

    def begin(self, name: str, correlation_id: str, **facts: str) -> AbstractContextManager[Span]:
        """Nothing."""
        del name, correlation_id, facts
        return contextlib.nullcontext(SilentSpan())

    def span(self, name: str, correlation_id: str = "", **facts: str) -> AbstractContextManager[Span]:
        """Nothing."""
        del name, correlation_id, facts
        return contextlib.nullcontext(SilentSpan())


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Both together, silent by default."""

    meter: Meter = field(default_factory=SilentMeter)
    tracer: Tracer = field(default_factory=SilentTracer)
