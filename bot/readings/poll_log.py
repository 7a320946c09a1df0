"""The long polls as the middleware's logs tell of them: its lines in all their spellings, from all its pods."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from bot.domain.long_poll import NO_ANSWER, PollSign, Sign
from bot.domain.target import Target
from bot.domain.workload import Pod
from bot.ports.estate import Estate
from bot.readings.middleware_log import middleware_pods, middleware_texts

# Quotes may be escaped: a Go struct inside a JSON string.
_QUOTE = r"""\\?["']?"""
_TIME = re.compile(
    rf"\btime{_QUOTE}\s*[:=]\s*{_QUOTE}(\d{{4}}-\d\d-\d\d[T ][\d:]+)(\.\d+)?(Z|[+-]\d\d:?\d\d)", re.I
)
_USER = re.compile(rf"\buser_?id{_QUOTE}\s*[:=\[]\s*{_QUOTE}([^\s\"'\\,\]}}]+)", re.I)
_STATUS = re.compile(
    r"\[\s*(\d{3})\s*\]\s*-?\s*error\s+call\s+with\s+status|status\s*-?\s*\[\s*(\d{3})\s*\]", re.I
)
_LINE = re.compile(
    r"(?P<empty>not\s+content\s+events)"
    r"|(?P<forbidden>\bstatus\s?forbidden\b)"
    r"|(?P<lost>reconnect\s+session\s+failed)"
    r"|(?P<unavailable>\bstatus\s?service\s?unavailable\b)"
    r"|(?P<duplicate>duplicate\s+long\s+polling)"
    r"|(?P<other>exists?\s+error\s+in\s+long\s*polling)"
    r"|\bevent\s*\[\s*(?P<event>\w+)\s*\]",
    re.I,
)
# Stands in the same line as the words above, before them, or alone.
_BARE = re.compile(r"(?P<bare>\[\s*\d{3}\s*\]\s*-?\s*error\s+call\s+with\s+status\s*:)", re.I)
_STATUS_OF = {"forbidden": 403, "unavailable": 503, "duplicate": 409, "empty": 204}
_OF_A_POLL = re.compile(r"session\s+required\s+but|long\s*poll|system/messages|get_messages", re.I)
"""What tells an error of the long poll from one of another call, where the line says no more than the status."""
_ENDING = re.compile(r"ChatEnded|ChatRequestFail", re.I)
_WORDS = ("content", "forbidden", "unavailable", "reconnect", "polling", "event", "error call")
"""Cheaper to look for than the expression, which most lines need not see."""


@dataclass(frozen=True, slots=True)
class PollLog:
    """The signs of all pods. `since` is the time of the oldest line; None where there is no line with a time."""

    signs: tuple[PollSign, ...] = ()
    since: datetime | None = None
    pods: int = 0
    starts: tuple[datetime, ...] = ()
    """When containers of theirs were started, as far as Kubernetes remembers."""
    nameless: int = 0
    """Signs that do not say whose chat it is."""
    is_cut: bool = False
    """True where a log was longer than what is read of it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line taken apart; `words` is its message."""

    text: str
    words: str
    at: datetime | None
    session: str


@dataclass(frozen=True, slots=True)
class _Told:
    """What one line says."""

    sign: PollSign
    ends_chat: bool
    is_bare: bool
    """True where it names no more than the status: somebody else may tell of the same poll."""


async def read_poll_log(target: Target, estate: Estate) -> PollLog:
    """Current and previous containers of every pod of the middleware, for the window of the target's settings.

    No Deployment and no pods make an empty log. Raises what the ports raise.
    """
    pods = await middleware_pods(target, estate)
    seconds = round(target.long_poll.reach_seconds)
    logs = await middleware_texts(target, estate, pods, since_seconds=seconds)
    # Megabytes take a moment, in which the other checks go on.
    log = _joined([await asyncio.to_thread(parsed, one.text, is_cut=one.is_cut) for one in logs])
    starts = tuple(at for pod in pods for at in _starts(target, pod))
    return replace(log, pods=len(pods), starts=starts)


def parsed(text: str, *, is_cut: bool = False) -> PollLog:
    """What one container's log tells; older lines of it are missing where it `is_cut`.

    A line without a time has that of the line before it.
    """
    lines = text.splitlines()
    signs = tuple(_with_waits(_without_echoes(list(_signs(lines)))))
    times = (at for line in lines if (at := _time(line)) is not None)
    return PollLog(
        signs,
        since=next(times, None),
        nameless=sum(not sign.session for sign in signs),
        is_cut=is_cut,
    )


def _joined(logs: Sequence[PollLog]) -> PollLog:
    """A log that was cut begins later than the chats that it tells of."""
    cut = [log.since for log in logs if log.is_cut and log.since]
    begins = [log.since for log in logs if log.since]
    return PollLog(
        signs=tuple(sign for log in logs for sign in log.signs),
        since=max(cut) if cut else min(begins, default=None),
        nameless=sum(log.nameless for log in logs),
        is_cut=bool(cut),
    )


def _starts(target: Target, pod: Pod) -> Iterator[datetime]:
    """The pod's own beginning, and the end of the container before, upon which the next one began."""
    if pod.created_at is not None:
        yield pod.created_at
    for one in pod.containers:
        if one.name == target.middleware.container and one.last_finished_at is not None:
            yield one.last_finished_at


def _signs(lines: Iterable[str]) -> Iterator[_Told]:
    last: datetime | None = None
    for text in lines:
        lowered = text.lower()
        if not any(word in lowered for word in _WORDS):
            continue
        line = _line(text)
        match = _LINE.search(line.words) or _BARE.search(text)
        if match is None:
            continue
        last = line.at or last
        sign = None if last is None else _sign(last, line, match)
        if sign is not None:
            yield _Told(sign, _ends_chat(sign, text), is_bare=match.lastgroup == "bare")


def _line(text: str) -> _Line:
    """As the JSON that it should be, which is fast; else by expressions, whatever its syntax."""
    fields = _fields(text)
    words = str(fields.get("msg") or fields.get("message") or text)
    stamp, user = fields.get("time"), fields.get("userID")
    return _Line(
        text,
        words,
        _stamp(f'time="{stamp}"') if isinstance(stamp, str) else _time(text),
        str(user) if user else _session(text),
    )


def _fields(text: str) -> Mapping[str, object]:
    if not text.startswith("{"):
        return {}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _sign(at: datetime, line: _Line, match: re.Match[str]) -> PollSign | None:
    kind = match.lastgroup or ""
    if kind == "event":
        return PollSign(at, line.session, Sign.EVENT, 200)
    if kind == "empty":
        return PollSign(at, line.session, Sign.EMPTY, 204)
    if kind == "lost":
        return PollSign(at, line.session, Sign.RECONNECT_LOST, 503)
    if kind == "bare" and not _OF_A_POLL.search(line.text):
        return None
    status = _STATUS_OF.get(kind)
    return PollSign(at, line.session, Sign.REFUSED, _status(line.text) if status is None else status)


def _session(line: str) -> str:
    found = _USER.search(line)
    return found[1] if found else ""


def _status(line: str) -> int:
    found = _STATUS.search(line)
    if found:
        return int(found[1] or found[2])
    return 500 if re.search(r"internal server error", line, re.I) else NO_ANSWER


def _time(text: str) -> datetime | None:
    return _stamp(text) if "time" in text.lower() else None


@lru_cache(maxsize=4096)
def _stamp(text: str) -> datetime | None:
    found = _TIME.search(text)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]}{(found[2] or '')[:7]}{found[3].replace('z', 'Z')}")
    except ValueError:
        return None


