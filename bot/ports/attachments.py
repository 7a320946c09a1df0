"""Reading the files that hang on somebody's message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file; `is_cut` where only its beginning was read."""

    name: str
    text: str
    is_cut: bool = False


class Attachments(Protocol):
    """Raises NotFound, AccessDenied (a scope is missing), BadAnswer (no text), Unreachable or RateLimited."""

    async def read(self, file_id: str) -> Attachment:
        """The file's text, up to a bound."""
