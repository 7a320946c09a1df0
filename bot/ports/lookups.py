"""A small book of who looked contacts up and when, so that a person's budget survives a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Lookup:
    """One contact asked for, never which; `key` is the request's, which may come again after a crash."""

    key: str
    target: str
    person: str
    at: datetime


class LookupBook(Protocol):
    """Commits before it returns."""

    async def claim(self, lookup: Lookup, *, most: int, window: timedelta) -> datetime | None:
        """None where it may be made: it counts from then on, and the same key counts once.

        Else, with `most` of them within the window, the moment at which the person may ask again.
        """
