"""Counts, times and traces one request from its receipt to its answer, with names from the catalogue only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from bot.domain.click import DIAGNOSE_FORM, Acknowledge, Ask, Decide, PageTeam, ShowEntry, read_click, read_denial
from bot.domain.command import spec_named
from bot.ports.clock import Clock
from bot.ports.inbox import Arrival, Received
from bot.ports.telemetry import UNKNOWN, Answered, Telemetry


@dataclass
class _Ending:
    how: Answered = Answered.ANSWERED


_under_way: ContextVar[_Ending | None] = ContextVar("request_under_way", default=None)


def answered_with(how: Answered) -> None:
    """Says how the request under way here ends, where that is not with an answer; nothing outside of one."""
    ending = _under_way.get()
    if ending is not None:
        ending.how = how


@contextlib.contextmanager
def observed_request(received: Received, telemetry: Telemetry, clock: Clock) -> Iterator[None]:
    """Around all attempts at one request; one that is cut off is not counted, for it is taken up again."""
    name, ending = request_name(received), _Ending()
    token = _under_way.set(ending)
    try:
        with telemetry.tracer.begin(f"{received.kind} {name}", received.key, kind=received.kind.value) as span:
            yield
            span.tell(outcome=ending.how.value)
        seconds = (clock.now() - received.received_at).total_seconds()
        telemetry.meter.request_ended(received.kind.value, name, ending.how, seconds)
    finally:
        _under_way.reset(token)


def request_name(received: Received) -> str:
    """A word of the catalogue or of our buttons; `unknown` for whatever else was typed or forged."""
    facts = received.facts
    if received.kind is Arrival.COMMAND:
        return _command(facts.get("text", ""))
    if received.kind is Arrival.SHORTCUT or facts.get("callback_id") == DIAGNOSE_FORM:
        return "diagnose"
    if received.kind is Arrival.SUBMISSION:
        denial = read_denial(facts.get("private_metadata", ""))
        return denial.choice.value if denial is not None else UNKNOWN
    match read_click(facts.get("action_id", ""), facts.get("value", "")):
        case Decide(choice, _, _):
            return choice.value
        case Ask(text):
            return _command(text)
        case ShowEntry():
            return "show-entry"
        case PageTeam():
            return "page-team"
        case Acknowledge():
            return "acknowledge"
        case _:
            return UNKNOWN


def _command(text: str) -> str:
    """Of a mistyped command too, as far as its first word is one; nothing at all asks for help."""
    word = next(iter(text.split()), "help").lower()
    return word if spec_named(word) is not None else UNKNOWN
