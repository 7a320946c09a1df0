"""Do requests for a chat come to nothing? Blocked is somebody's doing; Unavailable is nobody's fault."""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.chat_events import ChatEvents, read_chat_events
from bot.domain.errors import NotFound
from bot.domain.finding import Finding, Outcome
from bot.domain.live_chat import ChatRequests
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.middleware_log import MiddlewareLog, read_middleware_log

_CODES = ("ok", "blocked", "blocked-few", "unavailable", "other-reason")
_ADVICE = (
    "first: IP block rules (Setup, Block Visitors) with the middleware's egress address: one agent's block by IP"
    " stops every customer; second: the integration user"
)


def _applies(target: Target, estate: Estate) -> bool:
    del estate
    return target.live_chat is not None


@check(
    "chat-requests",
    component="live-chat",
    codes=tuple(f"chat-requests.{code}" for code in _CODES),
    applies=_applies,
)
async def chat_requests(target: Target, estate: Estate) -> Finding:
    """Counts, in the middleware's recent log, the requests for a chat that failed, by reason and by user."""
    if target.live_chat is None:
        raise NotFound("no live chat is configured")
    settings = target.live_chat.requests
    log = await read_middleware_log(target, estate, since_seconds=settings.window_seconds)
    events = read_chat_events(log.lines)
    window = f"in the last {settings.window_seconds / 60:g} min"
    evidence = _evidence(target, events, log)
    blocked = len(events.users.get("blocked", ()))
    if blocked:
        words = f"ChatRequestFail [Blocked] for {_users(blocked)} {window}"
        if events.established_since_blocked:
            return _finding("blocked-few", f"{words}, and chats with agents since then", (*evidence, _ADVICE))
        if blocked < settings.minimum_users:
            words += f", fewer than {settings.minimum_users}"
            return _finding("blocked-few", words, (*evidence, _ADVICE))
        return _finding("blocked", words + _egress(settings), (*evidence, _ADVICE))
    unavailable = len(events.users.get("unavailable", ()))
    if unavailable:
        return _finding("unavailable", f"{_users(unavailable)} found no agent {window}", evidence)
    if events.fails:
        reasons = ", ".join(sorted(events.fails))
        return _finding("other-reason", f"requests fail {window} with the reason {reasons}", evidence)
    return _none_failed(f"no request for a chat failed {window} ({events.requests} were made)", log)


def _none_failed(words: str, log: MiddlewareLog) -> Finding:
    if log.lacks_newest:
        raise NotFound(f"{words} as far as the middleware's log was read, but {log.gap}")
    return _finding("ok", f"{words}; of the middleware's log {log.gap}" if log.gap else words, ())


def _egress(settings: ChatRequests) -> str:
    """In the summary, because the mail to the client's admin holds no evidence."""
    addresses = ", ".join(settings.egress_addresses)
    return f"; the middleware's egress address is {addresses}" if addresses else ""


def _evidence(target: Target, events: ChatEvents, log: MiddlewareLog) -> tuple[str, ...]:
    if not events.fails:
        return ()
    counted = [
        f"Event [ChatRequestFail] : [{reason.capitalize()}]: {times} times, {_users(len(events.users[reason]))}"
        for reason, times in sorted(events.fails.items(), key=lambda item: -item[1])
    ]
    user = f"integration user {target.salesforce_username}" if target.salesforce_username else ""
    gap = f"at least: of the middleware's log {log.gap}" if log.gap else ""
    return tuple(line for line in (*counted, f"of {events.requests} requests for a chat", gap, user) if line)


def _users(count: int) -> str:
    return "one user" if count == 1 else f"{count} users"


def _finding(code: str, summary: str, evidence: tuple[str, ...]) -> Finding:
    outcome = {"ok": Outcome.OK, "blocked": Outcome.FAILING}.get(code, Outcome.DEGRADED)
    name, component = "chat-requests", "live-chat"
    return Finding(name, component, outcome, f"chat-requests.{code}", f"Chat requests: {summary}", evidence)
