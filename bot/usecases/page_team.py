"""Pages a team once for its target and entry, and says only what the provider said."""

from __future__ import annotations

from bot.domain.page import Page, PageState, page_key
from bot.domain.runbook import Entry, Severity, Team
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.usecases.desk import Desk
from bot.usecases.record import record
from bot.usecases.show_plan_card import refresh_waiting_cards


async def page_for_entry(
    desk: Desk,
    target: Target,
    entry: Entry,
    *,
    summary: str,
    where: Where,
    correlation_id: str,
) -> Page | None:
    """Pages the entry's first team, if it is one that is paged without a click; None if it is not."""
    if not entry.pages_somebody:
        return None
    team = entry.teams[0]
    if team.is_external and not target.page_external:
        return None
    return await page_team(
        desk, target, entry.id, team, entry.severity, summary=summary, where=where, correlation_id=correlation_id
    )


async def page_team(
    desk: Desk,
    target: Target,
    entry_id: str,
    team: Team,
    severity: Severity,
    *,
    summary: str,
    where: Where,
    correlation_id: str,
    asked_by: str = "sfint",
) -> Page:
    """Opens the page unless one is open; the notice stands in the thread of the card that caused it."""
    wanted = Page(
        key=page_key(target.name, entry_id, team),
        target=target.name,
        entry=entry_id,
        team=team,
        severity=severity,
        summary=f"[{target.name}] {summary}",
        channel=where.channel,
        thread=where.thread,
        state=PageState.QUEUED,
        created_at=desk.clock.now(),
    )
    page, is_new = await desk.pages.open(wanted)
    if is_new:
        await record(
            desk,
            "page.opened",
            actor=asked_by,
            target=target.name,
            correlation_id=correlation_id,
            team=team.value,
            entry=entry_id,
        )
        await show_page(desk, page)
        desk.wake_pager()
    return page


async def acknowledge_page(desk: Desk, key: str, *, by: str, correlation_id: str) -> Page | None:
    """Takes the page; the provider is told. None when there is no such page."""
    before = await desk.pages.get(key)
    if before is None:
        return None
    if before.state in (PageState.ACKNOWLEDGED, PageState.RESOLVED):
        return before
    page = await desk.pages.move(key, PageState.ACKNOWLEDGED, by=by)
    if page is not None:
        await record(
            desk, "page.acknowledged", actor=by, target=page.target, correlation_id=correlation_id, page=key
        )
        await show_page(desk, page)
        desk.wake_pager()
    return page


async def resolve_pages(desk: Desk, target: str, entry: Entry, *, reason: str, correlation_id: str) -> None:
    """Ends every open page of this target and entry."""
    for team in entry.teams:
        key = page_key(target, entry.id, team)
        page = await desk.pages.get(key)
        if page is None or not page.is_open:
            continue
        resolved = await desk.pages.move(key, PageState.RESOLVED, reason=reason)
        if resolved is not None:
            await record(
                desk, "page.resolved", actor="sfint", target=target, correlation_id=correlation_id, page=key
            )
            await show_page(desk, resolved)
            desk.wake_pager()


def notice_key(page: Page) -> str:
    """The outbox key of the page's notice: one card a page, edited as it moves on."""
    return f"page:{page.key}:{page.created_at:%Y%m%dT%H%M%S.%f}"


async def show_page(desk: Desk, page: Page) -> None:
    """Shows, or edits, the page's notice, and says it on the plan cards that wait."""
    await desk.chat.show(notice_key(page), Where(page.channel, page.thread), page)
    await refresh_waiting_cards(desk, page)
