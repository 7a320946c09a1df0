"""The search syntax: `service:x -@http.status_code:[200 TO 299] (a OR "b c") @duration:>45s`."""

from __future__ import annotations

import re
from collections.abc import Callable

from lab.estate.datadog.events import Event

Predicate = Callable[[Event], bool]
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<punctuation>[()\[\]{}])
    | (?P<quoted>"(?:[^"\\]|\\.)*")
    | (?P<word>(?:[^\s()\[\]{}"\\]|\\.)+)
    )""",
    re.VERBOSE,
)
_FIELD = re.compile(r"(?P<name>@?[A-Za-z_][\w.\-/]*):(?P<rest>.*)", re.DOTALL)
_UNITS = {"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)?")


class BadQueryError(ValueError):
    """The search syntax does not allow it."""


def parse(text: str) -> Predicate:
    """What the query selects; an empty one selects everything. Raises BadQueryError."""
    if not text.strip() or text.strip() == "*":
        return lambda event: True
    parser = _Parser(_tokens(text))
    found = parser.any_of(None)
    parser.expect_end()
    return found


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadQueryError(f"unexpected character at {position}")
        token = match[0].strip()
        # `name:` binds to what follows at once: a quote, a parenthesis, a range.
        tokens.append(token)
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._next = tokens, 0

    def expect_end(self) -> None:
        if self._next < len(self._tokens):
            raise BadQueryError(f"unexpected {self._tokens[self._next]!r}")

    def any_of(self, field: str | None) -> Predicate:
        options = [self._all_of(field)]
        while self._takes("OR"):
            options.append(self._all_of(field))
        return lambda event: any(option(event) for option in options)

    def _all_of(self, field: str | None) -> Predicate:
        parts = [self._one(field)]
        while self._takes("AND") or (self._peek() not in ("", ")", "OR")):
            parts.append(self._one(field))
        return lambda event: all(part(event) for part in parts)

    def _one(self, field: str | None) -> Predicate:
        if self._takes("NOT"):
            return _negated(self._one(field))
        token = self._take()
        if token.startswith("-") and len(token) > 1 and field is None:
            self._push(token[1:])
            return _negated(self._one(field))
        if token == "-":
            return _negated(self._one(field))
        if token == "(":
            return self._group(field)
        named = None if token.startswith('"') else _FIELD.fullmatch(token)
        if field is None and named is not None:
            if named["rest"]:
                return _test(named["name"], named["rest"])
            return self._value(named["name"])
        if token in (")", "]", "}", "[", "{", "OR", "AND"):
            raise BadQueryError(f"unexpected {token!r}")
        return _test(field, token)

    def _group(self, field: str | None) -> Predicate:
        inner = self.any_of(field)
        if not self._takes(")"):
            raise BadQueryError("unbalanced parenthesis")
        return inner

    def _value(self, field: str) -> Predicate:
        token = self._take()
        if token == "(":
            return self._group(field)
        if token in ("[", "{"):
            low, word, high, close = (self._take() for _ in range(4))
            if word != "TO" or close not in ("]", "}"):
                raise BadQueryError("a range reads [a TO b]")
            return _between(field, low, high, token == "[", close == "]")
        if token in (">", ">=", "<", "<="):
            return _test(field, token + self._take())
        return _test(field, token)

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _push(self, token: str) -> None:
        self._next -= 1
        self._tokens[self._next] = token

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise BadQueryError("the query ends too early")
        self._next += 1
        return token

    def _takes(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._next += 1
        return True


def _negated(inner: Predicate) -> Predicate:
    return lambda event: not inner(event)


def _test(field: str | None, text: str) -> Predicate:
    comparison = re.fullmatch(r"(>=|<=|>|<)(.+)", text)
    if field is not None and comparison is not None:
        low, high = (comparison[2], "*") if comparison[1][0] == ">" else ("*", comparison[2])
        inclusive = "=" in comparison[1]
        return _between(field, low, high, inclusive, inclusive)
    is_quoted = text.startswith('"')
    plain = re.sub(r"\\(.)", r"\1", text[1:-1]) if is_quoted else text
    if field is None:
        return _in_text(plain, is_quoted)
    if plain == "*" and not is_quoted:
        return lambda event: bool(event.values(field))
    pattern = re.compile(re.escape(plain) if is_quoted else _wildcards(plain), re.DOTALL)
    return lambda event: any(pattern.fullmatch(str(value)) for value in event.values(field))


def _in_text(words: str, is_quoted: bool) -> Predicate:
    pattern = re.compile(re.escape(words) if is_quoted else _wildcards(words), re.IGNORECASE)
    return lambda event: pattern.search(event.message or event.reserved.get("resource_name", "")) is not None


def _wildcards(text: str) -> str:
    parts = re.findall(r"\\.|[*?]|[^\\*?]+", text)
    shown = {"*": ".*", "?": "."}
    return "".join(shown.get(part, re.escape(part[1:] if part.startswith("\\") else part)) for part in parts)


def _between(field: str, low: str, high: str, with_low: bool, with_high: bool) -> Predicate:
    lowest = float("-inf") if low == "*" else _number(low)
    highest = float("inf") if high == "*" else _number(high)

    def test(event: Event) -> bool:
        for value in event.values(field):
            try:
                number = float(value)
            except (TypeError, ValueError):
                continue
            if lowest < number < highest or (with_low and number == lowest) or (with_high and number == highest):
                return True
        return False

    return test


def _number(text: str) -> float:
    """A number, or a duration with its unit, which counts in nanoseconds."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise BadQueryError(f"{text!r} is no number")
    return float(match[1]) * _UNITS[match[2] or "ns"]
