"""Works off what arrived, each request on its own; what was acknowledged is done, also after a crash."""

from __future__ import annotations

import asyncio
import functools
from datetime import timedelta
from weakref import WeakValueDictionary

import structlog

from bot.domain.actor import Actor, Place
from bot.domain.click import DIAGNOSE_FORM, REASON_FIELD, TEXT_FIELD, read_click, read_denial
from bot.domain.click import Ask as AskAgain
from bot.domain.errors import SfintError
from bot.domain.grammar import sayable
from bot.domain.notice import Notice, Tone
from bot.ports.engine import Engine
from bot.ports.inbox import Arrival, Inbox, Received
from bot.ports.telemetry import Answered, Telemetry
from bot.usecases.answer_click import answer_click
from bot.usecases.answer_command import answer_command
from bot.usecases.answer_text import answer_shortcut, answer_text_form
from bot.usecases.ask import Ask, whisper
from bot.usecases.desk import Desk
from bot.usecases.observe_request import answered_with, observed_request, request_name

_log = structlog.get_logger(__name__)
_TOO_OLD = timedelta(minutes=10)
_MAX_ATTEMPTS = 3
_RETRY_SECONDS = 1.0


class WorkInbox:
    """A loop started by the composition root; `wake` is called whenever something was recorded."""

    def __init__(self, inbox: Inbox, telemetry: Telemetry, *, at_once: int = 64, alike_at_once: int = 8) -> None:
        self._inbox = inbox
        self._telemetry = telemetry
        self._woken = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(at_once)
        self._alike_at_once = alike_at_once
        self._lanes: WeakValueDictionary[tuple[str, str], asyncio.Semaphore] = WeakValueDictionary()

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    async def run(self, desk: Desk, engine: Engine) -> None:
        """Runs until cancelled; requests under way are then cancelled, and taken up at the next start."""
        try:
            while True:
                self._woken.clear()
                for received in await self._inbox.pending():
                    if received.key not in self._busy:
                        task = asyncio.create_task(self._work(desk, engine, received))
                        self._busy[received.key] = task
                        task.add_done_callback(functools.partial(self._ended, received.key))
                await self._woken.wait()
        finally:
            for task in list(self._busy.values()):
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        del self._busy[key]
        if not task.cancelled() and (problem := task.exception()):
            _log.error("a request could not be worked off; it is taken up again", exc_info=problem)
            asyncio.get_running_loop().call_later(_RETRY_SECONDS, self.wake)

    async def _work(self, desk: Desk, engine: Engine, received: Received) -> None:
        async with self._lane(received), self._places:
            with (
                structlog.contextvars.bound_contextvars(correlation_id=received.key),
                observed_request(received, self._telemetry, desk.clock),
            ):
                while not await self._attempt(desk, engine, received):
                    await desk.clock.sleep(_RETRY_SECONDS)

    def _lane(self, received: Received) -> asyncio.Semaphore:
        """One person's requests of one kind wait for each other: whoever types a slow one a hundred times, or a
        client that goes mad, takes no place away from the status, and the freeze, that others ask for.
        """
        kind = received.facts.get("user_id", ""), request_name(received)
        return self._lanes.setdefault(kind, asyncio.Semaphore(self._alike_at_once))

    async def _attempt(self, desk: Desk, engine: Engine, received: Received) -> bool:
        """True when this row needs no more work."""
        try:
            await _answer(desk, engine, received)
        except Exception as error:  # noqa: BLE001  the listener boundary, on this side of the ack
            _log.exception("request failed", key=received.key)
            attempts = await self._inbox.failed(received.key, f"{type(error).__name__}: {error}")
            if attempts < _MAX_ATTEMPTS:
                return False
            answered_with(Answered.FAILED)
            await _apologise(desk, received, error)
        await self._inbox.done(received.key)
        return True


async def _answer(desk: Desk, engine: Engine, received: Received) -> None:
    facts = received.facts
    ask = await _ask(desk, received)
    age = desk.clock.now() - received.received_at
    click = read_click(facts.get("action_id", ""), facts.get("value", ""))
    command = click.text if isinstance(click, AskAgain) else facts.get("text", "")
    if age > _TOO_OLD and (received.kind is Arrival.COMMAND or isinstance(click, AskAgain)):
        answered_with(Answered.REFUSED)
        await whisper(desk, ask, _asked_while_down(command))
        return
    match received.kind:
        case Arrival.COMMAND:
            await answer_command(desk, engine, ask, command)
        case Arrival.CLICK:
            await answer_click(desk, engine, ask, click, clicked_at=received.received_at)
        case Arrival.SUBMISSION:
            await _answer_form(desk, engine, ask, received)
        case Arrival.SHORTCUT:
            await answer_shortcut(desk, ask, facts)


async def _answer_form(desk: Desk, engine: Engine, ask: Ask, received: Received) -> None:
    facts = received.facts
    if facts.get("callback_id") == DIAGNOSE_FORM:
        await answer_text_form(desk, ask, facts.get("private_metadata", ""), facts.get(f"field.{TEXT_FIELD}", ""))
        return
    denial = read_denial(facts.get("private_metadata", ""))
    reason = facts.get(f"field.{REASON_FIELD}", "")
    await answer_click(desk, engine, ask, denial, clicked_at=received.received_at, reason=reason)


async def _ask(desk: Desk, received: Received) -> Ask:
    """Who and where, as Slack knows them; what arrived is believed about the ids alone."""
    facts = received.facts
    actor = await desk.directory.actor(facts.get("user_id", ""), facts.get("team_id", ""))
    place = await desk.directory.place(facts.get("channel_id", ""))
    return Ask(received.key, actor, place, facts.get("response_url", ""))


async def _apologise(desk: Desk, received: Received, error: Exception) -> None:
    """An error of our own tree says what is wrong in words that somebody can act upon."""
    facts = received.facts
    nobody = Actor(facts.get("user_id", ""), facts.get("team_id", ""), is_guest=True)
    ask = Ask(received.key, nobody, Place(facts.get("channel_id", "")), facts.get("response_url", ""))
    what = f"{error}." if isinstance(error, SfintError) else "Something in me broke while answering this."
    lines = (what, "Nothing more is tried.", f"Reference: {received.key}")
    await whisper(desk, ask, Notice("That did not work", lines, "/sfint status", Tone.BAD))


def _asked_while_down(typed: str) -> Notice:
    text = sayable(typed)
    lines = (
        f"You asked `/sfint {text}` while I was down; it is too old to run now.",
        "Ask again if still needed.",
    )
    return Notice("Asked while I was down", lines, f"/sfint {text}".rstrip(), Tone.WARNING)
