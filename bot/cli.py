"""`sfint` on a terminal; imports what the typed command needs and no more, for imports take most of a second."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from bot.domain.errors import SfintError

_BAD_NEWS = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code; what a signal ends is ended by that signal, so that a shell's loop ends as well."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _fill_closed_streams()
    try:
        return _answer(words)
    except SfintError as error:
        sys.stderr.write(f"sfint: {error}\n")
        return _BAD_NEWS
    except BrokenPipeError:
        return _ended_by(signal.SIGPIPE)
    except KeyboardInterrupt:
        return _ended_by(signal.SIGINT)


def _answer(words: list[str]) -> int:
    if words[:1] == ["diagnose"]:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # it has nothing to tidy up
        from bot.diagnosis.command import diagnose

        return diagnose(words[1:])
    from bot.typed import answer

    return answer(words)


def _fill_closed_streams() -> None:
    """After `<&-` or `>&-` the next file that is opened would take the place, and be read or written instead."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if descriptor == 0 else os.O_RDONLY)  # to use it fails, as it should
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115  until the program ends


def _ended_by(number: signal.Signals) -> int:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number
