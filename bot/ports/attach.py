"""Where a step leaves its evidence."""

from __future__ import annotations

from typing import Protocol


class Attach(Protocol):
    """Puts a text file into the run's thread; the same name twice is one file."""

    async def __call__(self, filename: str, title: str, text: str) -> None: ...
