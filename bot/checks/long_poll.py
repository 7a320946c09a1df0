"""How do the chats' long polls end: with 403, 503, 500, too late, or with nothing at all?"""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.errors import NotFound
from bot.domain.finding import Finding
from bot.domain.long_poll import figures
from bot.domain.long_poll_verdict import PollVerdict, judge
from bot.domain.long_poll_words import coverage, evidence
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.poll_log import read_poll_log

_NAME = "long-poll"


@check(_NAME, component="live-chat", codes=tuple(f"long-poll.{verdict}" for verdict in PollVerdict))
async def long_poll(target: Target, estate: Estate) -> Finding:
    """Counts the endings of the long polls in the middleware's logs; single users are told from an outage."""
    settings = target.long_poll
    log = await read_poll_log(target, estate)
    if not log.pods:
        raise NotFound("no pod of the middleware runs, so nobody polls and there is no log")
    now = estate.clock.now()
    seen = figures(log.signs, settings, now, log.since or now)
    judged = judge(seen, settings)
    what = f"the logs of {log.pods} {'pod' if log.pods == 1 else 'pods'}"
    source = coverage(what, log.since, now, settings.window_seconds, is_cut=log.is_cut)
    return Finding(
        check=_NAME,
        component="live-chat",
        outcome=judged.outcome,
        code=f"long-poll.{judged.verdict}",
        summary=f"Long polls: {judged.words}",
        evidence=(*evidence(judged.verdict, seen), source),
    )
