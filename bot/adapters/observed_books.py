"""The books as the use cases use them, with every new line counted; each fulfils the port that it wraps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from bot.domain.approval import Decision
from bot.domain.audit import AuditEvent, AuditLine
from bot.domain.page import Page, PageState
from bot.domain.run import RunRequest, RunState
from bot.ports.clock import Clock
from bot.ports.inbox import Inbox, Received
from bot.ports.ledger import Ledger
from bot.ports.pages import PageBook
from bot.ports.runs import RunBook, RunRecord
from bot.ports.telemetry import Meter, Ruling

_RULINGS = {
    "approval.approved": Ruling.APPROVED,
    "approval.denied": Ruling.DENIED,
    "approval.refused": Ruling.REFUSED,
    "run.expired": Ruling.EXPIRED,
}
"""What the audit log calls them: a ruling that is not audited did not happen."""


class ObservedLedger:
    """Counts the lines, and the rulings among them."""

    def __init__(self, ledger: Ledger, meter: Meter) -> None:
        self._ledger = ledger
        self._meter = meter

    async def record(self, event: AuditEvent) -> AuditLine:
        """Counted once it is committed."""
        line = await self._ledger.record(event)
        self._meter.audited(event.action)
        if event.action in _RULINGS:
            self._meter.ruled(_RULINGS[event.action])
        return line

    async def head(self) -> AuditLine | None:
        """As it is."""
        return await self._ledger.head()

    def lines(self) -> AsyncIterator[AuditLine]:
        """As they are."""
        return self._ledger.lines()


class ObservedRuns:
    """Counts the states that runs come to, each once, however often a move is repeated."""

    def __init__(self, runs: RunBook, meter: Meter) -> None:
        self._runs = runs
        self._meter = meter

    async def open(self, request: RunRequest) -> RunRecord:
        """As it is."""
        return await self._runs.open(request)

    async def get(self, run_id: str) -> RunRecord | None:
        """As it is."""
        return await self._runs.get(run_id)

    async def decide(self, decision: Decision) -> Decision | None:
        """As it is."""
        return await self._runs.decide(decision)

    async def move(self, run_id: str, state: RunState, *, at: datetime, summary: str = "") -> None:
        """Counted if the book really moved."""
        before = await self._runs.get(run_id)
        await self._runs.move(run_id, state, at=at, summary=summary)
        after = await self._runs.get(run_id)
        if before is not None and after is not None and before.state is not after.state is state:
            self._meter.run_moved(before.request.plan.binding.remediation, state)

    async def active(self, workload: str) -> tuple[RunRecord, ...]:
        """As they are."""
        return await self._runs.active(workload)

    async def unfinished(self) -> tuple[RunRecord, ...]:
        """As they are."""
        return await self._runs.unfinished()

    async def last_change(self, workload: str) -> datetime | None:
        """As it is."""
        return await self._runs.last_change(workload)


class ObservedPages:
    """Counts the states that pages come to, with the time since they were opened."""

    def __init__(self, pages: PageBook, meter: Meter, clock: Clock) -> None:
        self._pages = pages
        self._meter = meter
        self._clock = clock

    async def open(self, page: Page) -> tuple[Page, bool]:
        """Counted if it is new."""
        stored, is_new = await self._pages.open(page)
        if is_new:
            self._meter.page_moved(stored.team, stored.state, 0.0)
        return stored, is_new

    async def get(self, key: str) -> Page | None:
        """As it is."""
        return await self._pages.get(key)

    async def move(
        self, key: str, state: PageState, *, by: str = "", problem: str = "", reason: str = ""
    ) -> Page | None:
        """Counted if the book really moved."""
        before = await self._pages.get(key)
        after = await self._pages.move(key, state, by=by, problem=problem, reason=reason)
        if before is not None and after is not None and before.state is not after.state:
            seconds = (self._clock.now() - after.created_at).total_seconds()
            self._meter.page_moved(after.team, after.state, seconds)
        return after

    async def owed(self) -> tuple[Page, ...]:
        """As they are."""
        return await self._pages.owed()

    async def told(self, key: str, state: PageState) -> None:
        """As it is."""
        await self._pages.told(key, state)


class ObservedInbox:
    """Counts what Slack delivers more than once."""

    def __init__(self, inbox: Inbox, meter: Meter) -> None:
        self._inbox = inbox
        self._meter = meter

    async def record(self, received: Received) -> bool:
        """As it is; a duplicate is counted."""
        is_new = await self._inbox.record(received)
        if not is_new:
            self._meter.duplicate_arrived()
        return is_new

    async def pending(self) -> tuple[Received, ...]:
        """As they are."""
        return await self._inbox.pending()

    async def failed(self, key: str, problem: str) -> int:
        """As it is."""
        return await self._inbox.failed(key, problem)

    async def done(self, key: str) -> None:
        """As it is."""
        await self._inbox.done(key)
