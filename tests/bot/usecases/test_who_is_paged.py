"""A request for a repair pages before the second look, or where nothing can be offered; a dry run never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.store.store import Store
from bot.domain.page import page_key
from bot.domain.remediation import NoPlan, Plan
from bot.domain.runbook import Team
from bot.domain.target import Mode, Target
from bot.ports.estate import Estate
from bot.remediations.registry import Remediation
from bot.usecases.propose import propose
from tests.fakes.desk import PLAN, RITA, TARGET, HeardChat, Starts, asked_by, fake_desk

PAGE = page_key(TARGET.name, "redis-failure", Team.OPS)
NO_PLAN = NoPlan("restart", TARGET.name, "split-brain", "a person decides", entry="redis-failure")


async def ask_for(
    store: Store, *readings: Plan | NoPlan, dry_run: bool = False, mode: Mode = Mode.ACT
) -> tuple[HeardChat, Starts]:
    """A request whose remediation answers with these readings, one after the other."""
    chat, engine, left = HeardChat(), Starts(), list(readings)

    async def plan(target: Target, estate: Estate) -> Plan | NoPlan:
        return left.pop(0)

    remedy = Remediation("restart", plan, lambda target, plan: 180.0)
    target = replace(TARGET, mode=mode)
    desk = fake_desk(store, chat, remediations={"restart": remedy}, targets={target.name: target})
    await propose(desk, engine, asked_by(RITA), target, "restart", dry_run=dry_run)
    return chat, engine


async def test_the_page_goes_out_before_the_second_look(store: Store) -> None:
    """A failover-timeout is three minutes in which somebody can already be on the way."""
    chat, engine = await ask_for(store, PLAN, PLAN)

    page = await store.pages.get(PAGE)
    assert page is not None
    assert page.thread == "look:key-1"
    assert "look:key-1" in chat.said
    assert engine.started == [RITA]


@pytest.mark.parametrize(("dry_run", "mode"), [(True, Mode.ACT), (False, Mode.OBSERVE)])
async def test_what_changes_nothing_pages_nobody(store: Store, dry_run: bool, mode: Mode) -> None:
    """A rehearsal must not wake anybody; both readings are taken all the same."""
    chat, engine = await ask_for(store, PLAN, PLAN, dry_run=dry_run, mode=mode)

    assert await store.pages.get(PAGE) is None
    assert list(chat.said) == ["look:key-1", "dryrun:key-1"]
    assert engine.started == []


async def test_readings_that_differ_start_nothing(store: Store) -> None:
    """Two equal readings, one failover-timeout apart."""
    other = replace(PLAN, binding=replace(PLAN.binding, verdict="sentinels-stale"))

    chat, engine = await ask_for(store, PLAN, other)

    assert engine.started == []
    shown = chat.said["noplan:key-1"]
    assert isinstance(shown, NoPlan)
    assert shown.reason == "two readings 180 s apart differ (no-master, sentinels-stale)"


@pytest.mark.parametrize(
    ("found", "dry_run", "is_paged"),
    [
        (replace(NO_PLAN, needs_somebody=True), False, True),
        (replace(NO_PLAN, needs_somebody=True), True, False),
        (NO_PLAN, False, False),
    ],
)
async def test_where_the_bot_has_no_repair_the_team_is_called(
    store: Store, found: NoPlan, dry_run: bool, is_paged: bool
) -> None:
    """A verdict that only a person can mend must reach one; all else must not."""
    await ask_for(store, found, dry_run=dry_run)

    assert (await store.pages.get(PAGE) is not None) is is_paged
