"""What the figures of the long polls mean: whose matter it is, and from which point on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.finding import Outcome
from bot.domain.long_poll import NO_ANSWER, LongPoll, PollFigures, Stretch


class PollVerdict(StrEnum):
    """The end of each finding's code; `…-few` is below the threshold and concerns single users."""

    OK = "ok"
    FORBIDDEN = "forbidden"
    FORBIDDEN_FEW = "forbidden-few"
    UNAVAILABLE = "unavailable"
    UNAVAILABLE_FEW = "unavailable-few"
    RECONNECT_FAILED = "reconnect-failed"
    SERVER_ERROR = "server-error"
    SERVER_ERROR_FEW = "server-error-few"
    SILENT = "silent"
    GONE = "gone"
    """Another status, such as 404, to every poll."""
    UNANSWERED = "unanswered"
    REFUSED_FEW = "refused-few"
    """Another status, or no answer, to some."""
    DUPLICATE = "duplicate"
    SLOW = "slow"


FAILING = frozenset(
    {
        PollVerdict.FORBIDDEN,
        PollVerdict.UNAVAILABLE,
        PollVerdict.RECONNECT_FAILED,
        PollVerdict.SERVER_ERROR,
        PollVerdict.SILENT,
        PollVerdict.GONE,
        PollVerdict.UNANSWERED,
    }
)
"""Above the threshold: somebody must act."""


@dataclass(frozen=True, slots=True)
class PollJudgement:
    """The worst that the figures say, in words."""

    verdict: PollVerdict
    words: str

    @property
    def outcome(self) -> Outcome:
        """Below a threshold degraded: the entry is named, nobody is paged."""
        if self.verdict is PollVerdict.OK:
            return Outcome.OK
        return Outcome.FAILING if self.verdict in FAILING else Outcome.DEGRADED


_Rule = Callable[[PollFigures, LongPoll], PollJudgement | None]


def judge(seen: PollFigures, settings: LongPoll) -> PollJudgement:
    """What is under way comes before what the window remembers, and a threshold before single users."""
    for rule in _RULES:
        judgement = rule(seen, settings)
        if judgement is not None:
            return judgement
    words = (
        f"{seen.polls} long polls of {seen.sessions} chats, nothing wrong" if seen.polls else "no chat was polled"
    )
    return PollJudgement(PollVerdict.OK, words)


def _outage(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    """The same error to everybody for long enough; of several, the most frequent."""
    lasting = {
        status: stretch
        for status, stretch in seen.now_only.items()
        if stretch.seconds > settings.lasting_seconds and stretch.polls >= settings.minimum_polls
    }
    if not lasting:
        return None
    status = max(lasting, key=lambda one: (lasting[one].polls, one))
    return PollJudgement(_outage_verdict(status), _outage_words(status, lasting[status]))


def _outage_verdict(status: int) -> PollVerdict:
    if status == NO_ANSWER:
        return PollVerdict.UNANSWERED
    if status == 503:
        return PollVerdict.UNAVAILABLE
    return PollVerdict.SERVER_ERROR if status >= 500 else PollVerdict.GONE


def _outage_words(status: int, stretch: Stretch) -> str:
    what = f"{status} to" if status else "no answer to"
    return f"LiveAgent gives {what} every long poll: {stretch.polls} polls in {_span(stretch.seconds)}"


def _forbidden(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    if seen.sessions < settings.minimum_sessions:
        return None
    if seen.forbidden_sessions - seen.own_sessions <= settings.forbidden_share * seen.sessions:
        return None
    words = f"{_of_chats(seen)} were ended by a 403 in {_span(settings.forbidden_window_seconds)}"
    return PollJudgement(PollVerdict.FORBIDDEN, words)


def _reconnects(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    if seen.lost_reconnects < settings.minimum_lost_reconnects:
        return None
    words = f"{seen.lost_reconnects} chats were lost: 503, and the reconnect failed"
    return PollJudgement(PollVerdict.RECONNECT_FAILED, words)


def _silent(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    """Only a chat that began and heard nothing proves it: in a quiet hour every poll is empty, too."""
    silence = seen.silence
    is_silent = (
        silence.is_covered
        and silence.polls >= settings.minimum_silent_polls
        and silence.began >= settings.minimum_waiting
        and silence.share >= settings.silent_share
        and not silence.events
        and not silence.errors
    )
    if not is_silent:
        return None
    words = (
        f"no event at all in {_span(settings.silent_window_seconds)}: {silence.empty} of {silence.polls} polls "
        f"were empty (204), though {silence.began} chats began"
    )
    return PollJudgement(PollVerdict.SILENT, words)


def _few_forbidden(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    if not seen.count(403):
        return None
    whose = _of_chats(seen) if seen.forbidden_sessions else f"{seen.count(403)} chats"
    window, own = _span(settings.forbidden_window_seconds), seen.own_sessions
    meaning = (
        "the middleware's own start or redeploy" if own and own == seen.forbidden_sessions else "single users"
    )
    words = f"{whose} ended by a 403 in {window}: {meaning} so far"
    return PollJudgement(PollVerdict.FORBIDDEN_FEW, words)


def _few_unavailable(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    del settings
    count = seen.count(503)
    if not count and not seen.lost_reconnects:
        return None
    words = f"503 to {count} of {seen.polls} long polls: the affinity token changed, and the middleware reconnects"
    if seen.lost_reconnects:
        words = f"503 to {count} of {seen.polls} long polls, and {seen.lost_reconnects} reconnects failed"
    return PollJudgement(PollVerdict.UNAVAILABLE_FEW, words)


def _few_server_errors(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    del settings
    parts = [f"{one} to {seen.count(one)}" for one in sorted(seen.by_status) if one >= 500 and one != 503]
    if not parts:
        return None
    words = f"{', '.join(parts)} of {seen.polls} long polls: an error of Salesforce's, momentary so far"
    return PollJudgement(PollVerdict.SERVER_ERROR_FEW, words)


def _few_refused(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    del settings
    others = [status for status in sorted(seen.by_status) if 300 <= status < 500 and status not in (403, 409)]
    parts = [f"{status} to {seen.count(status)}" for status in others]
    if seen.count(NO_ANSWER):
        parts.append(f"no answer to {seen.count(NO_ANSWER)}")
    if not parts:
        return None
    return PollJudgement(PollVerdict.REFUSED_FEW, f"{', '.join(parts)} of {seen.polls} long polls")


def _duplicates(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    del settings
    if not seen.count(409):
        return None
    whose = f"{seen.duplicate_sessions} chats" if seen.duplicate_sessions else "some chats"
    words = f"{whose} were ended by a duplicate poll (409): two pods at once, as in a redeploy"
    return PollJudgement(PollVerdict.DUPLICATE, words)


def _slow(seen: PollFigures, settings: LongPoll) -> PollJudgement | None:
    if seen.slow < settings.minimum_slow:
        return None
    words = f"polls of {seen.slow} chats took longer than {settings.slow_seconds:g} s"
    return PollJudgement(PollVerdict.SLOW, f"{words}, the longest {seen.slowest_seconds:.0f} s")


_RULES: Sequence[_Rule] = (
    _outage,
    _forbidden,
    _reconnects,
    _silent,
    _few_forbidden,
    _few_unavailable,
    _few_server_errors,
    _few_refused,
    _duplicates,
    _slow,
)


def _of_chats(seen: PollFigures) -> str:
    return f"{seen.forbidden_sessions} of {seen.sessions} polled chats"


def _span(seconds: float) -> str:
    """`15 min`, or `40 s` where it is short."""
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
