"""The short answers: a refusal, a usage problem, a runbook page, a help text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.runbook import Entry


class Tone(StrEnum):
    """How a notice looks."""

    INFO = "info"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Notice:
    """A few lines of plain text (never mrkdwn made by a peer); `example` is a command that works."""

    title: str
    lines: tuple[str, ...] = ()
    example: str = ""
    tone: Tone = Tone.INFO


@dataclass(frozen=True, slots=True)
class RunbookPage:
    """`/sfint runbook`: one entry whole, or the list that matched."""

    words: str
    entries: tuple[Entry, ...]
