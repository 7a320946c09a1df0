"""Splits what a person typed into words: quotes group, and what phones and chat clients autocorrect is undone."""

from __future__ import annotations

from dataclasses import dataclass

_QUOTES = {'"': '"', "“": '”“"', "”": '”"', "„": '“”"', "'": "'", "‘": "’'", "’": "’'"}
"""Opening quote -> what may close it; clients put curly ones, and not always a matching pair."""
_DASHES = "—–"
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


@dataclass(frozen=True, slots=True)
class Word:
    """One word; a quoted one is never taken for an option."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class OpenQuote:
    """The quote that begins with this text is never closed."""

    text: str


def split(text: str) -> tuple[Word, ...] | OpenQuote:
    """Words of `text`. A quote opens only where a word, or the value after `=`, begins: `don't` is a word."""
    text = text.translate(_INVISIBLE)
    words: list[Word] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _word_at(text, at)
        if isinstance(found, OpenQuote):
            return found
        word, at = found
        words.append(word)
    return tuple(words)


def _word_at(text: str, start: int) -> tuple[Word, int] | OpenQuote:
    if text[start] in _QUOTES:
        found = _quoted(text, start)
        return found if isinstance(found, OpenQuote) else (Word(found[0], quoted=True), found[1])
    at = start
    while at < len(text) and not text[at].isspace():
        at += 1
        if text[at - 1] == "=" and text[start] in f"-{_DASHES}" and at < len(text) and text[at] in _QUOTES:
            found = _quoted(text, at)
            if isinstance(found, OpenQuote):
                return found
            return Word(_dashed(text[start:at]) + found[0]), found[1]
    return Word(_dashed(text[start:at])), at


def _quoted(text: str, start: int) -> tuple[str, int] | OpenQuote:
    closing = _QUOTES[text[start]]
    for at in range(start + 1, len(text)):
        if text[at] in closing:
            return text[start + 1 : at], at + 1
    return OpenQuote(text[start:])


def _dashed(word: str) -> str:
    """`—dry-run`, as a phone writes `--dry-run`; a dash that stands alone stays one."""
    rest = word.lstrip(_DASHES)
    return f"--{rest.lstrip('-')}" if rest and rest != word and rest.strip("-") else word
