"""`/sfint diagnose`, its form and the message shortcut: the page that a text names, and who has its addresses."""

from __future__ import annotations

import asyncio

from bot.domain.addresses import addresses_in
from bot.domain.diagnosis import Diagnosis, Located
from bot.domain.errors import SfintError
from bot.domain.notice import Notice, Tone
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.readings.locate_addresses import locate_addresses
from bot.usecases.ask import Ask, whisper
from bot.usecases.desk import Desk
from bot.usecases.home_target import runbook_here
from bot.usecases.recognise import recognise
from bot.usecases.record import record

_MOST_ADDRESSES = 8
_MOST_CHARACTERS = 2_000_000


async def diagnose(
    desk: Desk, ask: Ask, target: Target, text: str, *, source: str, thread: str | None = None
) -> Diagnosis | None:
    """Posts the card; None, with a word to the asker alone, where there is no text to look at."""
    lines = text[:_MOST_CHARACTERS].splitlines()
    if not any(line.strip() for line in lines):
        await whisper(desk, ask, nothing_to_read())
        return None
    runbook = runbook_here(desk, ask.place.channel_id)
    found = await asyncio.to_thread(recognise, desk.matcher, runbook, lines, lambda number: f"line {number + 1}")
    located, remarks = await _locate(desk, target, text)
    if len(text) > _MOST_CHARACTERS:
        remarks = (*remarks, f"only the first {_MOST_CHARACTERS:,} characters were read")
    diagnosis = Diagnosis(target.name, ask.actor.user_id, source, len(lines), found, located, remarks)
    await desk.chat.show(f"diagnosis:{ask.key}", Where(ask.place.channel_id, thread), diagnosis)
    await record(
        desk,
        "text.diagnosed",
        actor=ask.actor.user_id,
        target=target.name,
        correlation_id=ask.key,
        entries=" ".join(each.page.id for each in found),
    )
    return diagnosis


async def _locate(desk: Desk, target: Target, text: str) -> tuple[tuple[Located, ...], tuple[str, ...]]:
    """Who has the addresses now, and what could not be asked."""
    addresses = addresses_in(text, _MOST_ADDRESSES)
    if not addresses:
        return (), ()
    try:
        async with asyncio.timeout(target.timings.check_seconds):
            return await locate_addresses(target, desk.estates[target.name], addresses), ()
    except TimeoutError:
        problem = f"Kubernetes did not answer within {target.timings.check_seconds:g} s"
    except SfintError as error:
        problem = str(error)
    return (), (f"who has {', '.join(map(str, addresses))} now could not be asked: {problem}",)


def nothing_to_read() -> Notice:
    """For a message, a form or a file without words."""
    lines = ("There is no text in it that could be matched.",)
    example = "/sfint diagnose dial tcp 10.0.0.9:6379: connect: no route to host"
    return Notice("Nothing to read", lines, example, Tone.WARNING)
