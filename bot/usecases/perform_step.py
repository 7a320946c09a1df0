"""Carries out one step of a plan: already done, done now, or failed with the reason; shown while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from bot.domain.errors import Conflict, NothingToRestore, RateLimited, RunStopped, SfintError, Unreachable
from bot.domain.remediation import StepCall
from bot.domain.run import Progress, RunRequest, RunState, StepLine, StepState
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.ports.clock import Clock
from bot.ports.step import Step, StepContext
from bot.usecases.desk import Desk
from bot.usecases.show_plan_card import plan_key

_log = structlog.get_logger(__name__)
_RETRY_PAUSE_SECONDS = 1.0
Objection = Callable[[], Awaitable[str]]
"""Why a step that is not done yet must not be begun now; empty if it may."""


async def perform_step(
    desk: Desk,
    target: Target,
    request: RunRequest,
    index: int,
    done: tuple[StepLine, ...],
    started_at: datetime,
    *,
    compensating: bool,
    objection: Objection,
) -> StepLine:
    """Never raises an SfintError: a failed step is a line that says why."""
    calls = request.plan.compensation if compensating else request.plan.steps
    call, began = calls[index], desk.clock.monotonic()
    show = _Card(desk, request, done, started_at, calls[index + 1 :])
    await show.line(StepLine(call.title, StepState.RUNNING))
    step = desk.steps[call.step]
    context = _context(desk, target, request, call)
    try:
        state, note = await _with_patience(step, context, desk.clock, target.timings.outage_seconds, objection)
    except NothingToRestore as nothing:
        state, note = StepState.SKIPPED, str(nothing)
    except SfintError as error:
        state, note = StepState.FAILED, str(error)
    line = StepLine(call.title, state, note, desk.clock.monotonic() - began)
    _log.info("step ended", step=call.step, state=state.value, note=note, run_id=request.run_id)
    await show.line(line)
    return line


async def _with_patience(
    step: Step, context: StepContext, clock: Clock, outage_seconds: float, objection: Objection
) -> tuple[StepState, str]:
    """A system that cannot be reached is asked again for a while; what is wrong in itself is not."""
    end = clock.monotonic() + outage_seconds
    while True:
        try:
            if await step.is_done(context):
                return StepState.ALREADY, ""
            if words := await objection():
                raise RunStopped(words)
            return StepState.DONE, await step.run(context)
        except (Unreachable, RateLimited, Conflict) as error:
            if clock.monotonic() >= end:
                raise
            _log.warning("step tries again", step=step.id, problem=str(error))
        await clock.sleep(_RETRY_PAUSE_SECONDS)


def _context(desk: Desk, target: Target, request: RunRequest, call: StepCall) -> StepContext:
    where = Where(request.channel, thread=plan_key(request.run_id))

    async def attach(filename: str, title: str, text: str) -> None:
        await desk.chat.attach(f"file:{request.run_id}:{filename}", where, filename, title, text)

    return StepContext(request.run_id, request.plan, call, target, desk.estates[target.name], attach)


class _Card:
    """The progress card around one step: what is done, this one, and what is still to come."""

    def __init__(
        self,
        desk: Desk,
        request: RunRequest,
        done: tuple[StepLine, ...],
        started_at: datetime,
        later: tuple[StepCall, ...],
    ) -> None:
        self._desk = desk
        self._request = request
        self._done = done
        self._started_at = started_at
        self._later = tuple(StepLine(call.title, StepState.PENDING) for call in later)

    async def line(self, line: StepLine) -> None:
        """Shows it if that is possible: a card that cannot be written must not stop a repair."""
        try:
            await self._show(line)
        except Exception:  # noqa: BLE001  whatever the books say, the replicas come first
            _log.exception("the progress card could not be shown", run_id=self._request.run_id)

    async def _show(self, line: StepLine) -> None:
        request, plan = self._request, self._request.plan
        progress = Progress(
            request.run_id,
            plan.title,
            plan.binding.target,
            RunState.RUNNING,
            (*self._done, line, *self._later),
            self._started_at,
            (self._desk.clock.now() - self._started_at).total_seconds(),
        )
        where = Where(request.channel, thread=plan_key(request.run_id))
        await self._desk.chat.show(f"progress:{request.run_id}", where, progress)
