"""A page as the channel sees it: whom it calls, and only what the provider said about it."""

from __future__ import annotations

from slack_sdk.models.blocks import Block

from bot.domain.click import Acknowledge, ShowEntry
from bot.domain.page import Page, PageState
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, actions, assemble, context, lines_of, press, section
from bot.views.mentions import Mentions, team_name
from bot.views.text import block_of_code, code, moment, prose, user

_GLYPHS = {
    PageState.QUEUED: "📟",
    PageState.ACCEPTED: "📟",
    PageState.FAILED: "❌",
    PageState.ACKNOWLEDGED: "👀",
    PageState.RESOLVED: "✅",
}
_UNANSWERED = (PageState.QUEUED, PageState.ACCEPTED, PageState.FAILED)


def page_notice(key: str, page: Page, mentions: Mentions) -> Rendered:
    """The notice. The group is mentioned while the page is fresh only: an edit must not call anybody again."""
    is_fresh = page.state is PageState.QUEUED
    called = mentions.group(page.team) if is_fresh else team_name(page.team)
    leader = mentions.leader(page.team) if is_fresh else ""
    lines = [
        f"{_GLYPHS[page.state]} *Page* for {called}{f' (leader: {leader})' if leader else ''}: {_state(page)}",
        prose(page.summary, 900),
        f"Runbook page {code(page.entry, 60)} · severity {page.severity} · {moment(page.created_at)}",
    ]
    if page.state in _UNANSWERED and (contacts := mentions.contacts_of(page.team)):
        # Slack notifies nobody of a mention in an edit, so they may stay until somebody has answered.
        lines.append(f"Contacts, in this order: {contacts}")
    if page.reason:
        lines.append(prose(page.reason, 400))
    fallback = f"{called}: {prose(page.summary, FALLBACK - 200)} ({_state(page)})"
    return assemble(
        fallback,
        head=[lines_of(lines), *_ticket(page), *_buttons(page)],
        metadata=(ids.PAGE_EVENT, {"key": key, **_metadata(page)}),
    )


def page_words(page: Page) -> str:
    """One line for other cards: `Ops paged: accepted by the pager`."""
    return f"{_GLYPHS[page.state]} {team_name(page.team)} paged: {_state(page)}"


def _state(page: Page) -> str:
    match page.state:
        case PageState.QUEUED:
            return "queued, not handed over yet" + (f" ({prose(page.problem, 300)})" if page.problem else "")
        case PageState.ACCEPTED:
            return "accepted by the provider, nobody has answered yet"
        case PageState.FAILED:
            return f"*FAILED*, nobody was called: {prose(page.problem or 'no reason given', 300)}"
        case PageState.ACKNOWLEDGED:
            return f"acknowledged by {user(page.by)}" if page.by else "acknowledged"
        case PageState.RESOLVED:
            return "resolved"


def _ticket(page: Page) -> list[Block]:
    """The text of a ticket, ready to be copied, while there is something to be done."""
    if page.state in (PageState.ACKNOWLEDGED, PageState.RESOLVED):
        return []
    words = f"{page.summary}\nTarget: {page.target}\nRunbook: {page.entry}\nSeverity: {page.severity}"
    since = f"Since: {page.created_at:%Y-%m-%d %H:%M} UTC"
    return [context("Text for a ticket:"), section(block_of_code(f"{words}\n{since}", 1_200))]


def _buttons(page: Page) -> tuple[Block, ...]:
    if page.state is PageState.RESOLVED:
        return ()
    acknowledge = press("Acknowledge", Acknowledge(page.key), style="primary")
    show = press("Show runbook page", ShowEntry(page.entry)) if page.entry else None
    return actions([acknowledge if page.state is not PageState.ACKNOWLEDGED else None, show])


def _metadata(page: Page) -> dict[str, object]:
    return {
        "target": page.target,
        "entry": page.entry,
        "team": page.team.value,
        "state": page.state.value,
        "page": page.key,
    }
