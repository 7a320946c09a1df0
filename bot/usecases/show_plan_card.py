"""Shows a run's plan card as it is now: who may approve, who decided, and what the pager said."""

from __future__ import annotations

from bot.domain.actor import Role
from bot.domain.approval import Decision
from bot.domain.page import Page, page_key
from bot.domain.run import PlanCard, RunRequest, RunState
from bot.ports.chat import Where
from bot.usecases.desk import Desk


async def show_plan_card(
    desk: Desk, request: RunRequest, state: RunState, decision: Decision | None = None, reason: str = ""
) -> None:
    """Posts or edits the one card of this run."""
    card = PlanCard(
        request=request,
        state=state,
        decided_by=decision.by if decision is not None else "",
        reason=reason or (decision.reason if decision is not None else ""),
        page=await _page(desk, request, state),
        approvers=others_who_approve(desk, request.requested_by),
    )
    await desk.chat.show(plan_key(request.run_id), Where(request.channel), card)


async def refresh_waiting_cards(desk: Desk, page: Page) -> None:
    """Says on every card that still waits what became of this page."""
    for run in await desk.runs.unfinished():
        plan = run.request.plan
        if run.state is RunState.WAITING and (plan.binding.target, plan.entry) == (page.target, page.entry):
            await show_plan_card(desk, run.request, run.state, run.decision)


def others_who_approve(desk: Desk, requester: str) -> tuple[str, ...]:
    """The approvers by name, without the requester, who never is one of their own request."""
    return tuple(user for user in desk.roles.named(Role.APPROVER) if user != requester)


def plan_key(run_id: str) -> str:
    """Outbox key of the run's plan card."""
    return f"plan:{run_id}"


async def _page(desk: Desk, request: RunRequest, state: RunState) -> Page | None:
    entry = desk.runbook.get(request.plan.entry)
    if entry is None or not entry.teams:
        return None
    page = await desk.pages.get(page_key(request.plan.binding.target, entry.id, entry.teams[0]))
    return page if page is not None and (page.is_open or state.is_final) else None
