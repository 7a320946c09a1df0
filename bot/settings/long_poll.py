"""When the errors of the long polls are more than a matter of single users: windows, shares, minimum samples."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.domain.long_poll import LongPoll
from bot.settings.kinds import Seconds
from bot.settings.section import Section

_LONG_POLL = LongPoll()
Share = Annotated[float, Field(gt=0, le=1)]
Sample = Annotated[int, Field(ge=1, le=100_000)]


class LongPollSettings(Section):
    """The runbook's values are the defaults; fewer chats or polls than a minimum never page anybody."""

    forbidden_share: Annotated[float, Field(ge=0, lt=1)] = _LONG_POLL.forbidden_share
    forbidden_window_seconds: Seconds = _LONG_POLL.forbidden_window_seconds
    minimum_sessions: Sample = _LONG_POLL.minimum_sessions
    lasting_seconds: Seconds = _LONG_POLL.lasting_seconds
    minimum_polls: Sample = _LONG_POLL.minimum_polls
    minimum_lost_reconnects: Sample = _LONG_POLL.minimum_lost_reconnects
    silent_share: Share = _LONG_POLL.silent_share
    silent_window_seconds: Seconds = _LONG_POLL.silent_window_seconds
    minimum_silent_polls: Sample = _LONG_POLL.minimum_silent_polls
    minimum_waiting: Sample = _LONG_POLL.minimum_waiting
    slow_seconds: Seconds = _LONG_POLL.slow_seconds
    minimum_slow: Sample = _LONG_POLL.minimum_slow
    settling_seconds: Annotated[float, Field(ge=0, le=86400)] = _LONG_POLL.settling_seconds

    def expected(self) -> LongPoll:
        """The domain's value."""
        return LongPoll(**self.model_dump())
