"""What is wrong with a page of the runbook itself."""

from __future__ import annotations

from bot.domain.errors import SfintError


class BadEntry(SfintError):
    """An entry's front matter or body is not what the loader needs; the text names file and key."""
