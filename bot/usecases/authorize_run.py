"""Whether an approved run may begin to change the world: what the click was allowed is judged again."""

from __future__ import annotations

from datetime import datetime

from bot.domain.actor import Role
from bot.domain.approval import Allowed, Decision, may_ask, may_decide
from bot.domain.errors import SfintError
from bot.domain.remediation import Plan
from bot.domain.run import RunRequest
from bot.domain.target import Target
from bot.usecases.desk import Desk
from bot.usecases.propose import obstacle

_AUTHORIZED_FOR_SECONDS = 120.0
"""How long a judgement is good for: time enough to save the data and to keep the evidence."""


async def authorized(desk: Desk, request: RunRequest, decision: Decision) -> Allowed:
    """Roles, people, place, mode, freeze, cooldown, other runs and the plan hash, all as they are now."""
    target = desk.targets.get(request.plan.binding.target)
    if target is None:
        return Allowed(False, "this target is not configured any more")
    allowed = may_decide(
        decision, request.plan, request.requested_by, request.expires_at, desk.roles, desk.home_team
    )
    if not allowed.yes:
        return allowed
    for who, team, role in (
        (request.requested_by, request.requester_team_id, Role.REQUESTER),
        (decision.by, decision.by_team_id, Role.APPROVER),
    ):
        standing = await _standing(desk, request, target, who, team, role)
        if not standing.yes:
            return standing
    problem = await obstacle(desk, target, request.plan.binding.workload, run_id=request.run_id)
    if problem:
        return Allowed(False, problem)
    return await _unchanged_plan(desk, request, target)


async def objection(desk: Desk, request: RunRequest, started_at: datetime) -> str:
    """While nothing is changed yet a freeze still counts; and what was authorized long ago is judged anew.

    A run that is resumed after hours must not act on what the bot had seen before it died.
    """
    binding = request.plan.binding
    if (desk.clock.now() - started_at).total_seconds() <= _AUTHORIZED_FOR_SECONDS:
        return await obstacle(desk, desk.targets[binding.target], binding.workload, run_id=request.run_id)
    run = await desk.runs.get(request.run_id)
    if run is None or run.decision is None:
        return "the approval is not in the books any more"
    allowed = await authorized(desk, request, run.decision)
    return "" if allowed.yes else allowed.reason


async def _standing(desk: Desk, request: RunRequest, target: Target, who: str, team: str, role: Role) -> Allowed:
    """Whoever left the company, became a guest or shared the channel since the click may not any more."""
    try:
        actor, place = await desk.directory.actor(who, team), await desk.directory.place(request.channel)
    except SfintError as error:
        return Allowed(False, f"could not look up <@{who}> again before acting: {error}")
    allowed = may_ask(actor, place, target, role, desk.roles, desk.home_team)
    return allowed if allowed.yes else Allowed(False, f"of the {role} <@{who}>: {allowed.reason}")


async def _unchanged_plan(desk: Desk, request: RunRequest, target: Target) -> Allowed:
    wanted = request.plan.binding
    try:
        found = await desk.remediations[wanted.remediation].plan(target, desk.estates[target.name])
    except SfintError as error:
        return Allowed(False, f"could not look again before acting: {error}")
    if not isinstance(found, Plan):
        return Allowed(False, f"the world changed since the approval: {found.reason}")
    if found.hash != request.plan.hash:
        return Allowed(False, "the world changed since the approval: the plan would be another one now")
    return Allowed(True, "approved, and unchanged since")
