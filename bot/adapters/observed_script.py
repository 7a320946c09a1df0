"""The script of a run with every moment timed and traced; it fulfils the port that it wraps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog

from bot.domain.approval import Allowed, Decision
from bot.domain.run import RunRequest, StepLine
from bot.ports.engine import Ending, RunScript, Settlement
from bot.ports.telemetry import Span, Telemetry


class ObservedScript:
    """Each moment is a span of the run's own trace, whichever process carries it out."""

    def __init__(self, script: RunScript, telemetry: Telemetry) -> None:
        self._script = script
        self._meter = telemetry.meter
        self._tracer = telemetry.tracer

    @contextlib.contextmanager
    def _moment(self, name: str, run_id: str, **facts: str) -> Iterator[Span]:
        """The log too names the run in every line: a process that took it up has nothing bound yet."""
        bound = structlog.contextvars.bound_contextvars(correlation_id=run_id)
        with bound, self._tracer.span(name, run_id, **facts) as span:
            yield span

    async def announce(self, request: RunRequest) -> None:
        """A span."""
        with self._moment("announce", request.run_id):
            await self._script.announce(request)

    async def settle(self, request: RunRequest, decision: Decision | None) -> Settlement:
        """A span that tells whether the run goes on."""
        with self._moment("settle", request.run_id) as span:
            settlement = await self._script.settle(request, decision)
            span.tell(allowed=str(settlement.allowed.yes))
            return settlement

    async def authorize(self, request: RunRequest, decision: Decision) -> Allowed:
        """A span that tells the answer."""
        with self._moment("authorize", request.run_id) as span:
            allowed = await self._script.authorize(request, decision)
            span.tell(allowed=str(allowed.yes))
            return allowed

    async def perform(
        self,
        request: RunRequest,
        index: int,
        done: Sequence[StepLine],
        started_at: datetime,
        *,
        compensating: bool,
    ) -> StepLine:
        """A span and a time, under the step's released id."""
        calls = request.plan.compensation if compensating else request.plan.steps
        step = calls[index].step
        with self._moment(f"step {step}", request.run_id, compensating=str(compensating)) as span:
            line = await self._script.perform(request, index, done, started_at, compensating=compensating)
            span.tell(state=line.state.value, note=line.note)
        self._meter.step_ended(step, line.state, line.seconds or 0.0)
        return line

    async def conclude(self, request: RunRequest, ending: Ending) -> None:
        """A span, and the time of the changing part."""
        with self._moment("conclude", request.run_id, state=ending.state.value, summary=ending.summary):
            await self._script.conclude(request, ending)
        self._meter.run_ended(request.plan.binding.remediation, ending.state, ending.seconds)

    def watch_times(self, request: RunRequest) -> tuple[int, float]:
        """As they are."""
        return self._script.watch_times(request)

    async def watch(self, request: RunRequest, since: datetime) -> bool:
        """A span that tells whether it relapsed."""
        with self._moment("watch", request.run_id) as span:
            relapsed = await self._script.watch(request, since)
            span.tell(relapsed=str(relapsed))
            return relapsed
