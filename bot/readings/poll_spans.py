"""The long polls as Datadog's spans tell of them: counts and distinct chats, in a few aggregate questions."""

from __future__ import annotations

import asyncio
import math

from bot.domain.datadog import Datadog, Distinct, SpanCounts, SpanQuestion
from bot.domain.long_poll import LongPoll, PollFigures, Silence, Stretch, is_outage
from bot.ports.traces import Traces


async def read_poll_spans(expected: Datadog, settings: LongPoll, traces: Traces) -> tuple[PollFigures, float]:
    """The figures, and how many seconds ago Datadog was asked for the oldest of them. Raises what the port raises.

    A span has its poll's own status; times of single polls are not asked for, so no stretch that has passed
    is known.
    """
    window, lasting = math.ceil(settings.forbidden_window_seconds), math.floor(settings.lasting_seconds) + 1
    polls = SpanQuestion(expected.poll_operations, window)
    counts, chats, latest = await asyncio.gather(
        traces.counts(polls),
        traces.distinct(polls, expected.session_facet),
        traces.counts(SpanQuestion(expected.poll_operations, lasting)),
    )
    slow = await _slow(expected, settings, traces, counts)
    silence = await _silence(expected, settings, traces, counts)
    figures = PollFigures(
        polls=sum(counts.by_status.values()),
        sessions=chats.total,
        forbidden_sessions=chats.by_status.get(403, 0),
        by_status=counts.by_status,
        now_only=_under_way(latest, lasting),
        slow=slow.total,
        slowest_seconds=max((row.longest_seconds for row in counts.rows), default=0.0),
        silence=silence,
    )
    return figures, max(counts.asked_seconds_ago, chats.asked_seconds_ago, latest.asked_seconds_ago)


def _under_way(latest: SpanCounts, lasting: int) -> dict[int, Stretch]:
    """Every poll of the last minutes met an error that is no matter of one chat; an old answer is no news."""
    if latest.asked_seconds_ago > lasting or not all(is_outage(status) for status in latest.by_status):
        return {}
    return {status: Stretch(spans, lasting) for status, spans in latest.by_status.items()}


async def _slow(expected: Datadog, settings: LongPoll, traces: Traces, counts: SpanCounts) -> Distinct:
    """The chats with a slow poll; asked only where one was."""
    if not any(row.longest_seconds > settings.slow_seconds for row in counts.rows):
        return Distinct(0, {})
    window = math.ceil(settings.forbidden_window_seconds)
    question = SpanQuestion(expected.poll_operations, window, longer_than_seconds=settings.slow_seconds)
    return await traces.distinct(question, expected.session_facet)


async def _silence(expected: Datadog, settings: LongPoll, traces: Traces, counts: SpanCounts) -> Silence:
    """Asked only where all polls were empty: what was opened meanwhile is a chat that began."""
    if set(counts.by_status) != {204}:
        return Silence()
    window = math.ceil(settings.silent_window_seconds)
    polls, opened = await asyncio.gather(
        traces.counts(SpanQuestion(expected.poll_operations, window)),
        traces.counts(SpanQuestion(expected.chat_operations, window, http_statuses=(200, 201))),
    )
    empty, events = polls.by_status.get(204, 0), polls.by_status.get(200, 0)
    total = sum(polls.by_status.values())
    return Silence(total, empty, events, total - empty - events, opened.total, is_covered=True)
