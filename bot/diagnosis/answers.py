"""What is said of a piece of a log: one object a line, the lines that match, or counts alone."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from json import JSONEncoder

from bot.diagnosis.clean import Cleaner
from bot.diagnosis.pieces import LogFile, Piece
from bot.diagnosis.tally import Tally
from bot.diagnosis.workers import in_order
from bot.domain.redaction import Redactor
from bot.domain.secret_shapes import MASK
from bot.runbook.known_lines import KnownLine, KnownLines, NamedLine
from bot.runbook.matcher import Matcher
from bot.views.terminal_line import one_line

_SHARES, _MOST_AT_ONCE = 16, 16
"""Each process is sent work often enough for all to end together, and seldom enough for it to cost nothing."""
_BETWEEN = "\x7f"
_TEXT, _NO_MATCHES = '{"text": ', ', "matches": []}\n'
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
        if self._form is Form.NOTHING:
            return Answer(_tally(piece, list(self._known.named(piece.text))))
        known = list(self._known.of(piece.text))
        tally = _tally(piece, known)
        if self._form is Form.MATCHES:
            return Answer(tally, numbered=tuple((line.number, self._words(line)) for line in known))
        return Answer(tally, printed="".join(self._objects(piece, known)).encode())

    def of_file(self, log: LogFile) -> Generator[Answer, None, None]:
        """The answers on its pieces, made by several processes; where lines are only counted, on many at once."""
        spans = log.spans()
        if self._form is not Form.NOTHING:
            yield from in_order(lambda span: self.of(log.read(span)), spans)
            return
        many = max(1, min(_MOST_AT_ONCE, len(spans) // _SHARES))
        shares = [spans[nth : nth + many] for nth in range(0, len(spans), many)]
        yield from in_order(lambda share: self._counted(map(log.read, share)), shares)

    def _counted(self, pieces: Iterable[Piece]) -> Answer:
        tally = Tally()
        for piece in pieces:
            tally.append(self.of(piece).tally)
        return Answer(tally)

    def _objects(self, piece: Piece, known: Sequence[KnownLine]) -> Iterator[str]:
        if self._cleaner is None or piece.is_empty:
            return
        lines = self._cleaner.lines(piece.text)
        done = 0
        for line in known:
            yield _without_matches(lines[done : line.number])
            clean = lines[line.number]
            matches = ", ".join(map(_match, self._shown(line, clean)))
            yield f'{{"text": {_quoted(clean)}, "matches": [{matches}]}}\n'
            done = line.number + 1
        yield _without_matches(lines[done:])

    def _words(self, line: KnownLine) -> str:
        shown = self._shown(line, self._redactor.text(line.text))
        return one_line("; ".join(f"{match.entry} {match.confidence:.2f} {match.evidence}" for match in shown))

    def _shown(self, line: KnownLine, clean: str) -> Iterator[_Shown]:
        """Evidence comes out of the clean line: it may begin within a secret, behind the name that tells."""
        matches = line.matches if clean == line.text else self._matcher.match(clean)
        evidence = {match.entry: self._redactor.text(match.evidence) for match in matches}
        for match in line.matches:
            yield _Shown(match.entry, match.confidence, evidence.get(match.entry, MASK))


def _tally(piece: Piece, lines: Sequence[KnownLine | NamedLine]) -> Tally:
    number, start = (lines[-1].number, lines[-1].start) if lines else (0, 0)
    tally = Tally(piece.lines(number, start), 0, piece.cut)
    for line in lines:
        tally.note(line)
    return tally


def _without_matches(lines: Sequence[str]) -> str:
    """An object a line, written at once: with a sign between the lines that JSON takes as it is."""
    if not lines:
        return ""
    text = _BETWEEN.join(lines)
    if text.count(_BETWEEN) >= len(lines):
        return "".join(f"{_TEXT}{_quoted(line)}{_NO_MATCHES}" for line in lines)
    return _TEXT + _quoted(text).replace(_BETWEEN, f'"{_NO_MATCHES}{_TEXT}"') + _NO_MATCHES


def _match(shown: _Shown) -> str:
    return _quoted(asdict(shown))
