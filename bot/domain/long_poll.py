"""The long polls of the chats: what is expected of them, and what was seen, as figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

NO_ANSWER = 0
"""Stands for a status where no answer came at all."""


@dataclass(frozen=True, slots=True)
class LongPoll:
    """Thresholds, windows (seconds) and minimum samples; the runbook's values where it names one."""

    forbidden_share: float = 0.5
    """More than this share of the polled chats with a 403 is no longer a matter of single users."""
    forbidden_window_seconds: float = 900.0
    minimum_sessions: int = 5
    lasting_seconds: float = 300.0
    """The same error to all polls for longer than this is an outage."""
    minimum_polls: int = 10
    minimum_lost_reconnects: int = 3
    """Chats whose reconnect failed; fewer concern single users."""
    silent_share: float = 0.95
    silent_window_seconds: float = 900.0
    minimum_silent_polls: int = 20
    minimum_waiting: int = 3
    """Chats that began in the window and heard nothing: each should have had an event at once."""
    slow_seconds: float = 45.0
    minimum_slow: int = 3
    settling_seconds: float = 60.0
    """After a start of the middleware: sessions that ended while it was away, or by two pods at once, show now."""

    @property
    def window_seconds(self) -> float:
        """Of what a source should tell."""
        return max(self.forbidden_window_seconds, self.silent_window_seconds, 2 * self.lasting_seconds)

    @property
    def reach_seconds(self) -> float:
        """How far back a source is read: a poll's length more, to tell the chats that began in the window."""
        return self.window_seconds + self.slow_seconds


class Sign(StrEnum):
    """What a line, or a span, tells of a poll."""

    EVENT = "event"
    EMPTY = "empty"
    """A 204: normal, nothing new."""
    REFUSED = "refused"
    """Any other status, or no answer."""
    RECONNECT_LOST = "reconnect-lost"
    """No poll: the attempt to go on after a 503 failed."""


@dataclass(frozen=True, slots=True)
class PollSign:
    """One sign of one chat's poll. `session` tells chats apart and is never shown: it is a telephone number."""

    at: datetime
    session: str = field(repr=False)
    sign: Sign
    status: int = NO_ANSWER
    waited_seconds: float = 0.0
    """Since this chat's sign before; 0 where there is none."""

    @property
    def is_poll(self) -> bool:
        """False for what only follows from a poll."""
        return self.sign is not Sign.RECONNECT_LOST


@dataclass(frozen=True, slots=True)
class Stretch:
    """Polls that all met the same error, without any other answer in between."""

    polls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """The polls of the silent window: how many were empty, and how many chats began in it."""

    polls: int = 0
    empty: int = 0
    events: int = 0
    errors: int = 0
    began: int = 0
    is_covered: bool = False

    @property
    def share(self) -> float:
        """Of the polls, those that brought nothing."""
        return self.empty / self.polls if self.polls else 0.0


@dataclass(frozen=True, slots=True)
class PollFigures:
    """What a source tells of the polls; statuses are those of HTTP, or NO_ANSWER."""

    polls: int = 0
    sessions: int = 0
    forbidden_sessions: int = 0
    own_sessions: int = 0
    """Those of them that we ended ourselves, by a duplicate poll or by being away: no matter of Salesforce's."""
    duplicate_sessions: int = 0
    by_status: Mapping[int, int] = field(default_factory=dict)
    times: Mapping[int, tuple[datetime, datetime]] = field(default_factory=dict)
    """First and last poll of each status."""
    now_only: Mapping[int, Stretch] = field(default_factory=dict)
    """Status -> what is under way: since then no poll has met anything but errors."""
    longest_only: Mapping[int, Stretch] = field(default_factory=dict)
    """Status -> the longest time in which every poll met it, over by now or not."""
    lost_reconnects: int = 0
    slow: int = 0
    slowest_seconds: float = 0.0
    silence: Silence = Silence()

    def count(self, *statuses: int) -> int:
        """Polls that met one of these."""
        return sum(self.by_status.get(status, 0) for status in statuses)


