"""What is said of a piece of a log: one object a line, the lines that match, or counts alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from json import JSONEncoder

from bot.diagnosis.clean import Cleaner
from bot.diagnosis.pieces import Piece
from bot.diagnosis.tally import Tally
from bot.domain.redaction import Redactor
from bot.domain.secret_shapes import MASK
from bot.runbook.known_lines import KnownLine, KnownLines
from bot.runbook.matcher import Matcher
from bot.views.terminal import one_line

_quoted = JSONEncoder(ensure_ascii=False).encode


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


@dataclass(frozen=True, slots=True)
class _Shown:
    """A match as it may be shown."""

    entry: str
    confidence: float
    evidence: str


class Answers:
    """Compiled once; nothing that it gives to print holds a secret."""

    def __init__(self, matcher: Matcher, form: Form) -> None:
        self._matcher = matcher
        self._known = KnownLines(matcher)
        self._redactor = Redactor()
        self._cleaner = Cleaner() if form is Form.OBJECTS else None
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
        if self._cleaner is None or not piece.lines:
            return
        by_number = {line.number: line for line in known}
        for number, clean in enumerate(self._cleaner.lines(piece.text)):
            line = by_number.get(number)
            matches = ", ".join(map(_match, self._shown(line, clean))) if line else ""
            yield f'{{"text": {_quoted(clean)}, "matches": [{matches}]}}\n'

    def _words(self, line: KnownLine) -> str:
        shown = self._shown(line, self._redactor.text(line.text))
        return one_line("; ".join(f"{match.entry} {match.confidence:.2f} {match.evidence}" for match in shown))

    def _shown(self, line: KnownLine, clean: str) -> Iterator[_Shown]:
        """Evidence comes out of the clean line: it may begin within a secret, behind the name that tells."""
        matches = line.matches if clean == line.text else self._matcher.match(clean)
        evidence = {match.entry: self._redactor.text(match.evidence) for match in matches}
        for match in line.matches:
            yield _Shown(match.entry, match.confidence, evidence.get(match.entry, MASK))


def _match(shown: _Shown) -> str:
    return _quoted(asdict(shown))
