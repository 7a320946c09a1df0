"""Plans a remediation and, where it may, starts the run that asks for its approval."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.actor import EVERYBODY, Role
from bot.domain.errors import SfintError
from bot.domain.notice import Notice, Tone
from bot.domain.remediation import NoPlan, Plan
from bot.domain.run import DryRun, RunRequest, RunState
from bot.domain.target import Mode, Target
from bot.ports.chat import Where
from bot.ports.engine import Engine
from bot.ports.runs import RunRecord
from bot.usecases.ask import Ask, refuse, whisper
from bot.usecases.desk import Desk
from bot.usecases.page_team import page_for_entry
from bot.usecases.record import record


async def propose(desk: Desk, engine: Engine, ask: Ask, target: Target, name: str, *, dry_run: bool) -> None:
    """Diagnoses, then posts why there is no plan, a dry run, or starts the run under the inbox key."""
    begun = await desk.runs.get(ask.key)
    if begun is not None:  # the bot died between storing and starting
        await _begin(desk, engine, ask, begun)
        return
    acts = target.mode is Mode.ACT and not dry_run
    try:
        found = await desk.remediations[name].plan(target, desk.estates[target.name])
        workload = found.binding.workload if isinstance(found, Plan) else ""
        problem = await obstacle(desk, target, workload) if acts else ""
        if problem:
            await refuse(desk, ask, name, problem, target=target.name)
            return
        if isinstance(found, Plan):
            found = await _confirmed(desk, ask, target, found, pages=acts)
    except SfintError as error:
        await _could_not_diagnose(desk, ask, target, name, error)
        return
    if isinstance(found, NoPlan):
        await _show_no_plan(desk, ask, target, found, pages=acts)
    elif dry_run or target.mode is Mode.OBSERVE:
        await _show_dry_run(desk, ask, target, found, dry_run=dry_run)
    else:
        await _start(desk, engine, ask, target, found)


async def obstacle(desk: Desk, target: Target, workload: str = "", *, run_id: str = "") -> str:
    """Why nothing may be changed now: observe mode, a freeze, another run, a cooldown; empty if it may."""
    if target.mode is Mode.OBSERVE:
        return (
            f"target `{target.name}` is in mode `observe`: nothing is changed until an operator sets `mode: act`"
        )
    frozen = await desk.freezer.state()
    if frozen.is_frozen:
        why = f" ({frozen.reason})" if frozen.reason else ""
        return f"all repairs are frozen by <@{frozen.by}>{why}; an operator thaws with /sfint thaw"
    others = [run for run in await desk.runs.active(workload) if run.request.run_id != run_id] if workload else []
    if others:
        return _taken(others[0])
    last = await desk.runs.last_change(workload) if workload else None
    if last is not None:
        left = timedelta(seconds=target.timings.cooldown_seconds) - (desk.clock.now() - last)
        if left > timedelta():
            return f"{workload} was changed a moment ago: wait {int(left.total_seconds()) + 1} s more (cooldown)"
    return ""


def _taken(other: RunRecord) -> str:
    workload, asker = other.request.plan.binding.workload, other.request.requested_by
    return f"a run on {workload} is {other.state} already, asked for by <@{asker}>"


async def _confirmed(desk: Desk, ask: Ask, target: Target, first: Plan, *, pages: bool) -> Plan | NoPlan:
    """Two equal plans, a remediation's own pause apart; a page goes out before the pause, except for a dry run."""
    name = first.binding.remediation
    remediation, estate = desk.remediations[name], desk.estates[target.name]
    pause = remediation.confirm_after(target, first)
    if pause <= 0:
        return first
    await _announce_second_look(desk, ask, first, pause)
    if pages:
        thread = f"look:{ask.key}"
        await _page(desk, ask, target, first.entry, summary=_first_line(first), thread=thread)
    await desk.clock.sleep(pause)
    second = await remediation.plan(target, estate)
    if isinstance(second, Plan) and second.hash != first.hash:
        reason = f"two readings {pause:g} s apart differ ({first.binding.verdict}, {second.binding.verdict})"
        return NoPlan(
            name, target.name, "unsteady", reason, ("Something is still moving: ask again.",), second.facts
        )
    return second


