"""What is said of a piece of a log: one object a line, the lines that match, or counts alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.diagnosis.pieces import Piece
from bot.diagnosis.tally import Tally
from bot.domain.redaction import Redactor
from bot.domain.secret_shapes import MASK
from bot.runbook.known_lines import KnownLine, KnownLines
from bot.runbook.matcher import Matcher


class Form(StrEnum):
    """What is wanted of each line."""

    OBJECTS = "objects"
    """A JSON object for every line."""
    MATCHES = "matches"
    """A line to read for every line that matches."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Answer:
    """Of one piece: what was counted, what to print, and for MATCHES which lines (from 0) the words belong to."""

    tally: Tally
    printed: bytes = b""
    numbered: tuple[tuple[int, str], ...] = ()


class Answers:
    """Compiled once; nothing that it gives to print holds a secret."""

    def __init__(self, matcher: Matcher, redactor: Redactor, form: Form) -> None:
        self._matcher = matcher
        self._known = KnownLines(matcher)
        self._redactor = redactor
        self._form = form

    def of(self, piece: Piece) -> Answer:
        """The answer on this piece alone, its lines numbered from 0."""
        known = list(self._known.of(piece.text)) if piece.lines else []
        tally = Tally(piece.lines, 0, piece.cut)
        for line in known:
            tally.note(line)
        match self._form:
            case Form.OBJECTS:
                return Answer(tally, printed="".join(self._objects(piece, known)).encode())
            case Form.MATCHES:
                return Answer(tally, numbered=tuple((line.number, self._words(line)) for line in known))
            case Form.NOTHING:
                return Answer(tally)

    def _objects(self, piece: Piece, known: Sequence[KnownLine]) -> Iterator[str]:
        if not piece.lines:
            return
        by_number = {line.number: line for line in known}
        for number, text in enumerate(piece.text.split("\n")):
            clean = self._redactor.text(text)
            line = by_number.get(number)
            matches = [
                {"entry": entry, "confidence": confidence, "evidence": evidence}
                for entry, confidence, evidence in (self._shown(line, clean) if line else ())
            ]
            yield json.dumps({"text": clean, "matches": matches}, ensure_ascii=False) + "\n"

    def _words(self, line: KnownLine) -> str:
        shown = self._shown(line, self._redactor.text(line.text))
        return "; ".join(f"{entry} {confidence:.2f} {evidence}" for entry, confidence, evidence in shown)

    def _shown(self, line: KnownLine, clean: str) -> Iterator[tuple[str, float, str]]:
        """Entry, confidence and evidence: the latter out of the clean line, as it may begin within a secret."""
        matches = line.matches if clean == line.text else self._matcher.match(clean)
        evidence = {match.entry: self._redactor.text(match.evidence) for match in matches}
        for match in line.matches:
            yield match.entry, match.confidence, evidence.get(match.entry, MASK)