def _ends_chat(sign: PollSign, line: str) -> bool:
    """After these the middleware polls the chat no more; the same user's next chat is another one."""
    if sign.sign is Sign.EVENT:
        return bool(_ENDING.search(line))
    return sign.sign is Sign.RECONNECT_LOST or (sign.sign is Sign.REFUSED and sign.status not in (409, 503))


def _without_echoes(told: Sequence[_Told]) -> list[_Told]:
    """One poll may write two lines, by the client and by the loop around it: they count once."""
    loops = {(each.sign.status, each.sign.at.replace(microsecond=0)) for each in told if not each.is_bare}
    return [each for each in told if not (each.is_bare and _beside(each.sign) & loops)]


def _beside(sign: PollSign) -> set[tuple[int, datetime]]:
    """Its status in the same second and in those next to it."""
    at = sign.at.replace(microsecond=0)
    return {(sign.status, at + timedelta(seconds=near)) for near in (-1, 0, 1)}


def _with_waits(told: Iterable[_Told]) -> Iterator[PollSign]:
    """How long each poll took, as far as a log can tell: the time since its chat's last line."""
    last: dict[str, datetime] = {}
    for each in told:
        sign = each.sign
        before = last.pop(sign.session, None)
        if sign.session and not each.ends_chat:
            last[sign.session] = sign.at
        waited = (sign.at - before).total_seconds() if before else 0.0
        yield replace(sign, waited_seconds=max(waited, 0.0))
