"""Finding the checks."""

from __future__ import annotations

from pathlib import Path

import bot.checks
from bot.checks.registry import collect
from bot.domain.command import COMPONENTS


def test_every_check_is_found_with_its_codes_and_its_words() -> None:
    """One file a check, no list to edit."""
    found = {check.name: check for check in collect()}

    files = {path.stem for path in Path(bot.checks.__file__).parent.glob("*.py")} - {"__init__", "registry"}
    assert list(found) == sorted(found)
    assert len(found) == len(files)
    assert all(check.doc and check.codes for check in found.values())
    assert {check.component for check in found.values()} == set(COMPONENTS)
    assert "redis.no-master" in found["redis-sentinel"].codes


def test_a_code_means_one_thing() -> None:
    """Checks of one system may share a code (no access), those of two never: it leads to one runbook entry."""
    components: dict[str, set[str]] = {}
    for check in collect():
        assert len(check.codes) == len(set(check.codes))
        for code in check.codes:
            components.setdefault(code, set()).add(check.component)

    assert [code for code, those in components.items() if len(those) > 1] == []
