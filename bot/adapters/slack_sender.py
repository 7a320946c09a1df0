"""Empties the outbox into Slack: one lane a channel, in order, for as long as it takes, nothing said twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, replace

import stamina
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_delivery import SlackDelivery
from bot.adapters.slack_errors import Unexplained
from bot.adapters.slack_pace import Pace
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, RateLimited, SfintError, Unreachable
from bot.ports.chat import message_of
from bot.ports.outbox import Manner, Outbox, OutboxRow

_log = structlog.get_logger(__name__)
_LOOK_AGAIN_SECONDS = 5.0
"""Rows are announced by `wake`; this look catches what another process wrote, or a lane that broke."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between attempts while Slack cannot be reached: from the first to the longest, doubling."""

    first_seconds: float = 0.2
    longest_seconds: float = 30.0
    parent_seconds: float = 10.0
    """How long a reply that was put before its card waits for the card to be put too."""
    unexplained_tries: int = 16
    """How often a message is tried that is refused without a reason: some five minutes, then the next one goes."""


class SlackSender:
    """Sends what the outbox holds. Edits that pile up collapse: a row always goes out in its latest version."""

    def __init__(
        self, web: AsyncWebClient, outbox: Outbox, *, pace: Pace | None = None, patience: Patience | None = None
    ) -> None:
        self._delivery = SlackDelivery(web)
        self._outbox = outbox
        self._pace = pace or Pace()
        self._patience = patience or Patience()
        self._awake = asyncio.Event()
        self._idle = asyncio.Event()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._dispatcher: asyncio.Task[None] | None = None
        self._orphans: set[asyncio.Event] = set()
        self._surely_absent: set[str] = set()
        """Rows that were attempted and for certain not taken (429): no need to look for them."""
        self._unexplained: Counter[str] = Counter()

    def wake(self) -> None:
        """Says that a row was put; returns at once."""
        self._idle.clear()
        self._awake.set()
        for waiting in self._orphans:
            waiting.set()

    async def start(self) -> None:
        """Begins sending, with whatever an earlier process left behind."""
        self._dispatcher = asyncio.create_task(self._dispatch(), name="slack-sender")
        self._dispatcher.add_done_callback(self._dispatcher_ended)

    async def drained(self) -> None:
        """Returns when nothing waits to be sent."""
        await self._idle.wait()

    async def stop(self, drain_seconds: float = 5.0) -> None:
        """Sends what it can within the time; the rest stays in the outbox for the next process."""
        self.wake()
        try:
            async with asyncio.timeout(drain_seconds):
                await self.drained()
        except TimeoutError:
            _log.warning("stopping with unsent messages", unsent=await self._outbox.lag())
        dispatcher, self._dispatcher = self._dispatcher, None
        tasks = [task for task in (dispatcher, *self._lanes.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _dispatch(self) -> None:
        while True:
            self._awake.clear()
            channels = await self._outbox.unsent_channels()
            for channel in channels:
                if channel not in self._lanes:
                    self._open_lane(channel)
            if not channels and not self._lanes:
                self._idle.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                    await self._awake.wait()

    def _open_lane(self, channel: str) -> None:
        lane = asyncio.create_task(self._lane(channel), name=f"slack-lane-{channel}")
        self._lanes[channel] = lane
        lane.add_done_callback(lambda ended: self._lane_ended(channel, ended))

    def _lane_ended(self, channel: str, lane: asyncio.Task[None]) -> None:
        del self._lanes[channel]
        if lane.cancelled():
            return
        if problem := lane.exception():
            _log.error("a lane broke; it is opened again shortly", exc_info=problem, channel=channel)
            return
        self._awake.set()  # a row put while the lane was ending has nobody else to send it

    def _dispatcher_ended(self, dispatcher: asyncio.Task[None]) -> None:
        if dispatcher.cancelled() or self._dispatcher is None:
            return
        _log.error("the sender broke; it starts again shortly", exc_info=dispatcher.exception())
        asyncio.get_running_loop().call_later(_LOOK_AGAIN_SECONDS, self._restart)

    def _restart(self) -> None:
        if self._dispatcher is not None and self._dispatcher.done():
            self._dispatcher = asyncio.create_task(self._dispatch(), name="slack-sender")
            self._dispatcher.add_done_callback(self._dispatcher_ended)

    async def _lane(self, channel: str) -> None:
        more = True
        while more:
            async for attempt in stamina.retry_context(
                on=_wait_before_next,
                attempts=None,
                timeout=None,
                wait_initial=self._patience.first_seconds,
                wait_max=self._patience.longest_seconds,
                wait_jitter=self._patience.first_seconds,
            ):
                with attempt:
                    more = await self._send_next(channel)

    async def _send_next(self, channel: str) -> bool:
        row = await self._outbox.next(channel)
        if row is not None and row.manner is not Manner.RESPONSE_URL:  # that one is not counted for the channel
            await self._pace.turn(channel)
            row = await self._outbox.next(channel)
        if row is None:
            return False
        if (message := message_of(row.thread)) is not None:
            await self._send(row, message)
            return True
        parent = await self._parent(row)
        if parent is not None and parent.ts is None and parent.sent_version < parent.version:
            row, parent = replace(parent, thread=None), None
        await self._send(row, parent.ts if parent else None)
        return True

    async def _parent(self, row: OutboxRow) -> OutboxRow | None:
        """The card that the row replies to; waits for one that is put a moment later."""
        if row.thread is None:
            return None
        put = asyncio.Event()
        self._orphans.add(put)
        try:
            async with asyncio.timeout(self._patience.parent_seconds):
                while (parent := await self._outbox.row(row.thread)) is None:
                    await put.wait()
                    put.clear()
                return parent
        except TimeoutError:
            _log.warning("the card of a reply never came; posting the reply by itself", key=row.key)
            return None
        finally:
            self._orphans.discard(put)

    async def _send(self, row: OutboxRow, thread_ts: str | None) -> None:
        maybe_there = row.attempted and row.key not in self._surely_absent
        if row.ts is None and not row.attempted:
            await self._outbox.attempting(row.key)
        try:
            ts = await self._delivery.deliver(row, thread_ts, maybe_there=maybe_there)
        except RateLimited:
            if not maybe_there:
                self._surely_absent.add(row.key)
            raise
        except (NotFound, BadAnswer) as refused:
            await self._give_up(row, refused)
        except Unexplained as refused:
            self._unexplained[row.key] += 1
            if self._unexplained[row.key] < self._patience.unexplained_tries:
                raise
            await self._give_up(row, refused)
        except Unreachable:
            self._surely_absent.discard(row.key)
            raise
        else:
            await self._outbox.sent(row.key, row.version, ts or row.ts)
        self._surely_absent.discard(row.key)
        self._unexplained.pop(row.key, None)

    async def _give_up(self, row: OutboxRow, refused: SfintError) -> None:
        _log.error("Slack refused a message for good", key=row.key, problem=str(refused))
        await self._outbox.refused(row.key, row.version, str(refused))


def _wait_before_next(error: Exception) -> bool | float:
    """False gives up; True waits with growing patience; a number is what Slack asked for, in seconds."""
    if isinstance(error, RateLimited):
        return error.retry_after_seconds or 1.0
    if isinstance(error, AccessDenied):
        _log.error("Slack does not let the bot in; messages are kept", problem=str(error))
        return 30.0
    return isinstance(error, Unreachable)
