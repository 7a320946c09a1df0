"""A proof: one thing that the settings promise, asked of the system that keeps it, without a side effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """OPTIONAL: not proved or not there, and nothing that is configured needs it."""

    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "unknown"
    OPTIONAL = "optional"

    @property
    def is_fine(self) -> bool:
        """Whether it can be relied on."""
        return self in (Standing.OK, Standing.OPTIONAL)


@dataclass(frozen=True, slots=True)
class Spared:
    """The answer of a question that need not be proved, with the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be proved. `ask` returns the detail of the proof.

    It raises AccessDenied or NotFound for what is missing, and any other error for what could not be asked.
    `fix` tells the reader what to do where it is not proved.
    """

    subject: str
    what: str
    ask: Callable[[], Awaitable[str | Spared]]
    fix: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of the table; `fix` is empty where nothing is to be done."""

    subject: str
    what: str
    standing: Standing
    detail: str
    fix: str = ""
