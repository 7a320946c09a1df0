"""Hands owed pages to the providers, again and again until each was told its current state."""

from __future__ import annotations

import asyncio

import structlog

from bot.domain.errors import RateLimited, SfintError, Unreachable
from bot.domain.page import Page, PageState
from bot.ports.pager import Pager
from bot.usecases.desk import Desk
from bot.usecases.page_team import show_page
from bot.usecases.record import record

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 5.0


class DeliverPages:
    """A loop started by the composition root; `wake` makes it look at once."""

    def __init__(self, pager: Pager, *, retry_seconds: float = _RETRY_SECONDS) -> None:
        self._pager = pager
        self._retry_seconds = retry_seconds
        self._woken = asyncio.Event()
        self._under_way: set[str] = set()

    def wake(self) -> None:
        """There may be a page to hand over."""
        self._woken.set()

    async def run(self, desk: Desk) -> None:
        """Runs until cancelled. A provider that is slow, or down, holds up its own pages only."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                for page in await desk.pages.owed():
                    if page.key not in self._under_way:
                        self._under_way.add(page.key)
                        group.create_task(self._hand_over(desk, page))
                await self._woken.wait()

    async def _hand_over(self, desk: Desk, page: Page) -> None:
        try:
            if not await self._deliver(desk, page):
                await desk.clock.sleep(self._retry_seconds)
        finally:
            # The page may have moved on meanwhile, and the provider must hear that, too.
            self._under_way.discard(page.key)
            self._woken.set()

    async def _deliver(self, desk: Desk, page: Page) -> bool:
        """True when the provider has been told, or never will be."""
        try:
            words = await self._tell(page)
        except (Unreachable, RateLimited) as error:
            _log.warning("page not handed over yet", page=page.key, problem=str(error))
            if page.state is PageState.QUEUED:
                await self._move(desk, page, PageState.QUEUED, problem=f"trying again: {error}")
            return False
        except SfintError as error:
            _log.error("page refused", page=page.key, problem=str(error))
            await desk.pages.told(page.key, page.state)
            if page.state is PageState.QUEUED:
                await self._move(desk, page, PageState.FAILED, problem=str(error))
            return True
        await desk.pages.told(page.key, page.state)
        if page.state is PageState.QUEUED:
            await desk.pages.told(page.key, PageState.ACCEPTED)
            await self._move(desk, page, PageState.ACCEPTED, reason=words)
        return True

    async def _tell(self, page: Page) -> str:
        match page.state:
            case PageState.ACKNOWLEDGED:
                return await self._pager.acknowledge(page)
            case PageState.RESOLVED:
                return await self._pager.resolve(page)
            case PageState.QUEUED | PageState.ACCEPTED | PageState.FAILED:
                return await self._pager.trigger(page)

    async def _move(
        self, desk: Desk, page: Page, state: PageState, *, problem: str = "", reason: str = ""
    ) -> None:
        moved = await desk.pages.move(page.key, state, problem=problem, reason=reason)
        if moved is None or (moved.state, moved.problem) == (page.state, page.problem):
            return
        if state is not PageState.QUEUED:
            await record(
                desk,
                f"page.{state.value}",
                actor="pager",
                target=page.target,
                correlation_id=page.key,
                page=page.key,
                words=problem or reason,
            )
        await show_page(desk, moved)
