"""How many contacts one person may look up: an on-call engineer asks for a few, a list is asked for by a thief."""

from __future__ import annotations

import math
from datetime import timedelta

from bot.domain.target import Target
from bot.ports.lookups import Lookup
from bot.usecases.ask import Ask, refuse
from bot.usecases.desk import Desk


async def is_within_budget(desk: Desk, ask: Ask, target: Target) -> bool:
    """Counts this look-up; False, with the reason and the time to wait to the asker alone, where it is too many.

    Counted before Salesforce is asked, whatever comes of it: else many at once would pass together. The count
    stands in the store, where it costs one committed row a look-up: a restart, or a crash that somebody provokes,
    gives nothing away.
    """
    rules, now = target.contact, desk.clock.now()
    free_at = await desk.lookups.claim(
        Lookup(ask.key, target.name, ask.actor.user_id, now),
        most=rules.most_lookups,
        window=timedelta(seconds=rules.lookup_window_seconds),
    )
    if free_at is None:
        return True
    contacts = "1 contact" if rules.most_lookups == 1 else f"{rules.most_lookups} contacts"
    reason = f"one person may look up {contacts} in {_span(rules.lookup_window_seconds)}, and you have"
    wait = _span((free_at - now).total_seconds())
    await refuse(desk, ask, "contact", reason, target=target.name, hint=f"You may ask again in {wait}.")
    return False


def _span(seconds: float) -> str:
    """Rounded up, so that nobody comes too early: `45 s`, `5 min`."""
    return f"{math.ceil(seconds)} s" if seconds <= 90 else f"{math.ceil(seconds / 60)} min"
