"""The card that asks for an approval, what became of it, and the same plan as a dry run."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ConfirmObject, PlainTextObject

from bot.domain.approval import Choice
from bot.domain.click import Decide, ShowEntry
from bot.domain.remediation import Plan
from bot.domain.run import DryRun, PlanCard, RunState
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, actions, assemble, context, header, lines_of, press, section
from bot.views.facts import fact_lines
from bot.views.page_notice import page_words
from bot.views.text import code, moment, plain, prose, spoken, user

_GLYPHS = {
    RunState.WAITING: "✋",
    RunState.QUEUED: "⏳",
    RunState.RUNNING: "🔧",
    RunState.SUCCEEDED: "✅",
    RunState.FAILED: "❌",
    RunState.RESTORED: "⚠️",
    RunState.DENIED: "⛔",
    RunState.EXPIRED: "⌛",
    RunState.STOPPED: "🛑",
}
_LINE = 400


def plan_card(key: str, card: PlanCard) -> Rendered:
    """Has buttons while it waits, and never after: a stale button must not stay."""
    request, plan = card.request, card.request.plan
    title = f"{_GLYPHS[card.state]} {plan.title}: {_heading(card.state)}"
    asked = f"asked by {user(request.requested_by)} {moment(request.requested_at)}"
    where = f"target {code(plan.binding.target, 60)}"
    tail = [_outcome(card), *_page(card), _hash_line(plan)]
    if card.state is RunState.WAITING:
        tail += _approval_buttons(card)
    return assemble(
        prose(f"{title} ({plan.binding.target})", FALLBACK),
        head=[header(title), context(f"{asked} · {where}")],
        body=_body(plan),
        tail=tail,
        more="more parts of this plan are not shown",
        metadata=(ids.PLAN_EVENT, _metadata(key, request.run_id, card.state.value, plan)),
    )


def dry_run(key: str, shown: DryRun) -> Rendered:
    """The same card without an approval."""
    plan = shown.plan
    title = f"DRY RUN: {plan.title}"
    words = section(f"*DRY RUN*, nothing is carried out. {spoken(shown.words, 600)}")
    return assemble(
        prose(f"{title} ({plan.binding.target})", FALLBACK),
        head=[header(title), words],
        body=_body(plan),
        tail=[_hash_line(plan), *actions([press("Show runbook page", ShowEntry(plan.entry))])],
        more="more parts of this plan are not shown",
        metadata=(ids.PLAN_EVENT, _metadata(key, "", "dry-run", plan)),
    )


def _body(plan: Plan) -> list[Sequence[Block]]:
    parts = [
        ("Why", [prose(line, _LINE) for line in plan.why]),
        ("Why not something gentler", [prose(plan.gentler, 900)] if plan.gentler else []),
        ("What will be done", [prose(f"{nth}. {call.title}", _LINE) for nth, call in enumerate(plan.steps, 1)]),
        ("To what", [_subject(plan)]),
        ("What will be restored", [prose(plan.restores, _LINE)] if plan.restores else []),
        ("What can go wrong", [f"⚠️ {prose(line, _LINE)}" for line in plan.risks]),
        ("Preflight", fact_lines(plan.facts)),
    ]
    return [(lines_of([f"*{name}*", *lines]),) for name, lines in parts if lines]


def _subject(plan: Plan) -> str:
    binding = plan.binding
    return f"{code(binding.workload, 200)} · verdict {code(binding.verdict, 60)} · rung {code(binding.rung, 60)}"


def _heading(state: RunState) -> str:
    return {
        RunState.WAITING: "needs an approval",
        RunState.QUEUED: "approved, waiting for its turn",
        RunState.RUNNING: "approved, running",
        RunState.STOPPED: "stopped, nothing was changed",
        RunState.RESTORED: "failed, replicas restored",
    }.get(state, state.value)


def _outcome(card: PlanCard) -> Block:
    """Who may still decide, or who decided what and why."""
    request, reason = card.request, spoken(card.reason, 700)
    why = f": {reason}" if reason else ""
    match card.state:
        case RunState.WAITING:
            named = ", ".join(user(each) for each in card.approvers[:20]) or "nobody by name"
            until = moment(request.expires_at, "{time_secs}")
            return section(f"*Expires* at {until}. Approvers: {named}. The requester cannot approve.")
        case RunState.DENIED:
            return section(f"⛔ Denied by {user(card.decided_by)}{why}")
        case RunState.EXPIRED:
            expired = moment(request.expires_at, "{time_secs}")
            return section(f"⌛ Expired at {expired}: nobody decided, nothing was changed{why}")
        case _:
            by = f"Approved by {user(card.decided_by)}. " if card.decided_by else ""
            return section(f"{_GLYPHS[card.state]} {by}*{_heading(card.state).capitalize()}*{why}")


def _page(card: PlanCard) -> list[Block]:
    return [context(page_words(card.page))] if card.page is not None else []


def _hash_line(plan: Plan) -> Block:
    return context(f"runbook page {code(plan.entry, 60)} · plan {code(plan.hash[:12], 14)}")


def _approval_buttons(card: PlanCard) -> tuple[Block, ...]:
    """A plan that accepts the loss of data has no plain Approve."""
    run_id, plan = card.request.run_id, card.request.plan
    if plan.binding.accepts_data_loss:
        label, choice, style = "Approve, data loss accepted", Choice.APPROVE_DATA_LOSS, "danger"
    else:
        label, choice, style = "Approve", Choice.APPROVE, "primary"
    approve = press(label, Decide(choice, run_id, plan.hash), style=style, confirm=_confirm(plan))
    deny = press("Deny…", Decide(Choice.DENY, run_id, plan.hash))
    return actions([approve, deny, press("Show runbook page", ShowEntry(plan.entry))])


def _confirm(plan: Plan) -> ConfirmObject:
    loses_data = plan.binding.accepts_data_loss
    what = plain(f"{plan.title}, {plan.binding.workload} of {plan.binding.target}.", 150)
    loss = " DATA CAN BE LOST: what Redis holds now, live chats included, may be gone. You accept that?"
    return ConfirmObject(
        title=PlainTextObject(text="Accept the loss of data?" if loses_data else "Carry out this plan?"),
        text=PlainTextObject(text=what + (loss if loses_data else " It starts at once.")),
        confirm=PlainTextObject(text="Accept and approve" if loses_data else "Approve"),
        deny=PlainTextObject(text="Back"),
        style="danger" if loses_data else "primary",
    )


def _metadata(key: str, run_id: str, state: str, plan: Plan) -> dict[str, object]:
    return {
        "key": key,
        "run_id": run_id,
        "state": state,
        "target": plan.binding.target,
        "entry": plan.entry,
        "remediation": plan.binding.remediation,
        "verdict": plan.binding.verdict,
        "plan_hash": plan.hash,
        "title": plain(plan.title, 140),
    }
