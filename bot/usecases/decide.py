"""A click on a plan card: judged, recorded as the one decision, and delivered to the run."""

from __future__ import annotations

from datetime import datetime

from bot.domain.actor import Role
from bot.domain.approval import Allowed, Choice, Decision, may_ask, may_decide
from bot.domain.notice import Notice
from bot.domain.run import RunState
from bot.ports.engine import Engine
from bot.ports.runs import RunRecord
from bot.usecases.ask import Ask, refuse, whisper
from bot.usecases.desk import Desk
from bot.usecases.record import record

BREAK_GLASS = "Break-glass is not built yet: a second person has to approve."


async def decide(
    desk: Desk,
    engine: Engine,
    ask: Ask,
    *,
    run_id: str,
    choice: Choice,
    plan_hash: str,
    clicked_at: datetime,
    reason: str = "",
) -> None:
    """Exactly one decision a run stands, whoever clicks how often; every refusal says why and is recorded."""
    run = await desk.runs.get(run_id)
    if run is None:
        await refuse(desk, ask, "approval", "there is no such request (any more)")
        return
    decision = Decision(run_id, choice, plan_hash, ask.actor.user_id, ask.actor.team_id, clicked_at, reason)
    allowed = _judge(desk, ask, run, decision)
    if not allowed.yes:
        hint = BREAK_GLASS if decision.by == run.request.requested_by else ""
        await refuse(desk, ask, "approval", allowed.reason, target=run.request.plan.binding.target, hint=hint)
        return
    standing = await desk.runs.decide(decision)
    if standing is None:
        reason_now = "this request ended in the same moment; ask again for a fresh plan"
        await refuse(desk, ask, "approval", reason_now, target=run.request.plan.binding.target)
        return
    if not _is_same(standing, decision):
        await _too_late(desk, ask, run, standing)
        return
    await record(
        desk,
        "approval.denied" if choice is Choice.DENY else "approval.approved",
        actor=ask.actor.user_id,
        target=run.request.plan.binding.target,
        correlation_id=run_id,
        plan_hash=plan_hash,
        choice=choice.value,
        reason=reason,
    )
    await engine.decide(standing)


def _is_same(standing: Decision, decision: Decision) -> bool:
    """Whether this click is the one that stands; the reason may differ, as the book keeps it redacted."""
    return (standing.by, standing.choice, standing.clicked_at) == (
        decision.by,
        decision.choice,
        decision.clicked_at,
    )


def _judge(desk: Desk, ask: Ask, run: RunRecord, decision: Decision) -> Allowed:
    target = desk.targets.get(run.request.plan.binding.target)
    if target is None:
        return Allowed(False, "this target is not configured any more")
    if ask.place.channel_id != run.request.channel:
        return Allowed(False, "this card belongs to another channel")
    role = Role.REQUESTER if decision.by == run.request.requested_by else Role.APPROVER
    here = may_ask(ask.actor, ask.place, target, role, desk.roles, desk.home_team)
    if not here.yes:
        return here
    if run.state in (RunState.EXPIRED, RunState.STOPPED):
        return Allowed(False, f"this request is {run.state}; ask again for a fresh plan")
    return may_decide(
        decision, run.request.plan, run.request.requested_by, run.request.expires_at, desk.roles, desk.home_team
    )


async def _too_late(desk: Desk, ask: Ask, run: RunRecord, standing: Decision) -> None:
    """A decision stands already; a second click of the same person is answered kindly."""
    words = "denied" if standing.choice is Choice.DENY else "approved"
    await record(
        desk,
        "approval.refused",
        actor=ask.actor.user_id,
        target=run.request.plan.binding.target,
        correlation_id=ask.key,
        reason=f"already {words} by {standing.by}",
    )
    await whisper(desk, ask, Notice("Already decided", (f"<@{standing.by}> {words} this before you.",)))
