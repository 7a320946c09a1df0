"""What a button means survives the trip through Slack; what is forged means nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approval import Choice
from bot.domain.click import (
    Acknowledge,
    Ask,
    Click,
    Decide,
    PageTeam,
    ShowEntry,
    button,
    read_click,
    read_denial,
)
from bot.domain.runbook import Team

RUN = "command:1234567890.123456.abcdef"
CLICKS = [
    *(Decide(choice, RUN, "a" * 64) for choice in Choice),
    Ask("restart-sentinel --target acme-prod"),
    ShowEntry("redis-failure"),
    *(PageTeam("acme-prod", "redis-failure", team) for team in Team),
    Acknowledge("sfint/acme-prod/redis-failure/ops"),
]


@pytest.mark.parametrize("click", CLICKS, ids=str)
def test_a_click_is_read_as_it_was_written(click: Click) -> None:
    """Encoding and decoding are inverse."""
    made = button(click, 3)

    assert read_click(made.action_id, made.value) == click


def test_the_deny_form_carries_the_decision() -> None:
    """What the button's value says is what the form gives back."""
    assert read_denial(button(CLICKS[2]).value) == Decide(Choice.DENY, RUN, "a" * 64)


@pytest.mark.parametrize(
    ("action_id", "value"),
    [
        ("", ""),
        ("other:decide:approve", f"{RUN}|abc"),
        ("sfint:decide:approve", ""),
        ("sfint:decide:approve", "no-hash"),
        ("sfint:decide:approve", "|hash"),
        ("sfint:decide:force", f"{RUN}|abc"),
        ("sfint:page:0", "nobody|redis-failure|acme"),
        ("sfint:page:0", "ops"),
        ("sfint:explode", "x"),
    ],
)
def test_a_forged_click_means_nothing(action_id: str, value: str) -> None:
    """None, never an exception and never a guess."""
    assert read_click(action_id, value) is None


@given(st.text(), st.text())
def test_reading_never_raises(action_id: str, value: str) -> None:
    """Whatever strings come."""
    read_click(action_id, value)
    read_click(f"sfint:{action_id}", value)
    read_denial(value)
