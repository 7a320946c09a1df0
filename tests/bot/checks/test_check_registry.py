"""Finding the checks."""

from __future__ import annotations

from bot.checks.registry import collect


def test_every_check_is_found_with_its_codes_and_its_words() -> None:
    """One file a check, no list to edit."""
    found = {check.name: check for check in collect()}

    assert list(found) == [
        "middleware-deployment",
        "redis-pods",
        "redis-sentinel",
        "salesforce-api",
        "salesforce-token",
    ]
    assert all(check.doc and check.codes for check in found.values())
    assert {check.component for check in found.values()} == {"redis", "middleware", "salesforce"}
    assert "redis.no-master" in found["redis-sentinel"].codes


def test_no_code_belongs_to_two_checks() -> None:
    """A code leads to one runbook entry."""
    codes = [code for check in collect() for code in check.codes]

    assert len(codes) == len(set(codes))
