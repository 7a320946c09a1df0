"""Durations as people type them."""

from __future__ import annotations

import pytest

from bot.domain.duration import seconds_of


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("90s", 90), ("15m", 900), ("2h", 7200), ("1h30m", 5400), ("1D", 86400), (" 5m ", 300)],
)
def test_durations_are_read(typed: str, seconds: int) -> None:
    """Several parts add up; capitals and blanks do not matter."""
    assert seconds_of(typed) == seconds


@pytest.mark.parametrize("typed", ["", "15", "m", "-5m", "1.5h", "0m", "15 minutes", "9999999999s"])
def test_anything_else_is_none(typed: str) -> None:
    """Nothing is guessed."""
    assert seconds_of(typed) is None
