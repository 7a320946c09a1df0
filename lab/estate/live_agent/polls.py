"""What a long poll may answer instead of the truth, for all sessions, a share of them, or some."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from dataclasses import dataclass

from lab.estate.live_agent.session import ChatSession

NO_SESSION = "Session required but was invalid or not found"
_TEXTS = {
    403: NO_SESSION,
    409: "Duplicate Long Polling",
    500: "Internal Server Error",
}
_ENDING = (403, 409)


@dataclass
class PollFault:
    """`status` None only delays; 204 waits like an honest poll and keeps the events back for ever.

    `share` of the sessions are struck, spread evenly by their ordinal and always the same ones; `keys` narrows
    it to some. `times` counts down to 0, `until` is monotonic time.
    """

    status: int | None
    text: str = ""
    delay_seconds: float = 0.0
    share: float = 1.0
    keys: frozenset[str] | None = None
    times: int | None = None
    until: float | None = None

    @property
    def ends_session(self) -> bool:
        """403 says that the session is gone and 409 ends it: so it is."""
        return self.status in _ENDING

    def strikes(self, session: ChatSession) -> bool:
        """Whether this poll runs into the fault; counts it."""
        if self.times == 0 or (self.until is not None and time.monotonic() >= self.until):
            return False
        if self.keys is not None and session.key not in self.keys:
            return False
        if math.floor((session.number + 1) * self.share) == math.floor(session.number * self.share):
            return False
        if self.times is not None:
            self.times -= 1
        return True


class PollFaults:
    """The faults in force on System/Messages, the last one armed first."""

    def __init__(self) -> None:
        self._armed: list[PollFault] = []

    def arm(
        self,
        status: int | None,
        *,
        text: str | None = None,
        delay_seconds: float = 0.0,
        share: float = 1.0,
        of: Collection[ChatSession] | None = None,
        times: int | None = None,
        seconds: float | None = None,
    ) -> PollFault:
        """Arm one; the text is LiveAgent's own for the status unless it is given."""
        fault = PollFault(
            status,
            _TEXTS.get(status or 0, "") if text is None else text,
            delay_seconds,
            share,
            None if of is None else frozenset(session.key for session in of),
            times,
            None if seconds is None else time.monotonic() + seconds,
        )
        self._armed.insert(0, fault)
        return fault

    def disarm(self, fault: PollFault) -> None:
        """Heal one."""
        self._armed.remove(fault)

    def clear(self) -> None:
        """Heal all."""
        self._armed.clear()

    def striking(self, session: ChatSession) -> PollFault | None:
        """The fault that this poll runs into."""
        return next((fault for fault in self._armed if fault.strikes(session)), None)
