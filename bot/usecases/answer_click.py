"""Answers a click or the deny form: what it means, who may, then one use case."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.domain.actor import Role
from bot.domain.approval import may_ask
from bot.domain.click import Acknowledge, Click, Decide, PageTeam, ShowEntry
from bot.domain.click import Ask as AskAgain
from bot.domain.runbook import Team
from bot.ports.chat import Where
from bot.ports.engine import Engine
from bot.usecases.answer_command import answer_command
from bot.usecases.ask import Ask, refuse, whisper
from bot.usecases.decide import decide
from bot.usecases.desk import Desk
from bot.usecases.home_target import runbook_here, targets_here
from bot.usecases.page_team import acknowledge_page, page_team
from bot.usecases.show_runbook import show_runbook


async def answer_click(
    desk: Desk, engine: Engine, ask: Ask, click: Click | None, *, clicked_at: datetime, reason: str = ""
) -> None:
    """A button of another release, or a forged one, is refused; nothing is believed but the clicker's id."""
    match click:
        case None:
            await refuse(desk, ask, "click", "this button is not one of mine (any more); ask again")
        case Decide(choice, run_id, plan_hash):
            await decide(
                desk,
                engine,
                ask,
                run_id=run_id,
                choice=choice,
                plan_hash=plan_hash,
                clicked_at=clicked_at,
                reason=reason,
            )
        case AskAgain(text):
            await answer_command(desk, engine, replace(ask, response_url=""), text)
        case ShowEntry(entry):
            await _show_entry(desk, ask, entry)
        case PageTeam(target, entry, team):
            await _page(desk, ask, target, entry, team)
        case Acknowledge(key):
            await _acknowledge(desk, ask, key)
        case _:
            assert_never(click)


async def _show_entry(desk: Desk, ask: Ask, entry: str) -> None:
    channel = ask.place.channel_id
    here = targets_here(desk, channel)
    if not here:
        await refuse(desk, ask, "runbook", "no target is configured for this channel")
    elif await _may(desk, ask, "runbook", here[0], Role.VIEWER):
        await whisper(desk, ask, show_runbook(runbook_here(desk, channel), entry))


async def _page(desk: Desk, ask: Ask, target_name: str, entry_id: str, team: Team) -> None:
    entry = desk.runbook.get(entry_id)
    if entry is None or team not in entry.teams:
        await refuse(desk, ask, "page", "that page does not name this team", target=target_name)
        return
    if not await _may(desk, ask, "page", target_name, Role.REQUESTER):
        return
    await page_team(
        desk,
        desk.targets[target_name],
        entry.id,
        team,
        entry.severity,
        summary=f"{entry.title} (paged by hand)",
        where=Where(ask.place.channel_id),
        correlation_id=ask.key,
        asked_by=ask.actor.user_id,
    )


async def _acknowledge(desk: Desk, ask: Ask, key: str) -> None:
    page = await desk.pages.get(key)
    if page is None:
        await refuse(desk, ask, "page", "there is no such page (any more)")
    elif await _may(desk, ask, "page", page.target, Role.VIEWER):
        await acknowledge_page(desk, key, by=ask.actor.user_id, correlation_id=ask.key)


async def _may(desk: Desk, ask: Ask, action: str, target_name: str, role: Role) -> bool:
    target = desk.targets.get(target_name)
    if target is None:
        await refuse(desk, ask, action, f"there is no target `{target_name}`")
        return False
    allowed = may_ask(ask.actor, ask.place, target, role, desk.roles, desk.home_team)
    if not allowed.yes:
        await refuse(desk, ask, action, allowed.reason, target=target_name)
    return allowed.yes
