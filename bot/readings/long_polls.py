"""The long polls from the middleware's logs, and from Datadog where those reach back too little."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from bot.domain.errors import NotFound, SfintError, Unreachable
from bot.domain.long_poll import PollFigures, figures
from bot.domain.long_poll_words import coverage, covers, whole
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.poll_log import PollLog, read_poll_log
from bot.readings.poll_spans import read_poll_spans

_LOG_SHARE, _SPANS_SHARE = 0.55, 0.4
"""Of a check's time, where Datadog can be asked as well: a slow log must leave some for it."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PollReading:
    """What one source tells; `source` says which it is, and how much of the window it covers."""

    figures: PollFigures
    source: str


async def read_long_polls(target: Target, estate: Estate) -> tuple[PollReading, ...]:
    """The logs first: they know of every poll and cost no request of Datadog's hour.

    Raises what the logs' ports raise, and NotFound without a pod: then nobody polls, and nothing is to be read.
    """
    has_spans = target.datadog is not None and estate.traces is not None
    try:
        log = await _within(target, _LOG_SHARE if has_spans else 1.0, read_poll_log(target, estate))
    except SfintError as problem:
        if not has_spans:
            raise
        spans = await _spans(target, estate)
        return (PollReading(spans.figures, f"{spans.source}; the logs could not be read: {problem}"),)
    if not log.pods:
        raise NotFound("no pod of the middleware runs, so nobody polls and there is no log")
    told = _told(target, estate, log)
    if not has_spans or covers(log.since, estate.clock.now(), target.long_poll.window_seconds):
        return (told,)
    try:
        return (told, _since_no_start(await _spans(target, estate), target, estate, log))
    except SfintError as problem:
        return (PollReading(told.figures, f"{told.source}; Datadog could not be asked: {problem}"),)


def _told(target: Target, estate: Estate, log: PollLog) -> PollReading:
    now, settings = estate.clock.now(), target.long_poll
    what = f"the logs of {log.pods} {'pod' if log.pods == 1 else 'pods'}"
    source = coverage(what, log.since, now, settings.window_seconds, is_cut=log.is_cut)
    nameless = f"; {log.nameless} lines do not say whose chat it is" if log.nameless else ""
    return PollReading(figures(log.signs, settings, now, log.since or now, log.starts), source + nameless)


def _since_no_start(spans: PollReading, target: Target, estate: Estate, log: PollLog) -> PollReading:
    """Datadog does not tell which of the 403s followed a start of the middleware; after one, all may have."""
    begin = estate.clock.now() - timedelta(seconds=target.long_poll.forbidden_window_seconds)
    if not any(start >= begin for start in log.starts):
        return spans
    found = replace(spans.figures, own_sessions=spans.figures.forbidden_sessions)
    return PollReading(found, f"{spans.source}, in which the middleware was started")


async def _spans(target: Target, estate: Estate) -> PollReading:
    expected, traces = target.datadog, estate.traces
    if expected is None or traces is None:
        raise NotFound("no Datadog is configured")
    found, age = await _within(target, _SPANS_SHARE, read_poll_spans(expected, target.long_poll, traces))
    source = whole("Datadog's spans", target.long_poll.window_seconds)
    return PollReading(found, f"{source}, asked {age:.0f} s ago" if age >= 1 else source)


async def _within(target: Target, share: float, asked: Awaitable[T]) -> T:
    seconds = share * target.timings.check_seconds
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except TimeoutError as error:
        raise Unreachable(f"no answer within {seconds:.1f} s") from error
