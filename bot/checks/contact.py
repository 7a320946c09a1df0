"""Does the middleware refuse chats because their contacts are blocked in the CRM?"""

from __future__ import annotations

import asyncio

from bot.checks.registry import check
from bot.domain.contact_refusals import Refusals, refusals
from bot.domain.crm_query import QueryVerdict
from bot.domain.errors import NotFound
from bot.domain.finding import Finding, Outcome
from bot.domain.soql import name
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.middleware_log import MiddlewareLog, read_middleware_log

_QUERY_SHARE = 0.4
"""Of the check's time: the field is evidence only, and must not take the finding with it."""
_OUTCOMES = {"ok": Outcome.OK, "blocked-few": Outcome.DEGRADED, "blocked": Outcome.FAILING}


@check("contact", component="salesforce", codes=tuple(f"contact.{code}" for code in _OUTCOMES))
async def contact(target: Target, estate: Estate) -> Finding:
    """Counts the chats that were refused with "this contact is blocked", and the users whom that concerns."""
    window = target.middleware.log_window_seconds
    log = await read_middleware_log(target, estate, since_seconds=window)
    found = refusals(log.lines)
    if not found.lines:
        return _none_refused(log, window)
    code = "blocked" if found.at_least >= target.contact.minimum_users else "blocked-few"
    field = await _field(target, estate)
    gap = (f"the middleware's log: {log.gap}",) if log.gap else ()
    return _finding(code, _words(found, window, log), field, *gap, "one of them: `/sfint contact …`")


def _none_refused(log: MiddlewareLog, window: int) -> Finding:
    words = f"no chat was refused for a blocked contact in {window} s"
    if log.lacks_newest:
        raise NotFound(f"{words} as far as the middleware's log was read, but {log.gap}")
    return _finding("ok", f"{words} (of the middleware's log {log.gap})" if log.gap else words)


def _words(found: Refusals, window: int, log: MiddlewareLog) -> str:
    users = f"{found.users} {'user' if found.users == 1 else 'users'}" if found.users else "users not named"
    times = "once" if found.lines == 1 else f"{found.lines} times"
    least = "at least " if log.gap else ""
    return f"chats were refused {least}{times} in {window} s because the contact is blocked ({users})"


async def _field(target: Target, estate: Estate) -> str:
    """Whether the mark itself can be looked at with our user."""
    field = target.contact.blocked_field
    patience = target.timings.check_seconds * _QUERY_SHARE
    try:
        async with asyncio.timeout(patience):
            answer = await estate.crm.query(f"SELECT {name(field)} FROM Contact LIMIT 1")  # noqa: S608  (a name of bot.domain.soql)
    except TimeoutError:
        return f"{field}: cannot tell whether it is readable (no answer within {patience:g} s)"
    if answer.is_ok:
        return f"{field} is readable: `/sfint contact` can say who is blocked"
    if answer.verdict is QueryVerdict.INVALID_FIELD:
        return f"{field} cannot be read (no such field, or no permission): cannot tell who is blocked"
    return f"{field}: cannot tell whether it is readable ({answer.error_code or answer.verdict})"


def _finding(code: str, summary: str, *evidence: str) -> Finding:
    return Finding("contact", "salesforce", _OUTCOMES[code], f"contact.{code}", f"Contacts: {summary}", evidence)
