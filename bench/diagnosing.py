"""What `sfint diagnose` does, with as many signatures as one wishes.

`python -m bench.diagnosing COUNT FILE`: the summary of FILE with COUNT signatures (0: the runbook's own).
`python -m bench.diagnosing COUNT`: their patterns alone, one a line, written as ripgrep wants them.
"""

from __future__ import annotations

import os
import random
import re
import sys
from dataclasses import dataclass, replace
from itertools import count

from bot.diagnosis.answers import Answers, Form
from bot.diagnosis.pieces import LogFile
from bot.diagnosis.summary import as_object
from bot.diagnosis.tally import Tally
from bot.domain.redaction import Redactor
from bot.domain.signature import Signature
from bot.runbook.loader import load_runbook
from bot.runbook.matcher import Matcher
from bot.runbook.template import is_regex, to_pattern

_WORD = re.compile(r"<[a-z]+>|[A-Za-z]{4,}")
_ESCAPED = re.compile(r"\\([^0-9A-Za-z])")
_NEEDS_ESCAPE = frozenset("\\.+*?()|[]{}^$-#&~")


@dataclass(frozen=True)
class Signed:
    """An entry, as far as the matcher is concerned."""

    signatures: tuple[Signature, ...]


def signatures(wanted: int) -> tuple[Signature, ...]:
    """The runbook's, in an order that does not change, and behind them the same in words that do not exist."""
    own = [signature for page in load_runbook().entries for signature in page.signatures]
    if not wanted:
        return tuple(own)
    random.Random(4).shuffle(own)  # noqa: S311  the same order in every run
    templates = [signature for signature in own if not is_regex(signature.source)]
    for turn in count(1):
        if len(own) >= wanted:
            break
        own += [_in_other_words(signature, turn) for signature in templates]
    return tuple(own[:wanted])


def _in_other_words(signature: Signature, turn: int) -> Signature:
    def turned(word: re.Match[str]) -> str:
        return (
            word[0] if word[0].startswith("<") else "".join(map(_turned, word[0].lower(), [turn] * len(word[0])))
        )

    source = _WORD.sub(turned, signature.source)
    return replace(signature, source=source, pattern=to_pattern(source), also=(), unless=())


def _turned(letter: str, turn: int) -> str:
    return chr((ord(letter) - ord("a") + turn) % 26 + ord("a"))


def _for_ripgrep(pattern: str) -> str:
    """It refuses to escape what needs no escape."""
    return _ESCAPED.sub(lambda found: found[0] if found[1] in _NEEDS_ESCAPE else found[1], pattern)


def main() -> None:
    """Prints."""
    chosen = signatures(int(sys.argv[1]))
    if len(sys.argv) == 2:
        patterns = dict.fromkeys(_for_ripgrep(signature.pattern) for signature in chosen)
        sys.stdout.write("".join(f"{pattern}\n" for pattern in patterns))
        return
    answers, tally = Answers(Matcher([Signed(chosen)]), Form.NOTHING), Tally()
    with open(sys.argv[2], "rb") as file:
        log = LogFile(file.fileno(), 0, os.fstat(file.fileno()).st_size)
        for answer in answers.of_file(log):
            tally.append(answer.tally)
    sys.stdout.write(as_object(tally, Redactor()))


if __name__ == "__main__":
    main()
