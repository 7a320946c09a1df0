"""Handing pages over: until each provider was told, and none waits for another's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.store.store import Store
from bot.domain.errors import BadAnswer, SfintError, Unreachable
from bot.domain.page import Page, PageState, page_key
from bot.domain.runbook import Severity, Team
from bot.usecases.deliver_pages import DeliverPages
from bot.usecases.desk import Desk

PAGE = Page(
    key=page_key("acme-prod", "redis-failure", Team.OPS),
    target="acme-prod",
    entry="redis-failure",
    team=Team.OPS,
    severity=Severity.CRITICAL,
    summary="Redis has no master",
    channel="C0INCSF001",
    thread=None,
    state=PageState.QUEUED,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
OTHER = replace(PAGE, key=page_key("acme-prod", "expired-password", Team.CLIENT_ADMIN), team=Team.CLIENT_ADMIN)


class Provider:
    """Does for each team what it is told to: answers with words, refuses, or hangs until set free."""

    def __init__(self) -> None:
        self.answers: dict[Team, str | SfintError] = {}
        self.hangs: set[Team] = set()
        self.told: list[tuple[Team, str]] = []
        self._news = asyncio.Condition()

    async def until_told(self, what: tuple[Team, str], times: int = 1) -> None:
        """Waits until it was asked that so many times."""
        async with asyncio.timeout(5.0), self._news:
            await self._news.wait_for(lambda: self.told.count(what) >= times)

    async def trigger(self, page: Page) -> str:
        """Hands over."""
        return await self._answer(page, "trigger")

    async def acknowledge(self, page: Page) -> str:
        """Somebody took it."""
        return await self._answer(page, "acknowledge")

    async def resolve(self, page: Page) -> str:
        """It is over."""
        return await self._answer(page, "resolve")

    async def _answer(self, page: Page, what: str) -> str:
        async with self._news:
            self.told.append((page.team, what))
            self._news.notify_all()
        if page.team in self.hangs:
            await asyncio.Event().wait()
        answer = self.answers.get(page.team, "accepted")
        if isinstance(answer, SfintError):
            raise answer
        return answer


class Cards:
    """Every state of every notice that was shown; `until` waits for one."""

    def __init__(self) -> None:
        self.shown: list[Page] = []
        self._news = asyncio.Condition()

    async def show(self, key: str, where: object, value: Any) -> None:
        """The chat's side."""
        async with self._news:
            self.shown.append(value)
            self._news.notify_all()

    async def until(self, is_so: Callable[[Page], bool]) -> Page:
        """The first notice, past or to come, that fits."""
        async with asyncio.timeout(5.0), self._news:
            await self._news.wait_for(lambda: any(is_so(page) for page in self.shown))
        return next(page for page in self.shown if is_so(page))


class World:
    """The real books, a provider that obeys, and the loop."""

    def __init__(self, store: Store) -> None:
        self.pages, self.provider, self.cards = store.pages, Provider(), Cards()
        nothing: Any = None
        self.loop = DeliverPages(self.provider, retry_seconds=0.02)
        self.desk = Desk(
            targets={}, default_targets={}, estates={}, roles=nothing, home_team="T1", runbook=nothing,
            matcher=nothing, checks=(), remediations={}, steps={}, chat=self.cards, directory=nothing,
            attachments=nothing, ledger=store.ledger, pages=store.pages, runs=store.runs, freezer=store.freezer,
            lookups=store.lookups, clock=SystemClock(), wake_pager=self.loop.wake,
        )  # fmt: skip

    async def opens(self, page: Page) -> None:
        """As a check does."""
        await self.pages.open(page)
        self.loop.wake()


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    """The loop runs."""
    made = World(store)
    running = asyncio.create_task(made.loop.run(made.desk))
    yield made
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_the_words_of_the_provider_are_shown(world: World) -> None:
    """Accepted is all that it said."""
    world.provider.answers[Team.OPS] = "PagerDuty: Event processed"

    await world.opens(PAGE)
    shown = await world.cards.until(lambda page: page.state is PageState.ACCEPTED)

    assert shown.reason == "PagerDuty: Event processed"
    assert world.provider.told == [(Team.OPS, "trigger")]


async def test_a_provider_that_hangs_holds_up_its_own_page_only(world: World) -> None:
    """Ops is called while the mail server says nothing, also for a page that is opened later."""
    world.provider.hangs.add(Team.CLIENT_ADMIN)
    await world.opens(OTHER)
    await world.opens(PAGE)

    await world.cards.until(lambda page: page.team is Team.OPS and page.state is PageState.ACCEPTED)

    assert world.provider.told.count((Team.CLIENT_ADMIN, "trigger")) == 1


async def test_the_reason_for_waiting_is_shown_once_and_then_the_success(world: World) -> None:
    """Trying again is no news."""
    world.provider.answers[Team.OPS] = Unreachable("PagerDuty did not answer")
    await world.opens(PAGE)
    waiting = await world.cards.until(lambda page: page.state is PageState.QUEUED)
    await world.provider.until_told((Team.OPS, "trigger"), times=4)

    world.provider.answers[Team.OPS] = "PagerDuty: Event processed"
    accepted = await world.cards.until(lambda page: page.state is PageState.ACCEPTED)

    assert waiting.problem == "trying again: PagerDuty did not answer"
    assert accepted.problem == ""
    assert len(world.cards.shown) == 2


async def test_a_refusal_is_final(world: World) -> None:
    """The card says that nobody was called."""
    world.provider.answers[Team.OPS] = BadAnswer("mail accepted for 0 of 2 recipients")
    await world.opens(PAGE)

    failed = await world.cards.until(lambda page: page.state is PageState.FAILED)

    assert failed.problem == "mail accepted for 0 of 2 recipients"
    assert await world.pages.owed() == ()


async def test_what_became_of_a_page_meanwhile_is_told_too(world: World) -> None:
    """Resolved while the first hand-over was still tried."""
    world.provider.answers[Team.OPS] = Unreachable("not now")
    await world.opens(PAGE)
    await world.cards.until(lambda page: page.state is PageState.QUEUED)
    await world.pages.move(PAGE.key, PageState.RESOLVED)
    world.provider.answers.clear()

    await world.provider.until_told((Team.OPS, "resolve"))

    assert world.provider.told[-1] == (Team.OPS, "resolve")
