"""The big switch that stops all repairs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FreezeState:
    """Frozen or not; by whom, why and since when."""

    is_frozen: bool
    by: str = ""
    reason: str = ""
    since: datetime | None = None


class Freezer(Protocol):
    """Commits before it returns."""

    async def state(self) -> FreezeState:
        """What holds now."""

    async def set(self, state: FreezeState) -> None:
        """Freezes or thaws."""
