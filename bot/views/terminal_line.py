"""One line of a terminal, from a text that somebody else wrote."""

from __future__ import annotations

import re

_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """Without what steers a terminal: a peer's text must not look like a finding of ours, nor do anything."""
    return _UNSEEN.sub("", _BREAKS.sub(" ", text))
