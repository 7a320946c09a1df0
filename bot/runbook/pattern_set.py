"""Many regular expressions searched at once, in one pass and in time that grows with the text alone (RE2)."""

from __future__ import annotations

from collections.abc import Sequence

import re2  # type: ignore[import-untyped]  # ships neither stubs nor py.typed

_MEMORY = 256 << 20
"""Bytes that the automaton may take before RE2 gives states up; far above what it needs."""


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


def flaw(pattern: str) -> str:
    """Why the engine refuses this expression; empty where it takes it. It takes only what runs in linear time."""
    try:
        re2.compile(pattern, _options())
    except re2.error as problem:
        return str(problem.args[0] if problem.args else problem)
    return ""


class PatternSet:
    """Which of the patterns a line holds. Raises re2.error for one that is no regular expression."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._single = [re2.compile(pattern, _options()) for pattern in patterns]
        self._set = re2.Set.SearchSet(_options())
        for pattern in patterns:
            self._set.Add(pattern)
        if patterns:
            self._set.Compile()

    def found_in(self, line: str) -> list[int]:
        """The numbers of the patterns that the line holds."""
        return list(self._set.Match(line) or ()) if self._single else []

    def where(self, nth: int, line: str) -> tuple[int, int] | None:
        """Where the pattern of this number is in the line, first; None where it is not."""
        found = self._single[nth].search(line)
        return (int(found.start()), int(found.end())) if found else None
