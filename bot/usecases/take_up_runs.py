"""Looks after runs that nobody carries any more: the engine's book was lost, or it gave one up."""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.domain.run import RunState
from bot.ports.engine import Engine
from bot.ports.runs import RunRecord
from bot.usecases.desk import Desk
from bot.usecases.record import record

_log = structlog.get_logger(__name__)
_PAUSE_SECONDS = 30.0


async def watch_over_runs(desk: Desk, engine: Engine) -> None:
    """Runs until cancelled; the first look is at once, so that a start finds what the last life left behind."""
    while True:
        await take_up_runs(desk, engine)
        await desk.clock.sleep(_PAUSE_SECONDS)


async def take_up_runs(desk: Desk, engine: Engine) -> None:
    """Every run that the book calls unfinished and the engine does not carry is taken up."""
    for run in await desk.runs.unfinished():
        run_id = run.request.run_id
        if await engine.is_alive(run_id):
            continue
        now = await desk.runs.get(run_id)  # it may have ended between the two looks
        if now is None or now.state.is_final or _is_being_put(desk, now):
            continue
        _log.warning("a run is taken up", run_id=run_id, state=now.state.value)
        await record(
            desk,
            "run.taken-up",
            actor="sfint",
            target=now.request.plan.binding.target,
            correlation_id=run_id,
            state=now.state.value,
        )
        await engine.take_up(now)


def _is_being_put(desk: Desk, run: RunRecord) -> bool:
    """A request is stored a moment before its run is started, and again after a crash between the two."""
    age = desk.clock.now() - run.request.requested_at
    return run.state is RunState.WAITING and age < timedelta(seconds=_PAUSE_SECONDS)
