"""Labelled lines of a preflight."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.remediation import Fact
from bot.views.text import code, prose


def fact_lines(facts: Iterable[Fact]) -> list[str]:
    """`label: value`, the value in code style as it comes from a peer."""
    return [f"• {prose(fact.label, 100)}: {code(fact.value, 300)}" for fact in facts]
