"""Mistakes in a target's Datadog section that take two settings to see."""

from __future__ import annotations

from typing import Any

from bot.settings.problems import Problem

_GRANTED, _RESERVE = 300, 60


def datadog_disagreements(path: str, datadog: dict[str, Any]) -> list[Problem]:
    """`datadog` is the raw section at `path`; empty where the target has none."""
    try:
        granted = int(datadog.get("requests_per_hour", _GRANTED))
        reserve = int(datadog.get("reserve", _RESERVE))
    except (TypeError, ValueError):
        return []  # told by the fields themselves
    if not datadog or reserve < granted:
        return []
    return [
        Problem(f"{path}.reserve", "leaves nothing: it must be less than `requests_per_hour`", str(granted // 5))
    ]
