"""How do the chats' long polls end: with 403, 503, 500, too late, or with nothing at all?"""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.finding import Finding
from bot.domain.long_poll_verdict import PollVerdict, judge
from bot.domain.long_poll_words import evidence
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.long_polls import read_long_polls

_NAME = "long-poll"


@check(_NAME, component="live-chat", codes=tuple(f"long-poll.{verdict}" for verdict in PollVerdict))
async def long_poll(target: Target, estate: Estate) -> Finding:
    """Counts how the long polls end, by the middleware's logs or Datadog; single users are told from an outage."""
    read = await read_long_polls(target, estate)
    judged = [(judge(one.figures, target.long_poll), one.figures) for one in read]
    worst, seen = min(judged, key=lambda each: each[0].outcome.severity)
    return Finding(
        check=_NAME,
        component="live-chat",
        outcome=worst.outcome,
        code=f"long-poll.{worst.verdict}",
        summary=f"Long polls: {worst.words}",
        evidence=(*evidence(worst.verdict, seen), *(one.source for one in read)),
    )
