"""Redacts whole pieces of a log: what a line must hold to be changed is searched for in all of them at once."""

from __future__ import annotations

from bot.domain.redaction import Redactor
from bot.domain.redaction_hints import other_hints, user_id_hint
from bot.domain.secret_shapes import mask_user_ids
from bot.runbook.line_finder import LineFinder, one_byte_each


class Cleaner:
    """Compiled once. Says of every line what `Redactor().text` says of it."""

    def __init__(self) -> None:
        self._redactor = Redactor()
        self._others = LineFinder(other_hints())
        self._user_ids = LineFinder([user_id_hint()])

    def lines(self, text: str) -> list[str]:
        """The lines of a text, which are parted by `\\n` alone, as they may be shown."""
        data = one_byte_each(text)
        others = {start for start, _ in self._others.find_in(data)}
        user_ids = {start for start, _ in self._user_ids.find_in(data)}
        lines = text.split("\n")
        start = 0
        numbers: list[int] = []
        for nth, line in enumerate(lines):
            if start in others:
                lines[nth] = self._redactor.text(line)
            elif start in user_ids:
                numbers.append(nth)
            start += len(line) + 1
        masked = mask_user_ids("\n".join(lines[nth] for nth in numbers))  # at once; no user id goes past its line
        for nth, line in zip(numbers, masked.split("\n"), strict=False):
            lines[nth] = line
        return lines
