"""Takes what arrives: the inbox row is committed before anything is acknowledged, then the worker is woken."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping

from bot.ports.inbox import Arrival, Inbox, Received

__all__ = ["Arrival", "Receive", "Received", "key_of_act"]


def key_of_act(kind: Arrival, trigger_id: object, facts: Mapping[str, str]) -> str:
    """Unique per human act, and the same for each delivery of it: Slack's trigger, and what was done by it.

    A trigger is there to open a form; nothing is promised for a payload without one, or with that of another act.
    One that has no response_url either is always new: to ask the same again must not look like a retry.
    """
    if not trigger_id and not facts.get("response_url"):
        return f"{kind}:{secrets.token_hex(8)}"
    act = "\0".join(part for fact in sorted(facts.items()) for part in fact)
    done = hashlib.blake2s(act.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{kind}:{trigger_id}.{done}" if trigger_id else f"{kind}:{done}"


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
