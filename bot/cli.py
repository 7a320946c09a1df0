"""`sfint` on a terminal; imports what the typed command needs and no more, for imports take most of a second."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bot.domain.errors import SfintError

_OK, _BAD_NEWS = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _answer(words)
    except SfintError as error:
        sys.stderr.write(f"sfint: {error}\n")
        return _BAD_NEWS
    except KeyboardInterrupt:
        return _OK


def _answer(words: list[str]) -> int:
    if words[:1] == ["diagnose"]:
        from bot.diagnosis.command import diagnose

        return diagnose(words[1:])
    from bot.typed import answer

    return answer(words)
