"""Trouble on demand: what can go wrong between Slack and the bot."""

from __future__ import annotations

import time
from collections.abc import Callable


class Faults:
    """Each switch stays on until its count is used up, its seconds are over, or clear() is called."""

    def __init__(self) -> None:
        self._drop_sockets: Callable[[], int] = lambda: 0
        self._refresh_sockets: Callable[[str], int] = lambda _reason: 0
        self._say_on_sockets: Callable[[str], None] = lambda _frame: None
        self.clear()

    def clear(self) -> None:
        """Everything works again."""
        self._limited_until = 0.0
        self._limited_calls = 0
        self.retry_after_seconds = 1
        self._failing_calls = 0
        self.failing_status = 503
        self.latency_seconds = 0.0
        self._lost_acks = 0
        self._brief_hellos = 0
        self.extra_copies = 0

    def bind_sockets(
        self, drop: Callable[[], int], refresh: Callable[[str], int], say: Callable[[str], None]
    ) -> None:
        """Connect the socket switches to the sockets."""
        self._drop_sockets, self._refresh_sockets, self._say_on_sockets = drop, refresh, say

    def rate_limit(self, *, seconds: float | None = None, count: int | None = None, retry_after: int = 1) -> None:
        """Answer 429 with Retry-After for a while, or to that many calls of the Web API."""
        self._limited_until = time.monotonic() + (seconds or 0.0)
        self._limited_calls = count or 0
        self.retry_after_seconds = retry_after

    def server_errors(self, count: int, *, status: int = 503) -> None:
        """Fail the next calls of the Web API; they change nothing."""
        self._failing_calls, self.failing_status = count, status

    def latency(self, seconds: float) -> None:
        """Delay every call of the Web API."""
        self.latency_seconds = seconds

    def lose_acks(self, count: int) -> None:
        """The bot's next acknowledgements never reach Slack: the person sees operation_timeout."""
        self._lost_acks = count

    def duplicate_delivery(self, copies: int) -> None:
        """Deliver everything from now on that many times more (0: normal again)."""
        self.extra_copies = copies

    def drop_sockets(self) -> int:
        """Cut every Socket Mode connection without a farewell; says how many there were."""
        return self._drop_sockets()

    def refresh_sockets(self, reason: str = "refresh_requested") -> int:
        """Ask every Socket Mode connection to go, politely, as Slack does every few hours."""
        return self._refresh_sockets(reason)

    def say_on_sockets(self, frame: str) -> None:
        """Send this text on every Socket Mode connection, whatever it is."""
        self._say_on_sockets(frame)

    def leave_after_hello(self, count: int) -> None:
        """Close the next connections as soon as they were greeted."""
        self._brief_hellos = count

    def takes_brief_hello(self) -> bool:
        """Whether the connection at hand is closed after its hello."""
        if self._brief_hellos <= 0:
            return False
        self._brief_hellos -= 1
        return True

    def takes_rate_limit(self) -> bool:
        """Whether the call at hand is refused with 429."""
        if self._limited_calls > 0:
            self._limited_calls -= 1
            return True
        return time.monotonic() < self._limited_until

    def takes_server_error(self) -> bool:
        """Whether the call at hand fails with a 5xx."""
        if self._failing_calls <= 0:
            return False
        self._failing_calls -= 1
        return True

    def takes_lost_ack(self) -> bool:
        """Whether the acknowledgement at hand gets lost."""
        if self._lost_acks <= 0:
            return False
        self._lost_acks -= 1
        return True
