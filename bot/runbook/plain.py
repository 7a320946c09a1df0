"""Takes colours, escapes and a chat's markup out of a text, so that a signature sees the words."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote

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
ENTITY = "&(?:amp;)*(?:lt|gt|amp|quot|apos|nbsp|#[0-9]{1,5}|#x[0-9a-fA-F]{1,4});"
"""However often it was escaped."""
_ENTITY = re.compile(ENTITY)
_AMP = re.compile("(?:amp;)+(?=.)")
LINK = r"<(?:https?://|mailto:|tel:)[^\s|<>]*\|[^\n|<>]*>"
"""A host, an address or a number that a chat has made a link of."""
_LINK = re.compile(LINK)
PERCENT = "%(?:25)*(?:0[9ad]|2[0-9a-f]|3[a-f]|40|5[b-e]|60|7[b-e]|[c-f][0-9a-f]%(?:25)*[89ab][0-9a-f])"
"""A sign that no address may hold as it is, or a letter beyond ASCII."""
_PERCENT = re.compile(f"(?i:{PERCENT}(?:%(?:25)*[89ab][0-9a-f])*)")
ITALIC_END = r"[0-9A-Za-z)\]}.,:;!?\"']_$"
"""A chat's italics end with the line: hardly an identifier does so."""
_ITALIC_END = re.compile(ITALIC_END, re.MULTILINE)
_ITALIC_START = re.compile(r"(?<![0-9A-Za-z_])_(?=[^\s_])")
DOUBLED = r"[0-9A-Za-z}\]_]\"\"|\s\"\"[0-9A-Za-z{\[]"
"""A quote in a field of CSV."""
_DOUBLED = re.compile(DOUBLED)
_PLUS = re.compile(r"(?<=\S)\+(?=\S)")
_ESCAPED_PERCENT = re.compile("%(?:25)+")
_HEX = re.compile("[ux]([0-9a-fA-F]+)")
_QUOTE = re.compile(r"(?<!\\)\\+([\"'/])")
_CODES = re.compile(r"(?<!\\)\\+u[0-9a-fA-F]{4}(?:\\+u[0-9a-fA-F]{4})*")
_BYTES = re.compile(r"(?<!\\)\\+x[0-9a-fA-F]{2}(?:\\+x[0-9a-fA-F]{2})*")
_BREAK = re.compile(r"(?<!\\)\\+[nrt]")
"""However often it was escaped; looking back first keeps a row of backslashes from being read again and again."""


def plain(text: str) -> str:
    """The words as a person reads them, in the same lines. Never raises, in linear time."""
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    if "\x1b[" in text or _NUMBERED.search(text):
        text = _COLOUR.sub("", text)
    if "|" in text:
        text = _LINK.sub(_label, text)
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    if "%" in text and _PERCENT.search(text):
        text = "\n".join(map(_unquoted, text.split("\n")))
    if "\\" in text:
        text = _BYTES.sub(_from_bytes, _CODES.sub(_from_codes, _QUOTE.sub(r"\1", text)))
        text = _BREAK.sub(" ", text)
    if '""' in text and _DOUBLED.search(text):
        text = "\n".join(map(_single, text.split("\n")))
    if text.endswith("_") or "_\n" in text:
        text = "\n".join(map(_upright, text.split("\n")))
    return text if text.isascii() else _HIDDEN.sub("", _DRESSED.sub(_undressed, text))


def _label(found: re.Match[str]) -> str:
    """What was typed, where the link says nothing else."""
    address, label = found.group()[1:-1].split("|")
    return label if label and address.endswith(label) else found.group()


def _entity(found: re.Match[str]) -> str:
    return _shown(html.unescape(_AMP.sub("", found.group(), 1)))


def _unquoted(line: str) -> str:
    """A form writes a space as `+`, and has none."""
    if not _PERCENT.search(line):
        return line
    return _PERCENT.sub(_sign, _PLUS.sub(" ", line))


def _sign(found: re.Match[str]) -> str:
    return _shown(unquote(_ESCAPED_PERCENT.sub("%", found.group())))


def _single(line: str) -> str:
    return line.replace('""', '"') if _DOUBLED.search(line) else line


def _upright(line: str) -> str:
    if _ITALIC_END.search(line) and (start := _ITALIC_START.search(line)):
        return line[: start.start()] + line[start.end() : -1]
    return line


def _from_codes(found: re.Match[str]) -> str:
    """Two of them may be one sign."""
    codes = bytes.fromhex("".join(_HEX.findall(found.group())))
    return _shown(codes.decode("utf-16-be", "replace"))


def _from_bytes(found: re.Match[str]) -> str:
    return _shown(bytes.fromhex("".join(_HEX.findall(found.group()))).decode("utf-8", "replace"))


def _shown(text: str) -> str:
    """Nothing that would end a line, or steer a terminal."""
    return "".join(sign if sign.isprintable() else " " * sign.isspace() for sign in text)


def _undressed(found: re.Match[str]) -> str:
    return _SIGNS.get(found.group()) or unicodedata.normalize("NFKC", found.group())
