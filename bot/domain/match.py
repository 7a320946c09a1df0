"""What a text has in common with the runbook: one entry that it names, how surely, and by which words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """One entry that a text names.

    `confidence` says how much a person may lean on it. From 0.9: this failure writes these words, and nothing else
    does. From 0.7: they are this failure's where a middleware like ours writes them. From 0.5: they fit, and
    another cause is possible. Less is not told.
    """

    entry: str
    confidence: float
    """0 to 1."""
    evidence: str
    """The words that matched, at most `LONGEST_EVIDENCE` characters. Not redacted: whoever shows it does that."""
    signature: str
    """The signature as the entry has it."""
    beat: tuple[str, ...] = ()
    """Entries that the same words would have named, had this one not known better."""


LONGEST_EVIDENCE = 160
"""Characters."""
