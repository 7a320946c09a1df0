"""What people hear when a run ends: the page is resolved, or somebody is called; a relapse calls anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.store.store import Store
from bot.checks.registry import Check
from bot.domain.approval import Choice, Decision
from bot.domain.finding import Finding, Outcome
from bot.domain.notice import Notice
from bot.domain.page import PageState, page_key
from bot.domain.run import RunRequest, RunState
from bot.domain.runbook import Team
from bot.domain.target import Target
from bot.ports.engine import Ending
from bot.ports.estate import Estate
from bot.usecases.run_script import RepairScript
from tests.fakes.desk import ARNO, CHANNEL, HOME, PLAN, RITA, TARGET, HeardChat, fake_desk

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = page_key(TARGET.name, "redis-failure", Team.OPS)
REQUEST = RunRequest("run-1", PLAN, RITA, HOME, CHANNEL, BEGUN, BEGUN + timedelta(minutes=15))


def ended(state: RunState) -> Ending:
    """An ending with its words."""
    return Ending(state, "the first pod came back with 0 keys", (), BEGUN, 9.0)


async def script_of_a_paged_run(store: Store, chat: HeardChat, *checks: Check) -> RepairScript:
    """Ops was paged when the card was posted; Arno approved."""
    script = RepairScript(fake_desk(store, chat, checks=checks))
    await store.runs.open(REQUEST)
    await script.announce(REQUEST)
    await store.runs.decide(Decision("run-1", Choice.APPROVE, PLAN.hash, ARNO, HOME, BEGUN))
    return script


async def state_of_the_page(store: Store) -> PageState:
    """As the book has it."""
    page = await store.pages.get(PAGE)
    assert page is not None
    return page.state


async def test_a_verified_repair_resolves_the_page_and_calls_nobody(store: Store) -> None:
    """The end that everybody hopes for."""
    chat = HeardChat()
    script = await script_of_a_paged_run(store, chat)

    await script.conclude(REQUEST, ended(RunState.SUCCEEDED))

    assert await state_of_the_page(store) is PageState.RESOLVED
    assert "help:run-1" not in chat.said


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.RESTORED])
async def test_a_failed_repair_calls_those_who_wanted_it_and_the_team(store: Store, state: RunState) -> None:
    """An edited card notifies nobody, and the page may be closed by now."""
    chat = HeardChat()
    script = await script_of_a_paged_run(store, chat)
    await store.pages.move(PAGE, PageState.RESOLVED)

    await script.conclude(REQUEST, ended(state))

    shown = chat.said["help:run-1"]
    assert isinstance(shown, Notice)
    assert shown.lines == (f"<@{RITA}> <@{ARNO}>: a person must look now.", "the first pod came back with 0 keys")
    assert await state_of_the_page(store) is PageState.QUEUED


async def test_a_run_that_changed_nothing_calls_nobody(store: Store) -> None:
    """The card says why; the page of the failure stays open."""
    chat = HeardChat()
    script = await script_of_a_paged_run(store, chat)

    await script.conclude(REQUEST, ended(RunState.STOPPED))

    assert "help:run-1" not in chat.said
    assert await state_of_the_page(store) is PageState.QUEUED


@pytest.mark.parametrize(
    ("outcome", "relapsed"), [(Outcome.FAILING, True), (Outcome.OK, False), (Outcome.UNKNOWN, False)]
)
async def test_only_a_failing_check_of_the_same_page_is_a_relapse(
    store: Store, outcome: Outcome, relapsed: bool
) -> None:
    """What could not be asked proves nothing either way."""
    finding = Finding("redis-sentinel", "redis", outcome, "redis.no-master", "no pod is master")

    async def answer(target: Target, estate: Estate) -> Finding:
        return finding

    chat = HeardChat()
    check = Check("redis-sentinel", "redis", ("redis.no-master",), "", answer)
    script = await script_of_a_paged_run(store, chat, check)
    await script.conclude(REQUEST, ended(RunState.SUCCEEDED))

    assert await script.watch(REQUEST, BEGUN) is relapsed
    assert ("relapse:run-1" in chat.said) is relapsed
    assert await state_of_the_page(store) is (PageState.QUEUED if relapsed else PageState.RESOLVED)


async def test_a_run_of_a_target_that_is_configured_no_more_still_ends(store: Store) -> None:
    """Its cards are brought to their end, and nobody is paged for it."""
    chat = HeardChat()
    await script_of_a_paged_run(store, chat)
    gone = RepairScript(replace(fake_desk(store, chat), targets={}))

    await gone.conclude(REQUEST, ended(RunState.FAILED))

    assert "help:run-1" in chat.said
