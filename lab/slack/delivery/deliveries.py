"""The record of everything delivered, and the rules of delivering: deadline, retries, duplicates, lost acks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from lab.slack.errors import ImpossibleGesture, Json
from lab.slack.faults import Faults

ACK_SECONDS = 3.0
# Slack tries an event again at once, after a minute, after five.
EVENT_RETRY_SECONDS = (0.0, 60.0, 300.0)


@dataclass(frozen=True)
class Answer:
    """What came back: an acknowledgement with an optional body, or the error a person would be told."""

    acked: bool
    error: str | None = None
    body: Json | None = None


@dataclass
class Delivery:
    """One thing that the bot has to hear of. `answers` has one entry for each time it was sent."""

    id: str
    kind: str
    payload: Json
    answers: list[Answer] = field(default_factory=list)


class Carrier(Protocol):
    """A way to the bot."""

    async def carry(self, kind: str, payload: Json, *, retry: int, reason: str, deadline_seconds: float) -> Answer:
        """Send it once and wait for the acknowledgement until the deadline."""


class Deliveries:
    """Sends payloads over the carrier; remembers each, so that it can be sent again.

    `ack_seconds` may be changed while it runs: how long Slack waits for an acknowledgement.
    """

    def __init__(
        self,
        carrier: Carrier,
        faults: Faults,
        *,
        ack_seconds: float = ACK_SECONDS,
        event_retry_seconds: tuple[float, ...] = EVENT_RETRY_SECONDS,
    ) -> None:
        self._carrier = carrier
        self._faults = faults
        self.ack_seconds = ack_seconds
        self._event_retry_seconds = event_retry_seconds
        self._background: set[asyncio.Task[Any]] = set()
        self.all: dict[str, Delivery] = {}

    async def send(self, kind: str, payload: Json) -> tuple[Delivery, Answer]:
        """Deliver a new thing; the first copy's answer is what the person sees."""
        delivery = Delivery(secrets.token_hex(8), kind, payload)
        self.all[delivery.id] = delivery
        for _ in range(self._faults.extra_copies):
            self._spawn(self._once(delivery))
        return delivery, await self._once(delivery)

    def send_event(self, payload: Json) -> Delivery:
        """Deliver an event in the background, with Slack's retries until it is acknowledged."""
        delivery = Delivery(secrets.token_hex(8), "events_api", payload)
        self.all[delivery.id] = delivery
        for _ in range(1 + self._faults.extra_copies):
            self._spawn(self._with_retries(delivery))
        return delivery

    async def again(self, delivery_id: str, times: int) -> list[Answer]:
        """Deliver a recorded thing again, all copies at once, each in an envelope of its own."""
        delivery = self.all.get(delivery_id)
        if delivery is None:
            raise ImpossibleGesture(f"no delivery {delivery_id}")
        return list(await asyncio.gather(*(self._once(delivery) for _ in range(times))))

    async def stop(self) -> None:
        """Forget what is still under way."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _with_retries(self, delivery: Delivery) -> None:
        answer = await self._once(delivery)
        for attempt, pause in enumerate(self._event_retry_seconds, start=1):
            if answer.acked:
                return
            await asyncio.sleep(pause)
            reason = "timeout" if answer.error == "operation_timeout" else "http_error"
            answer = await self._once(delivery, retry=attempt, reason=reason)

    async def _once(self, delivery: Delivery, *, retry: int = 0, reason: str = "") -> Answer:
        loop = asyncio.get_running_loop()
        until = loop.time() + self.ack_seconds
        answer = await self._carrier.carry(
            delivery.kind, delivery.payload, retry=retry, reason=reason, deadline_seconds=self.ack_seconds
        )
        if answer.acked and self._faults.takes_lost_ack():
            await asyncio.sleep(until - loop.time())
            answer = Answer(acked=False, error="operation_timeout")
        delivery.answers.append(answer)
        return answer
