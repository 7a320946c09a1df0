"""What a run does at each of its moments: cards, page, judgement, steps, conclusion and watch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.approval import Allowed, Choice, Decision, may_decide
from bot.domain.errors import NotFound
from bot.domain.notice import Notice, Tone
from bot.domain.run import Progress, RunRequest, RunState, StepLine
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.ports.engine import Ending, Settlement
from bot.usecases.authorize_run import authorized, objection
from bot.usecases.desk import Desk
from bot.usecases.page_team import page_for_entry, resolve_pages
from bot.usecases.perform_step import perform_step
from bot.usecases.record import record
from bot.usecases.show_plan_card import others_who_approve, plan_key, show_plan_card
from bot.usecases.watch_repair import watch_repair

_NOBODY = "nobody decided in time"


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
            await desk.runs.move(request.run_id, RunState.EXPIRED, at=desk.clock.now(), summary=_NOBODY)
            stored = await desk.runs.get(request.run_id)
            decision = stored.decision if stored is not None else None
        if decision is None:
            await self._end_unchanged(request, RunState.EXPIRED, None, _NOBODY)
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
        allowed = await authorized(self._desk, request, decision)
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

        async def object_to_begin() -> str:
            begun = compensating or request.plan.may_have_changed(index)
            return "" if begun else await objection(self._desk, request, started_at)

        return await perform_step(
            self._desk,
            self._target(request),
            request,
            index,
            tuple(done),
            started_at,
            compensating=compensating,
            objection=object_to_begin,
        )

    async def conclude(self, request: RunRequest, ending: Ending) -> None:
        """The last state of both cards, the end of the page after a success or a call for help, and the audit."""
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
        elif ending.state in (RunState.FAILED, RunState.RESTORED):
            await self._call_for_help(request, ending, decision)
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
        return await watch_repair(self._desk, request)

    def _target(self, request: RunRequest) -> Target:
        name = request.plan.binding.target
        if name not in self._desk.targets:
            raise NotFound(
                f"targets.{name} is not configured any more; put it back, so that its run can be brought to an end"
            )
        return self._desk.targets[name]

    async def _call_for_help(self, request: RunRequest, ending: Ending, decision: Decision | None) -> None:
        """The page may have been resolved meanwhile, and an edited card notifies nobody: a new message does."""
        desk, plan = self._desk, request.plan
        where = Where(request.channel, thread=plan_key(request.run_id))
        people = [request.requested_by, *([decision.by] if decision is not None else [])]
        named = " ".join(f"<@{user}>" for user in dict.fromkeys(people))
        lines = (f"{named}: a person must look now.", ending.summary)
        notice = Notice(f"{plan.title}: failed", lines, "/sfint status", Tone.BAD)
        await desk.chat.show(f"help:{request.run_id}", where, notice)
        entry, target = desk.runbook.get(plan.entry), desk.targets.get(plan.binding.target)
        if entry is not None and target is not None:
            summary = f"{plan.title} failed: {ending.summary}"
            await page_for_entry(desk, target, entry, summary=summary, where=where, correlation_id=request.run_id)

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
