"""`sfint diagnose [--json] [--summary] FILE|-`: what the runbook knows of the lines of a log of any size."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from bot.diagnosis.answers import Answer, Answers, Form
from bot.diagnosis.pieces import LogFile, arriving, read_stream
from bot.diagnosis.summary import as_object, as_table, cut_notice
from bot.diagnosis.tally import Tally
from bot.diagnosis.writing import BOM, Packed, decoder, in_utf8
from bot.domain.errors import SfintError
from bot.domain.redaction import Redactor
from bot.printing import put
from bot.runbook.loader import Runbook, load_runbook
from bot.runbook.matcher import Matcher
from bot.views.terminal_line import one_line

_OK, _BROKEN_OFF, _MISTAKE = 0, 1, 2
_STDIN = 0
_EXAMPLE = "sfint diagnose middleware.log"
_TEXT_EXAMPLE = "sfint diagnose - <<< 'dial tcp 10.0.0.9:6379: connect: no route to host'"
_HELP = """\
sfint diagnose [--json] [--summary] FILE|-

Names the runbook entry of every line that it knows; `-` reads standard input, and answers each line at once:
  kubectl logs -f deploy/salesforce-integration | sfint diagnose -

  (nothing)         the lines that match: number, entry, confidence (0 to 1), evidence; then the summary
  --json            one object for every line, its matches best first, [] where nothing fits:
                    {"text": …, "matches": [{"entry": …, "confidence": …, "evidence": …}]}
  --summary         counts by entry, with the first and the last line of each
  --json --summary  the same as one object

It needs no configuration. Secrets and personal data are masked. Of a line longer than 64 KiB the beginning is
looked at. Exit codes: 0 read to the end, whatever was found; 1 the log could not be read to its end; 2 a mistake.
"""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was typed."""

    name: str
    json: bool
    summary: bool

    @property
    def form(self) -> Form:
        """What is wanted of each line."""
        if self.summary:
            return Form.NOTHING
        return Form.OBJECTS if self.json else Form.MATCHES


class _Mistake(SfintError):
    """What was typed cannot be done; the text names the argument, `example` can be."""

    def __init__(self, what: str, example: str = _EXAMPLE) -> None:
        super().__init__(what)
        self.example = example


def diagnose(arguments: Sequence[str], *, load: Callable[[], Runbook] = load_runbook, stdin: int = _STDIN) -> int:
    """Returns the exit code; prints to standard output, and complains to standard error.

    `load` gives the pages to match with, `stdin` is the descriptor that `-` names.

    Raises NotPrinted; BrokenPipeError when whoever reads what is printed has seen enough.
    """
    try:
        wish = _wish(arguments)
        if wish is None:
            put(_HELP)
            return _OK
        descriptor = stdin if wish.name == "-" else _opened(wish.name)
        try:
            return _diagnose(wish, descriptor, load)
        finally:
            if descriptor != stdin:
                os.close(descriptor)
    except _Mistake as mistake:
        sys.stderr.write(f"sfint: {one_line(str(mistake))}\nfor example: {one_line(mistake.example)}\n")
        return _MISTAKE


def _wish(arguments: Sequence[str]) -> _Wish | None:
    """None asks for help; behind `--` nothing is an option."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = {word for word in arguments[:end] if word.startswith("-") and word != "-"}
    names = [word for word in arguments[:end] if word not in options] + list(arguments[end + 1 :])
    if options & {"-h", "--help"}:
        return None
    if unknown := sorted(options - {"--json", "--summary"}):
        raise _Mistake(f"`{unknown[0]}` is not an option of `diagnose`: there are `--json` and `--summary`")
    if not names:
        raise _Mistake("`diagnose` needs a file, or `-` for standard input")
    if len(names) > 1:
        are_files = all(map(os.path.exists, names))
        example = f"cat {shlex.join(names)} | sfint diagnose -" if are_files else _TEXT_EXAMPLE
        raise _Mistake(f"`diagnose` reads one file, not {len(names)}", example)
    return _Wish(names[0], "--json" in options, "--summary" in options)


def _opened(name: str) -> int:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _Mistake(f"cannot read `{name}`: {reason}", _TEXT_EXAMPLE if " " in name else _EXAMPLE) from error
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _Mistake(f"cannot read `{name}`: it is a directory")
    return descriptor


def _diagnose(wish: _Wish, descriptor: int, load: Callable[[], Runbook]) -> int:
    tally, redactor = Tally(), Redactor()
    try:
        with closing(_answers(wish, descriptor, load)) as answers:
            for answer in answers:
                put(_printed(answer, tally.lines))
                tally.append(answer.tally)
    except Packed as packed:
        file = "middleware.log" if wish.name == "-" else wish.name
        example = f"{packed.unpacker} {shlex.quote(file)} | sfint diagnose -"
        raise _Mistake(f"cannot read `{wish.name}`: {packed}", example) from packed
    except BrokenPipeError:
        raise
    except OSError as error:
        name = one_line(wish.name)
        sys.stderr.write(f"sfint: `{name}` could not be read to its end: {error.strerror or error}\n")
        return _BROKEN_OFF
    put(_ending(wish, tally, redactor))
    if notice := cut_notice(tally):
        sys.stderr.write(f"sfint: {notice}\n")
    return _OK


def _answers(wish: _Wish, descriptor: int, load: Callable[[], Runbook]) -> Generator[Answer, None, None]:
    """Of one piece after the other; a file's are made by several processes. Raises OSError, Packed."""
    log = _regular(descriptor)
    head = log.head() if log else b""
    is_plain = decoder(head) is None
    answers = Answers(Matcher(load().entries), wish.form)
    if log and is_plain:
        yield from answers.of_file(replace(log, start=log.start + len(BOM)) if head.startswith(BOM) else log)
    else:
        yield from map(answers.of, read_stream(in_utf8(log.chunks() if log else arriving(descriptor))))


def _regular(descriptor: int) -> LogFile | None:
    """None for what has no length: pipes, terminals, and the files of /proc and /sys, which take no room."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or not status.st_blocks:
        return None
    return LogFile(descriptor, os.lseek(descriptor, 0, os.SEEK_CUR), status.st_size)


def _printed(answer: Answer, lines_before: int) -> bytes:
    if answer.numbered:
        return "".join(f"{lines_before + number + 1}: {words}\n" for number, words in answer.numbered).encode()
    return answer.printed


def _ending(wish: _Wish, tally: Tally, redactor: Redactor) -> str:
    match wish.form:
        case Form.OBJECTS:
            return ""
        case Form.MATCHES:
            return ("\n" if tally.matched else "") + as_table(tally, redactor)
        case Form.NOTHING:
            return (as_object if wish.json else as_table)(tally, redactor)