async def _announce_second_look(desk: Desk, ask: Ask, plan: Plan, pause: float) -> None:
    notice = Notice(
        f"{plan.binding.verdict}: looking again in {pause:g} s",
        (*plan.why, "A plan follows only if both readings agree."),
    )
    await desk.chat.show(f"look:{ask.key}", Where(ask.place.channel_id), notice)


async def _page(desk: Desk, ask: Ask, target: Target, entry_id: str, *, summary: str, thread: str) -> None:
    entry = desk.runbook.get(entry_id)
    if entry is not None:
        where = Where(ask.place.channel_id, thread=thread)
        await page_for_entry(desk, target, entry, summary=summary, where=where, correlation_id=ask.key)


async def _could_not_diagnose(desk: Desk, ask: Ask, target: Target, name: str, error: SfintError) -> None:
    await record(
        desk,
        f"{name}.undiagnosed",
        actor=ask.actor.user_id,
        target=target.name,
        correlation_id=ask.key,
        problem=str(error),
    )
    lines = (f"Could not ask: {error}", "Nothing was started.")
    notice = Notice(f"{name}: no diagnosis", lines, "/sfint status", Tone.BAD)
    await desk.chat.show(f"noplan:{ask.key}", Where(ask.place.channel_id), notice)


async def _show_no_plan(desk: Desk, ask: Ask, target: Target, found: NoPlan, *, pages: bool) -> None:
    await record(
        desk,
        f"{found.remediation}.not-offered",
        actor=ask.actor.user_id,
        target=found.target,
        correlation_id=ask.key,
        verdict=found.verdict,
        reason=found.reason,
    )
    await desk.chat.show(f"noplan:{ask.key}", Where(ask.place.channel_id), found)
    if pages and found.needs_somebody:
        summary = f"{found.verdict}: {found.reason}"
        await _page(desk, ask, target, found.entry, summary=summary, thread=f"noplan:{ask.key}")


async def _show_dry_run(desk: Desk, ask: Ask, target: Target, plan: Plan, *, dry_run: bool) -> None:
    words = "dry run: nothing is started" if dry_run else await obstacle(desk, target)
    await record(
        desk,
        f"{plan.binding.remediation}.dry-run",
        actor=ask.actor.user_id,
        target=target.name,
        correlation_id=ask.key,
        plan_hash=plan.hash,
    )
    await desk.chat.show(f"dryrun:{ask.key}", Where(ask.place.channel_id), DryRun(plan, words))


async def _start(desk: Desk, engine: Engine, ask: Ask, target: Target, plan: Plan) -> None:
    problem = await obstacle(desk, target, plan.binding.workload, run_id=ask.key)
    if problem:
        await refuse(desk, ask, plan.binding.remediation, problem, target=target.name)
        return
    now = desk.clock.now()
    request = RunRequest(
        run_id=ask.key,
        plan=plan,
        requested_by=ask.actor.user_id,
        requester_team_id=ask.actor.team_id,
        channel=ask.place.channel_id,
        requested_at=now,
        expires_at=now + timedelta(seconds=target.timings.approval_seconds),
    )
    await _begin(desk, engine, ask, await desk.runs.open(request))


async def _begin(desk: Desk, engine: Engine, ask: Ask, run: RunRecord) -> None:
    """Of several requests that were stored at the same moment the oldest is started, the others are refused."""
    binding = run.request.plan.binding
    active = await desk.runs.active(binding.workload)
    if active and active[0].request.run_id != ask.key:
        problem = _taken(active[0])
        await desk.runs.move(ask.key, RunState.STOPPED, at=desk.clock.now(), summary=problem)
        await refuse(desk, ask, binding.remediation, problem, target=binding.target)
        return
    await engine.start(run.request)
    approvers = [user for user in desk.roles.named(Role.APPROVER) if user != ask.actor.user_id]
    if not approvers and not desk.roles.holds(EVERYBODY, Role.APPROVER):
        await whisper(desk, ask, _nobody_approves(run.request.plan.entry))


def _nobody_approves(entry: str) -> Notice:
    lines = (
        "Nobody but you is configured as approver, so nobody can approve this.",
        "Break-glass is not built yet; the commands of the runbook page can be run by hand.",
    )
    return Notice("No approver", lines, f"/sfint runbook {entry}", Tone.WARNING)


def _first_line(plan: Plan) -> str:
    return plan.why[0] if plan.why else plan.title
