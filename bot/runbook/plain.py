"""Takes colours, escapes and a chat's markup out of a text, so that a signature sees the words."""

from __future__ import annotations

import re
import unicodedata

COLOUR = r"(?:\x1b|\\u001b|\\x1b|\\033|\\e|#033|\^\[)?\[[0-9]{1,3}(?:;[0-9]{1,3})*m|\x1b\[[0-9;?]*[A-Za-z]"
"""A terminal's colour, also with its escape character spelt out or lost: it may stand inside a word's boundary."""
_COLOUR = re.compile(COLOUR)
_NUMBERED = re.compile(r"\[[0-9]")
"""What a colour without its escape character begins with: much quicker to look for than all of it."""
_DRESSED = re.compile("[\u00a0\u00a8\u00aa\u00af\u00b2-\u00b5\u00b8-\u00ba\u00bc-\u00be\u0100-\U0010ffff]")
"""What has a plainer form, or may have. One by one: to order a long row of accents takes more than linear time."""
_SIGNS = dict(zip("\u201c\u201d\u201e\u2018\u2019\u201a\u2010\u2011\u2013\u2014", "\"\"\"'''----", strict=True))
"""Quotes and dashes that a chat or a word processor puts in the place of the typed ones."""
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060\ufeff]")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#39;": "'", "&#x27;": "'"}
_ENTITY = re.compile("|".join(_ENTITIES))
_QUOTE = re.compile(r"(?<!\\)\\+([\"'/])")
_CODE = re.compile(r"(?<!\\)\\+u00([0-9a-fA-F]{2})")
_BREAK = re.compile(r"(?<!\\)\\+[nrt]")
"""However often it was escaped; looking back first keeps a row of backslashes from being read again and again."""


def plain(text: str) -> str:
    """The words as a person reads them, in the same lines. Never raises, in linear time."""
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    if not text.isascii():
        text = _HIDDEN.sub("", _DRESSED.sub(_undressed, text))
    if "\x1b[" in text or _NUMBERED.search(text):
        text = _COLOUR.sub("", text)
    if "&" in text:
        text = _ENTITY.sub(lambda found: _ENTITIES[found.group()], text)
    if "\\" in text:
        text = _CODE.sub(lambda found: chr(int(found.group(1), 16)), _QUOTE.sub(r"\1", text))
        text = _BREAK.sub(" ", text)
    return text


def _undressed(found: re.Match[str]) -> str:
    return _SIGNS.get(found.group()) or unicodedata.normalize("NFKC", found.group())
