"""`/sfint logs`: every container of a workload, now and before its restart, grouped by what the runbook knows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.command import Command
from bot.domain.contact import read_address
from bot.domain.diagnosis import LogReading
from bot.domain.duration import seconds_of
from bot.domain.errors import NotFound, SfintError
from bot.domain.likeness import nearest
from bot.domain.log_sources import log_sources
from bot.domain.notice import Notice, Tone
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.ports.estate import Estate
from bot.readings.workload_logs import LogStream, workload_logs
from bot.runbook.loader import Runbook
from bot.runbook.matcher import Matcher
from bot.usecases.ask import Ask, whisper
from bot.usecases.desk import Desk
from bot.usecases.home_target import runbook_here
from bot.usecases.recognise import recognise
from bot.usecases.record import record

_SINCE = "15m"
_LONGEST_SECONDS = 86_400
_EXAMPLE = "/sfint logs middleware --since 15m"
_DEADLINE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Logs:
    """What was read: the card, and the lines behind it (not redacted yet)."""

    reading: LogReading
    text: str


async def show_logs(desk: Desk, ask: Ask, target: Target, command: Command) -> None:
    """Posts the card, and the lines as a file in its thread; a mistake is told to the asker alone."""
    runbook = runbook_here(desk, ask.place.channel_id)
    estate = desk.estates[target.name]
    found = await read_logs(target, estate, command, desk.matcher, runbook, asked_by=ask.actor.user_id)
    if isinstance(found, Notice):
        await whisper(desk, ask, found)
        return
    card, where = f"logs:{ask.key}", ask.place.channel_id
    await desk.chat.show(card, Where(where), found.reading)
    if found.text:
        name = f"{found.reading.workload}-{desk.clock.now():%Y%m%d-%H%M%S}.log"
        title = f"{found.reading.workload}, {found.reading.window}"
        await desk.chat.attach(f"{card}:file", Where(where, thread=card), name, title, found.text)
    await record(
        desk,
        "logs.read",
        actor=ask.actor.user_id,
        target=target.name,
        correlation_id=ask.key,
        workload=found.reading.workload,
        entries=" ".join(each.page.id for each in found.reading.found),
    )


async def read_logs(
    target: Target, estate: Estate, command: Command, matcher: Matcher, runbook: Runbook, *, asked_by: str
) -> Logs | Notice:
    """What the command asks for; a Notice that names the argument that is wrong, or what could not be read."""
    known, word = log_sources(target), command.arguments[0].lower()
    if word not in known:
        return _unknown_workload(word, list(known))
    typed = command.option("since") or _SINCE
    seconds = seconds_of(typed)
    if seconds is None or seconds > _LONGEST_SECONDS:
        lines = (f"`--since`: `{typed[:40]}` is no time up to a day, like 90s, 15m, 2h or 1d.",)
        return Notice("Since when?", lines, _EXAMPLE, Tone.WARNING)
    ref = known[word]
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            streams = await workload_logs(estate, ref, seconds)
    except TimeoutError:
        return _unread(ref.name, f"Kubernetes did not answer within {_DEADLINE_SECONDS:g} s")
    except NotFound:
        return _unread(ref.name, f"there is no {ref.kind} {ref.name} in {ref.namespace}")
    except SfintError as error:
        return _unread(ref.name, str(error))
    client = command.option("client") or ""
    empty = LogReading(target.name, asked_by, ref.name, f"the last {typed}", _shown(client), (), 0, ())
    return await asyncio.to_thread(_judged, streams, client, empty, matcher, runbook)


def _shown(client: str) -> str:
    """Whoever looks for one customer types a number, and the card is for everybody in the channel."""
    address = read_address(client)
    return address.masked if address else client


def _judged(
    streams: Sequence[LogStream], client: str, empty: LogReading, matcher: Matcher, runbook: Runbook
) -> Logs:
    """The reading with what the streams hold; runs in a thread."""
    lines = sorted(line for stream in streams for line in _lines_of(stream, client))
    found = recognise(matcher, runbook, [line.words for line in lines], lambda nth: _clock(lines[nth].moment))
    remarks = [f"{one.name} could not be read: {one.problem}" for one in streams if one.problem]
    remarks += [f"{one.name} holds more: only its newest lines were read" for one in streams if one.is_cut]
    reading = replace(
        empty,
        streams=tuple(stream.name for stream in streams if not stream.problem),
        lines=len(lines),
        found=found,
        remarks=tuple(remarks),
    )
    return Logs(reading, "\n".join(f"{line.moment} {line.stream} {line.words}" for line in lines))


@dataclass(frozen=True, slots=True, order=True)
class _Line:
    """Sorts by time, whichever container wrote it."""

    moment: str
    stream: str
    words: str


def _lines_of(stream: LogStream, client: str) -> list[_Line]:
    wanted, lines = client.casefold(), []
    for line in stream.text.splitlines():
        moment, _, words = line.partition(" ")
        if words.strip() and wanted in words.casefold():
            lines.append(_Line(moment, stream.name, words))
    return lines


def _clock(moment: str) -> str:
    """`2026-11-22T10:00:00.123456789Z` -> `10:00:00`; what is no moment stays as it is."""
    day, _, time = moment.partition("T")
    return time[:8] if day and time else moment[:20]


def _unknown_workload(word: str, known: Sequence[str]) -> Notice:
    guess = nearest(word, known)
    lines = [f"`workload`: `{word[:60]}` is none that this target's settings name; there are {', '.join(known)}."]
    lines += [f"Did you mean `/sfint logs {guess}`?"] if guess else []
    return Notice("Whose logs?", tuple(lines), _EXAMPLE, Tone.WARNING)


def _unread(workload: str, problem: str) -> Notice:
    return Notice(f"The logs of {workload} could not be read", (f"{problem}.",), "/sfint status", Tone.BAD)
