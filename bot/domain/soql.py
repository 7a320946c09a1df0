"""SOQL made of parts that cannot break out of their places: string literals and names of fields."""

from __future__ import annotations

import re

_ESCAPES = {
    "\\": r"\\",
    "'": r"\'",
    '"': r"\"",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\b": r"\b",
    "\f": r"\f",
}
_TABLE = str.maketrans(_ESCAPES)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(\.[A-Za-z][A-Za-z0-9_]{0,79}){0,5}")


def literal(text: str) -> str:
    """`text` as a quoted SOQL string that means exactly it (SOQL reference, "Quoted String Escape Sequences").

    For `=`, `!=` and `IN`. Not for LIKE, where `%` and `_` have a meaning of their own.
    """
    return f"'{text.translate(_TABLE)}'"


def literals(texts: tuple[str, ...]) -> str:
    """The list of an IN: `('a', 'b')`. Raises ValueError for none, which SOQL does not know."""
    if not texts:
        raise ValueError("an IN needs at least one value")
    return f"({', '.join(literal(text) for text in texts)})"


def name(text: str) -> str:
    """The name of an object or a field, a relationship's dots included. Raises ValueError for anything else."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"`{text[:80]}` is not the name of an object or a field in Salesforce")
    return text
