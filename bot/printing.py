"""Standard output as a good tool treats it: at once, in UTF-8, and with a word when it cannot be written."""

from __future__ import annotations

import os

from bot.domain.errors import SfintError

_STDOUT = 1


class NotPrinted(SfintError):
    """Standard output is full, closed or broken: what was asked for is not there."""


def put(text: str | bytes) -> None:
    """Whoever follows a log waits for its lines: nothing stays in a buffer.

    Raises NotPrinted; BrokenPipeError where whoever read has seen enough.
    """
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    try:
        while data:
            data = data[os.write(_STDOUT, data) :]
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotPrinted(f"cannot write to standard output: {error.strerror}") from error
