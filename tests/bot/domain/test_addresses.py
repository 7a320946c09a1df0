"""Addresses in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.addresses import addresses_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dial tcp 10.42.0.7:6379: connect: no route to host", ["10.42.0.7:6379"]),
        ("[dial tcp 10.42.0.7:6379: i/o timeout] and 10.42.0.7:6379 again", ["10.42.0.7:6379"]),
        ("dial tcp [fd00::7]:26379: connect: connection refused", ["[fd00::7]:26379"]),
        ("from 10.0.0.1 to 10.0.0.2:9092.", ["10.0.0.1", "10.0.0.2:9092"]),
        ("release 1.2.3.4.5 of 2026.11.22, 999.1.1.1:80, 0.0.0.0:6379", []),
        ("10.0.0.1:99999", []),
        ("[2026-11-22] nothing", []),
    ],
)
def test_addresses_are_found(text: str, found: list[str]) -> None:
    """Each once, in the order of the text; versions and impossible ones are none."""
    assert [str(address) for address in addresses_in(text, 8)] == found


def test_no_more_than_wanted() -> None:
    """A text full of addresses does not ask the cluster for all of them."""
    text = " ".join(f"10.0.0.{n}:6379" for n in range(1, 100))

    assert len(addresses_in(text, 8)) == 8


@given(st.text())
def test_nothing_crashes_it(text: str) -> None:
    """Whatever is pasted."""
    assert all(str(address) for address in addresses_in(text, 8))
