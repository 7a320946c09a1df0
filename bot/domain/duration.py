"""Durations as people type them: `90s`, `15m`, `2h`, `1h30m`, `1d`."""

from __future__ import annotations

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WHOLE = re.compile(r"(?:\d{1,6}[smhd])+")
_PART = re.compile(r"(\d+)([smhd])")


def seconds_of(text: str) -> int | None:
    """The seconds; None for what is no duration, and for nothing at all."""
    typed = text.strip().lower()
    if not _WHOLE.fullmatch(typed):
        return None
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(typed)) or None
