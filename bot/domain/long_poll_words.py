"""The evidence beside a verdict on the long polls: source, counts with times, and what else may explain it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.domain.long_poll import NO_ANSWER, PollFigures
from bot.domain.long_poll_verdict import PollVerdict

_RETIRED = "candidate: legacy chat was retired on 14 Feb 2026 (successor: Messaging for In-App and Web)"
_MAY_BE_RETIRED = (PollVerdict.FORBIDDEN, PollVerdict.GONE, PollVerdict.SILENT)
_NORMAL = (200, 204)


def evidence(verdict: PollVerdict, seen: PollFigures) -> Iterator[str]:
    """Counts with the first and last time of each error, what has passed, and candidates; no chat is named."""
    if seen.polls:
        yield _counts(seen)
    if verdict in _MAY_BE_RETIRED:
        yield _RETIRED
    if seen.lost_reconnects:
        yield f"{seen.lost_reconnects} chats whose reconnect failed"
    if seen.own_sessions:
        yield f"{seen.own_sessions} of them after a start of the middleware or a duplicate poll: our own doing"
    if verdict is not PollVerdict.DUPLICATE and seen.count(409):
        yield f"{seen.count(409)} duplicate polls (409): two pods at once end the chat, as in a redeploy"
    passed = [(status, one) for status, one in seen.longest_only.items() if one.polls > 1]
    for status, one in sorted(passed, key=lambda each: -each[1].seconds)[:2]:
        yield f"longest time with {_name(status)} only: {one.polls} polls in {one.seconds:.0f} s"
    if verdict is not PollVerdict.SLOW and seen.slow:
        yield f"{seen.slow} chats had a slow poll, the slowest took {seen.slowest_seconds:.0f} s"


def covers(since: datetime | None, now: datetime, window_seconds: float) -> bool:
    """Whether a source that begins there tells of the window, but for a little at its beginning."""
    return since is not None and (now - since).total_seconds() >= 0.9 * window_seconds


def coverage(what: str, since: datetime | None, now: datetime, window_seconds: float, *, is_cut: bool) -> str:
    """`read: the logs of 2 pods, which tell of only 4 of 15 min`, and why, where it is not the whole window."""
    if since is None:
        return f"read: {what}, where nothing was written in {_minutes(window_seconds)}"
    if covers(since, now, window_seconds):
        return whole(what, window_seconds)
    why = "there are more lines than were read" if is_cut else "older lines are gone, or the pod is new"
    told = _minutes((now - since).total_seconds())
    return f"read: {what}, which tell of only {told} of {_minutes(window_seconds)}: {why}"


def whole(what: str, window_seconds: float) -> str:
    """`read: Datadog's spans, for the last 15 min`."""
    return f"read: {what}, for the last {_minutes(window_seconds)}"


def _counts(seen: PollFigures) -> str:
    return ", ".join(
        _count(seen, status) for status in sorted(seen.by_status, key=lambda one: (one in _NORMAL, one))
    )


def _count(seen: PollFigures, status: int) -> str:
    words = f"{_name(status)} × {seen.count(status)}"
    if status in _NORMAL or status not in seen.times:
        return words
    first, last = seen.times[status]
    return (
        f"{words} ({first:%H:%M:%S}–{last:%H:%M:%S} UTC)" if first != last else f"{words} ({first:%H:%M:%S} UTC)"
    )


def _name(status: int) -> str:
    return "no answer" if status == NO_ANSWER else str(status)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{max(seconds, 0):.0f} s"