def figures(
    signs: Iterable[PollSign],
    settings: LongPoll,
    now: datetime,
    covered_since: datetime,
    starts: Collection[datetime] = (),
) -> PollFigures:
    """The figures of the windows that end now. `covered_since` is how far back the source really reaches.

    `starts` are the times at which containers of the middleware were started.
    """
    known = sorted((sign for sign in signs if sign.at <= now), key=lambda sign: sign.at)
    recent = _since(known, now, settings.forbidden_window_seconds)
    polls = [sign for sign in recent if sign.is_poll]
    all_polls = [sign for sign in known if sign.is_poll]
    forbidden = [sign for sign in polls if sign.status == 403]
    duplicates = _sessions(sign for sign in polls if sign.status == 409)
    settling = timedelta(seconds=settings.settling_seconds)
    early = _sessions(one for one in forbidden if any(start <= one.at < start + settling for start in starts))
    return PollFigures(
        polls=len(polls),
        sessions=len(_sessions(polls)),
        forbidden_sessions=len(_sessions(forbidden)),
        own_sessions=len(_sessions(forbidden) & (duplicates | early)),
        duplicate_sessions=len(duplicates),
        by_status=_by_status(polls),
        times=_times(polls),
        now_only=_under_way(all_polls),
        longest_only=_longest(all_polls),
        lost_reconnects=len(_sessions(sign for sign in recent if sign.sign is Sign.RECONNECT_LOST)),
        slow=len(_sessions(sign for sign in polls if sign.waited_seconds > settings.slow_seconds)),
        slowest_seconds=max((sign.waited_seconds for sign in polls), default=0.0),
        silence=_silence(all_polls, settings, now, covered_since),
    )


def _since(signs: Sequence[PollSign], now: datetime, seconds: float) -> list[PollSign]:
    begin = now - timedelta(seconds=seconds)
    return [sign for sign in signs if sign.at >= begin]


def _sessions(signs: Iterable[PollSign]) -> set[str]:
    return {sign.session for sign in signs if sign.session}


def _by_status(polls: Iterable[PollSign]) -> Mapping[int, int]:
    counted: dict[int, int] = {}
    for poll in polls:
        counted[poll.status] = counted.get(poll.status, 0) + 1
    return counted


def _times(polls: Iterable[PollSign]) -> Mapping[int, tuple[datetime, datetime]]:
    found: dict[int, tuple[datetime, datetime]] = {}
    for poll in polls:
        found[poll.status] = (found.get(poll.status, (poll.at, poll.at))[0], poll.at)
    return found


def _under_way(polls: Sequence[PollSign]) -> Mapping[int, Stretch]:
    """By status, within the errors since the last other answer; 403 and 409 are such: they concern one chat each.

    Where 500 and 503 take turns, each has its own time and number.
    """
    begin = next((nth for nth in range(len(polls), 0, -1) if not is_outage(polls[nth - 1].status)), 0)
    stretch = polls[begin:]
    counted = _by_status(stretch)
    return {
        status: Stretch(counted[status], (last - first).total_seconds())
        for status, (first, last) in _times(stretch).items()
    }


def _longest(polls: Sequence[PollSign]) -> Mapping[int, Stretch]:
    longest: dict[int, Stretch] = {}
    begin = 0
    for nth, poll in enumerate(polls):
        if poll.status != polls[begin].status:
            begin = nth
        stretch = Stretch(nth - begin + 1, (poll.at - polls[begin].at).total_seconds())
        best = longest.get(poll.status)
        if is_outage(poll.status) and (
            best is None or (stretch.seconds, stretch.polls) > (best.seconds, best.polls)
        ):
            longest[poll.status] = stretch
    return longest


def is_outage(status: int) -> bool:
    """False for a good answer, and for 403 and 409, which concern one chat and end it."""
    return status not in (200, 204, 403, 409)


def _silence(polls: Sequence[PollSign], settings: LongPoll, now: datetime, covered_since: datetime) -> Silence:
    recent = _since(polls, now, settings.silent_window_seconds)
    begin = now - timedelta(seconds=settings.silent_window_seconds)
    # A chat that was polled before our source begins shows up within one poll.
    known_since = max(begin, covered_since + timedelta(seconds=settings.slow_seconds))
    first_seen: dict[str, datetime] = {}
    for poll in polls:
        first_seen.setdefault(poll.session, poll.at)
    return Silence(
        polls=len(recent),
        empty=sum(poll.sign is Sign.EMPTY for poll in recent),
        events=sum(poll.sign is Sign.EVENT for poll in recent),
        errors=sum(poll.sign is Sign.REFUSED for poll in recent),
        began=sum(1 for session, at in first_seen.items() if session and at > known_since),
        is_covered=covered_since <= begin + timedelta(seconds=0.1 * settings.silent_window_seconds),
    )
