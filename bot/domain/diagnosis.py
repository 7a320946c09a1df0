"""What a text, or a workload's log, has in common with the runbook, and where the addresses in it lead."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.match import Match
from bot.domain.runbook import Entry


@dataclass(frozen=True, slots=True)
class Recognised:
    """An entry that was found; `first` and `last` say where: `line 3`, or a time in UTC."""

    page: Entry
    match: Match
    lines: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Located:
    """An address in the text, and who has it now: a pod, a Service, or nobody."""

    address: str
    holder: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`/sfint diagnose` and the message shortcut. `source` says what was read, `found` has the surest first."""

    target: str
    asked_by: str
    source: str
    lines: int
    found: tuple[Recognised, ...]
    addresses: tuple[Located, ...] = ()
    remarks: tuple[str, ...] = ()
    """What could not be read or asked."""


@dataclass(frozen=True, slots=True)
class LogReading:
    """`/sfint logs`: the streams that were read (`pod/container`, `… (previous)`), and what is in them."""

    target: str
    asked_by: str
    workload: str
    window: str
    client: str
    streams: tuple[str, ...]
    lines: int
    found: tuple[Recognised, ...]
    remarks: tuple[str, ...] = ()
