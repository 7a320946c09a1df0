"""A signature: words by which a failure is recognised, and the company in which they count."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """One way in which an entry shows itself in a text.

    Patterns are regular expressions of the linear-time kind (no look-around, no back-reference), read without
    regard to case, searched within one line.
    """

    entry: str
    source: str
    """As the entry has it: a template, or `/…/` for a regular expression."""
    pattern: str
    """A line without it cannot match this signature, however escaped or quoted: fit for filtering raw lines."""
    confidence: float
    """As in `Match`."""
    also: tuple[str, ...] = ()
    """Every one of these must be near as well."""
    unless: tuple[str, ...] = ()
    """None of these may be near: a near miss."""
    within: int = 0
    """How many lines away "near" reaches, before and after; 0 is the same line."""
    at_least: int = 1
    """Lines that must show it: one swallow makes no summer."""
    beats: tuple[str, ...] = ()
    """Entries that the same line seems to name, and does not."""
    examples: tuple[str, ...] = ()
    """Texts that it must recognise; the lint tries them."""
