"""Takes what arrives: the inbox row is committed before anything is acknowledged, then the worker is woken."""

from __future__ import annotations

from collections.abc import Callable

from bot.ports.inbox import Arrival, Inbox, Received

__all__ = ["Arrival", "Receive", "Received"]


class Receive:
    """`await receive(received)` returns once the row is committed; it raises when it could not be."""

    def __init__(self, inbox: Inbox, wake: Callable[[], None]) -> None:
        self._inbox = inbox
        self._wake = wake

    async def __call__(self, received: Received) -> bool:
        """True if it is new; False for a delivery that was recorded before, whose work is under way or done."""
        is_new = await self._inbox.record(received)
        self._wake()
        return is_new
