"""Tells what kinds of secret stand in the attributes of a span, without ever repeating one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.domain.secret_names import is_phone, is_secret

_FIELD = re.compile(
    r"""(?<![\w.\-])(?P<name>[A-Za-z_][\w.\-]*+)\\*["'`]?\s*+(?:=>|:=|[:=])\s*+[\["'`\\]*+"""
    r"""(?P<value>[^\s"'`,}\]&\\]++)""",
    re.VERBOSE,
)
_BEARER = re.compile(r"\b(?:Bearer|Basic)\s++(?P<value>[\w.~+/=!-]{6,})", re.IGNORECASE)
_NOTHING = re.compile(r"[*x?•.]+|\[?redacted\]?|<?nil>?|null|none|true|false|bearer|basic|map\[?", re.IGNORECASE)
"""Values that are masked already, or say that there is none."""
_KINDS = (
    ("clientsecret", "a client secret"),
    ("sessionkey", "a session key"),
    ("sessionid", "a session id"),
    ("affinity", "an affinity token"),
    ("authorization", "a bearer token"),
    ("password", "a password"),
    ("passwd", "a password"),
    ("apikey", "an API key"),
    ("token", "a token"),
)


def leaks(tags: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """Name of the attribute -> kinds of secret (and personal data) in it; those that hold none are left out."""
    found = {name: _kinds(name, text) for name, text in tags.items()}
    return {name: kinds for name, kinds in found.items() if kinds}


def _kinds(tag: str, text: str) -> frozenset[str]:
    kinds = {_kind(match["name"]) for match in _FIELD.finditer(text) if _says_something(match["value"])}
    if any(_says_something(match["value"]) for match in _BEARER.finditer(text)):
        kinds.add("a bearer token")
    if not kinds - {""} and is_secret(tag) and _says_something(text.strip()):
        kinds.add(_kind(tag))
    return frozenset(kinds - {""})


def _says_something(value: str) -> bool:
    return len(value) > 1 and _NOTHING.fullmatch(value) is None


def _kind(name: str) -> str:
    """Empty for a name that announces no secret."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if is_secret(name):
        return next((words for part, words in _KINDS if part in plain), "a secret")
    return "personal data" if plain.endswith("email") or is_phone(name) else ""
