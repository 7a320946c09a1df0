"""Turns the words of a signature into a regular expression that forgives spacing, quoting and escapes."""

from __future__ import annotations

import re

GAP = r"(?:[^0-9a-z]|\\[nrtbf]|\\u00[0-9a-f][0-9a-f])+"
"""Whatever may stand between two words: spaces, colons, quotes, brackets, and how JSON writes them."""
_START = r"(?:^|[^0-9a-z]|\\[nrtbf]|\\u00[0-9a-f][0-9a-f])"
_END = r"(?:[^0-9a-z]|$)"
_PLACEHOLDERS = {
    "<addr>": r"[^\s]+",
    "<any>": r".*",
    "<n>": r"[0-9]+",
    "<word>": r"[0-9a-z_.-]+",
}
_GAP_TAKEN = f"{GAP})?"
_SPACE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]| [?*+{]| ")
"""A space, or what may hold one that means something else: an escape, a class, a space with a quantifier."""
_TOKEN = re.compile(r"<[a-z]+>|\{[^{}]*\}|[0-9A-Za-z]+|[^0-9A-Za-z<{]+|[<{]")


def is_regex(source: str) -> bool:
    """`/…/` is a regular expression, anything else a template."""
    return len(source) > 2 and source.startswith("/") and source.endswith("/")


def to_pattern(source: str) -> str:
    """The regular expression of a signature, to be read without regard to case.

    In a regular expression a single space stands for white space of any width.

    A template is words with anything but letters and digits between them. `<addr>`, `<any>`, `<n>` and `<word>`
    stand for what varies, `{a|b}` for one of several, `{a|}` for what may be missing. `^` before and `$` behind:
    nothing but this on the line.
    """
    if is_regex(source):
        return _SPACE.sub(_wider, source[1:-1])
    whole = source.startswith("^") and source.endswith("$")
    inner = _words(source.strip("^$ ") if whole else source.strip())
    return f"^[^0-9a-z]*{inner}[^0-9a-z]*$" if whole else f"{_START}{inner}{_END}"


def _wider(found: re.Match[str]) -> str:
    return r"\s+" if found.group() == " " else found.group()


def _words(text: str) -> str:
    """Tokens joined by gaps; what may be missing takes a gap along."""
    parts: list[str] = []
    for token in _TOKEN.findall(text):
        if token in _PLACEHOLDERS:
            parts.append(_PLACEHOLDERS[token])
        elif token.startswith("{") and token.endswith("}"):
            _add_choice(parts, [choice.strip() for choice in token[1:-1].split("|")])
        elif token.isalnum():
            parts.append(token)
        elif not (parts and parts[-1].endswith(_GAP_TAKEN)):
            parts.append(GAP)
    return "".join(parts)


def _add_choice(parts: list[str], choices: list[str]) -> None:
    given = "(?:" + "|".join(_words(choice) for choice in choices if choice) + ")"
    if all(choices):
        parts.append(given)
    elif parts and parts[-1] == GAP:
        parts[-1] = f"(?:{GAP}{given})?"
    else:
        parts.append(f"(?:{given}{GAP})?")
