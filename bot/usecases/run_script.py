"""What a run does at each of its moments: cards, page, judgement, steps, conclusion and watch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.domain.actor import Role
from bot.domain.approval import Allowed, Choice, Decision, may_ask, may_decide
from bot.domain.errors import SfintError
from bot.domain.finding import Outcome
from bot.domain.notice import Notice, Tone
from bot.domain.remediation import Plan
from bot.domain.run import Progress, RunRequest, RunState, StepLine
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.ports.engine import Ending, Settlement
from bot.usecases.desk import Desk
from bot.usecases.page_team import page_for_entry, resolve_pages
from bot.usecases.perform_step import perform_step
from bot.usecases.propose import obstacle
from bot.usecases.record import record
from bot.usecases.run_checks import run_checks
from bot.usecases.show_plan_card import others_who_approve, plan_key, show_plan_card

_log = structlog.get_logger(__name__)
_AUTHORIZED_FOR_SECONDS = 120.0
"""How long a judgement is good for: time enough to save the data and to keep the evidence."""


class RepairScript:
    """Fulfils ports.engine.RunScript; every method may be called again after a crash."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def announce(self, request: RunRequest) -> None:
        """Page and plan card in the same second."""
        desk, plan = self._desk, request.plan
        target, entry = self._target(request), desk.runbook.get(plan.entry)
        if entry is not None:
            summary = f"{plan.title}: {plan.why[0] if plan.why else plan.binding.verdict}"
            where = Where(request.channel, thread=plan_key(request.run_id))
            await page_for_entry(desk, target, entry, summary=summary, where=where, correlation_id=request.run_id)
        await show_plan_card(desk, request, RunState.WAITING)
        await record(
            desk,
            "run.requested",
            actor=request.requested_by,
            target=target.name,
            correlation_id=request.run_id,
            plan_hash=plan.hash,
            remediation=plan.binding.remediation,
            verdict=plan.binding.verdict,
        )

    async def settle(self, request: RunRequest, decision: Decision | None) -> Settlement:
        """The book has the last word: a click in time stands even where its delivery came too late."""
        desk = self._desk
        if decision is None:
            stored = await desk.runs.get(request.run_id)
            decision = stored.decision if stored is not None else None
        if decision is None:
            await self._end_unchanged(request, RunState.EXPIRED, None, "nobody decided in time")
            await self._call_approvers(request)
            return Settlement(Allowed(False, RunState.EXPIRED), None)
        allowed = may_decide(
            decision, request.plan, request.requested_by, request.expires_at, desk.roles, desk.home_team
        )
        if decision.choice is Choice.DENY and allowed.yes:
            await self._end_unchanged(request, RunState.DENIED, decision, decision.reason)
            return Settlement(Allowed(False, RunState.DENIED), decision)
        if not allowed.yes:
            await self._end_unchanged(request, RunState.STOPPED, decision, allowed.reason)
            return Settlement(Allowed(False, RunState.STOPPED), decision)
        await desk.runs.move(request.run_id, RunState.QUEUED, at=desk.clock.now())
        await show_plan_card(desk, request, RunState.QUEUED, decision)
        return Settlement(allowed, decision)

    async def authorize(self, request: RunRequest, decision: Decision) -> Allowed:
        """Roles, mode, freeze, cooldown, other runs and the plan hash, all again, inside the lock."""
        allowed = await self._authorized(request, decision)
        desk = self._desk
        await record(
            desk,
            "run.authorized" if allowed.yes else "run.refused",
            actor=decision.by,
            target=request.plan.binding.target,
            correlation_id=request.run_id,
            reason=allowed.reason,
        )
        if allowed.yes:
            await desk.runs.move(request.run_id, RunState.RUNNING, at=desk.clock.now())
            await show_plan_card(desk, request, RunState.RUNNING, decision)
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
        """One step, on the progress card before and after."""

        async def objection() -> str:
            begun = compensating or request.plan.may_have_changed(index)
            return "" if begun else await self._objection(request, started_at)

        return await perform_step(
            self._desk,
            self._target(request),
            request,
            index,
            tuple(done),
            started_at,
            compensating=compensating,
            objection=objection,
        )

    async def conclude(self, request: RunRequest, ending: Ending) -> None:
        """The last state of both cards, the end of the page after a success, and the audit."""
        desk = self._desk
        await desk.runs.move(request.run_id, ending.state, at=desk.clock.now(), summary=ending.summary)
        stored = await desk.runs.get(request.run_id)
        decision = stored.decision if stored is not None else None
        await self._show_end(request, ending)
        entry = desk.runbook.get(request.plan.entry)
        if ending.state is RunState.SUCCEEDED and entry is not None:
            await resolve_pages(
                desk,
                request.plan.binding.target,
                entry,
                reason=f"{request.plan.title}: {ending.summary}",
                correlation_id=request.run_id,
            )
        await show_plan_card(desk, request, ending.state, decision, ending.summary)
        await record(
            desk,
            f"run.{ending.state.value}",
            actor="sfint",
            target=request.plan.binding.target,
            correlation_id=request.run_id,
            summary=ending.summary,
        )

    def watch_times(self, request: RunRequest) -> tuple[int, float]:
        """From the target's `watch_seconds` and `watch_interval_seconds`."""
        timings = self._target(request).timings
        interval = max(timings.watch_interval_seconds, 0.1)
        return int(timings.watch_seconds // interval), interval

    async def watch(self, request: RunRequest, since: datetime) -> bool:
        """Asks the checks of the plan's entry again; a failing one reopens the thread and pages anew."""
        del since
        desk, target = self._desk, self._target(request)
        entry = desk.runbook.get(request.plan.entry)
        if entry is None:
            return False
        checks = [check for check in desk.checks if set(check.codes) & set(entry.findings)]
        findings = await run_checks(checks, target, desk.estates[target.name])
        bad = [
            each
            for each in findings
            if each.outcome is Outcome.FAILING and desk.runbook.explain(each.code) == entry
        ]
        if not bad:
            return False
        where = Where(request.channel, thread=plan_key(request.run_id))
        lines = (*(f"{finding.code}: {finding.summary}" for finding in bad), "The repair did not hold.")
        await desk.chat.show(
            f"relapse:{request.run_id}", where, Notice("Relapsed", lines, "/sfint status", Tone.BAD)
        )
        await page_for_entry(
            desk, target, entry, summary=bad[0].summary, where=where, correlation_id=request.run_id
        )
        await record(
            desk,
            "run.relapsed",
            actor="sfint",
            target=target.name,
            correlation_id=request.run_id,
            codes=" ".join(finding.code for finding in bad),
        )
        return True

    def _target(self, request: RunRequest) -> Target:
        return self._desk.targets[request.plan.binding.target]

    async def _authorized(self, request: RunRequest, decision: Decision) -> Allowed:
        desk, target = self._desk, self._desk.targets.get(request.plan.binding.target)
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
            standing = await self._standing(request, target, who, team, role)
            if not standing.yes:
                return standing
        problem = await obstacle(desk, target, request.plan.binding.workload, run_id=request.run_id)
        if problem:
            return Allowed(False, problem)
        return await self._unchanged_plan(request, target)

    async def _objection(self, request: RunRequest, started_at: datetime) -> str:
        """While nothing is changed yet a freeze still counts; and what was authorized long ago is judged anew.

        A run that is resumed after hours must not act on what the bot had seen before it died.
        """
        desk, binding = self._desk, request.plan.binding
        if (desk.clock.now() - started_at).total_seconds() <= _AUTHORIZED_FOR_SECONDS:
            return await obstacle(desk, self._target(request), binding.workload, run_id=request.run_id)
        run = await desk.runs.get(request.run_id)
        if run is None or run.decision is None:
            return "the approval is not in the books any more"
        allowed = await self._authorized(request, run.decision)
        return "" if allowed.yes else allowed.reason

    async def _standing(self, request: RunRequest, target: Target, who: str, team: str, role: Role) -> Allowed:
        """Whoever left the company, became a guest or shared the channel since the click may not any more."""
        desk = self._desk
        try:
            actor, place = await desk.directory.actor(who, team), await desk.directory.place(request.channel)
        except SfintError as error:
            return Allowed(False, f"could not look up <@{who}> again before acting: {error}")
        allowed = may_ask(actor, place, target, role, desk.roles, desk.home_team)
        return allowed if allowed.yes else Allowed(False, f"of the {role} <@{who}>: {allowed.reason}")

    async def _unchanged_plan(self, request: RunRequest, target: Target) -> Allowed:
        desk, wanted = self._desk, request.plan.binding
        try:
            found = await desk.remediations[wanted.remediation].plan(target, desk.estates[target.name])
        except SfintError as error:
            return Allowed(False, f"could not look again before acting: {error}")
        if not isinstance(found, Plan):
            return Allowed(False, f"the world changed since the approval: {found.reason}")
        if found.hash != request.plan.hash:
            return Allowed(False, "the world changed since the approval: the plan would be another one now")
        return Allowed(True, "approved, and unchanged since")

    async def _call_approvers(self, request: RunRequest) -> None:
        """Nobody answered: they are mentioned by name, which is how Slack pages a person."""
        named = " ".join(f"<@{user}>" for user in others_who_approve(self._desk, request.requested_by))
        lines = (f"{named or 'No approver is configured'}: nobody decided in time, and nothing was changed.",)
        again = f"/sfint {request.plan.binding.remediation}"
        where = Where(request.channel, thread=plan_key(request.run_id))
        notice = Notice("The request has expired", lines, again, Tone.WARNING)
        await self._desk.chat.show(f"expired:{request.run_id}", where, notice)

    async def _end_unchanged(
        self, request: RunRequest, state: RunState, decision: Decision | None, reason: str
    ) -> None:
        desk = self._desk
        await desk.runs.move(request.run_id, state, at=desk.clock.now(), summary=reason)
        await show_plan_card(desk, request, state, decision, reason)
        await record(
            desk,
            f"run.{state.value}",
            actor=decision.by if decision is not None else "sfint",
            target=request.plan.binding.target,
            correlation_id=request.run_id,
            reason=reason,
        )

    async def _show_end(self, request: RunRequest, ending: Ending) -> None:
        progress = Progress(
            request.run_id,
            request.plan.title,
            request.plan.binding.target,
            ending.state,
            ending.lines,
            ending.started_at,
            ending.seconds,
            ending.summary,
        )
        where = Where(request.channel, thread=plan_key(request.run_id))
        await self._desk.chat.show(progress_key(request.run_id), where, progress)


def progress_key(run_id: str) -> str:
    """Outbox key of the run's progress card."""
    return f"progress:{run_id}"
