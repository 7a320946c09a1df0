"""Reads a subset of SOQL: one object and its parents, WHERE with its real rules, semi-joins, ORDER BY, LIMIT."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from lab.estate.salesforce.errors import RestError

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))?)
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_][\w.]*)
    | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_T = TypeVar("_T")
_RESERVED = {"and", "or", "not", "from", "where", "limit", "offset", "order", "like", "in"}


@dataclass(frozen=True)
class Like:
    """A LIKE pattern: literal pieces between `%` (None) and `_` (a single character, "")."""

    pieces: tuple[str | None, ...]


@dataclass(frozen=True)
class Comparison:
    """`field operator value`; the operator is lower case (`=`, `!=`, `<`, `like`, `in`, `not in`, …).

    The value of `in` is a tuple, or the Query of a sub-select.
    """

    field: str
    operator: str
    value: object


@dataclass(frozen=True)
class Combination:
    """`and` or `or` of several conditions, `not` of one."""

    operator: str
    parts: tuple[Condition, ...]


Condition = Comparison | Combination


@dataclass(frozen=True)
class Query:
    """A parsed SELECT. `counts` is SELECT COUNT(); `order` is (field, is_descending) pairs."""

    fields: tuple[str, ...]
    source: str
    where: Condition | None
    order: tuple[tuple[str, bool], ...]
    limit: int | None
    offset: int
    counts: bool


def malformed(message: str) -> RestError:
    """MALFORMED_QUERY, the answer to whatever does not parse."""
    return RestError(400, "MALFORMED_QUERY", message)


def parse(text: str) -> Query:
    """Read a query. Raises MALFORMED_QUERY as a RestError."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def query(self) -> Query:
        query = self._select()
        if self._at < len(self._tokens):
            raise malformed(f"unexpected token: '{self._tokens[self._at]}'")
        if query.where is not None:
            _check_semi_joins(query.where)
        return query

    def _select(self) -> Query:
        self._expect("select")
        counts = self._peek() == "count" and self._tokens[self._at + 1 : self._at + 3] == ["(", ")"]
        if counts:
            self._at += 3
            fields: tuple[str, ...] = ()
        else:
            fields = self._list(self._name)
        self._expect("from")
        source = self._name()
        where = self._conditions() if self._take("where") else None
        order: tuple[tuple[str, bool], ...] = ()
        if self._take("order"):
            self._expect("by")
            order = self._list(self._ordering)
        limit = self._count() if self._take("limit") else None
        offset = self._count() if self._take("offset") else 0
        return Query(fields, source, where, order, limit, offset, counts)

    def _conditions(self) -> Condition:
        parts = [self._condition()]
        operator = self._peek()
        if operator not in ("and", "or"):
            return parts[0]
        while self._take(operator):
            parts.append(self._condition())
        if self._peek() in ("and", "or"):
            # SOQL has no precedence between AND and OR: a mix without parentheses is refused.
            raise malformed(f"unexpected token: '{self._tokens[self._at]}'")
        return Combination(operator, tuple(parts))

    def _condition(self) -> Condition:
        if self._take("not"):
            return Combination("not", (self._condition(),))
        if self._take("("):
            inside = self._conditions()
            self._expect(")")
            return inside
        field = self._name()
        if self._take("not"):
            self._expect("in")
            return Comparison(field, "not in", self._values())
        operator = self._next()
        if operator.lower() == "in":
            return Comparison(field, "in", self._values())
        if operator.lower() == "like":
            return Comparison(field, "like", _like(self._text()))
        if operator not in ("=", "!=", "<>", "<", ">", "<=", ">="):
            raise malformed(f"unexpected token: '{operator}'")
        return Comparison(field, "!=" if operator == "<>" else operator, self._value())

    def _values(self) -> tuple[object, ...] | Query:
        self._expect("(")
        values = self._select() if self._peek() == "select" else self._list(self._value)
        self._expect(")")
        return values

    def _value(self) -> object:
        token = self._next()
        if token.startswith("'"):
            return _unescape(token[1:-1])
        if token.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[token.lower()]
        if re.fullmatch(r"-?\d+(\.\d+)?", token):
            return float(token)
        if re.match(r"\d{4}-", token):
            return token
        raise malformed(f"unexpected token: '{token}'")

    def _ordering(self) -> tuple[str, bool]:
        field = self._name()
        descending = self._take("desc")
        if not descending:
            self._take("asc")
        if self._take("nulls"):
            self._next()
        return field, descending

    def _count(self) -> int:
        token = self._next()
        if not token.isdigit():
            raise malformed(f"unexpected token: '{token}'")
        return int(token)

    def _text(self) -> str:
        token = self._next()
        if not token.startswith("'"):
            raise malformed("invalid operator: LIKE needs a string")
        return token[1:-1]

    def _name(self) -> str:
        token = self._next()
        if not re.fullmatch(r"[A-Za-z_][\w.]*", token) or token.lower() in _RESERVED:
            raise malformed(f"unexpected token: '{token}'")
        return token

    def _list(self, read: Callable[[], _T]) -> tuple[_T, ...]:
        items = [read()]
        while self._take(","):
            items.append(read())
        return tuple(items)

    def _peek(self) -> str | None:
        return self._tokens[self._at].lower() if self._at < len(self._tokens) else None

    def _take(self, word: str) -> bool:
        found = self._peek() == word
        self._at += found
        return found

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise malformed("unexpected end of query")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, word: str) -> None:
        token = self._next()
        if token.lower() != word:
            raise malformed(f"unexpected token: '{token}', expected '{word}'")


def _check_semi_joins(where: Condition) -> None:
    """One field, at the top level, never beside OR, never within another: so the SOQL reference."""
    if isinstance(where, Comparison):
        if isinstance(where.value, Query):
            _check_inner(where.value)
        return
    for part in where.parts:
        if isinstance(part, Comparison) and isinstance(part.value, Query):
            if where.operator == "or":
                raise malformed("Semi join sub-selects are not allowed with the 'OR' operator")
            _check_inner(part.value)
        elif _has_semi_join(part):
            raise malformed(
                "Semi join sub-selects are only allowed at the top level WHERE expressions"
                " and not in nested WHERE expressions."
            )


def _check_inner(query: Query) -> None:
    if len(query.fields) != 1:
        raise malformed("The inner select must select exactly one field")
    if query.where is not None and _has_semi_join(query.where):
        raise malformed("Nesting of semi join sub-selects is not supported")


def _has_semi_join(condition: Condition) -> bool:
    if isinstance(condition, Comparison):
        return isinstance(condition.value, Query)
    return any(_has_semi_join(part) for part in condition.parts)


def _tokens(text: str) -> list[str]:
    tokens, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise malformed(f"unexpected token at position {position}: '{text[position : position + 10].strip()}'")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


def _unescape(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        letter = match.group(1)
        if letter.lower() not in _ESCAPES:
            raise malformed(f"Illegal character sequence '\\{letter}'")
        return _ESCAPES[letter.lower()]

    return re.sub(r"\\(.)", plain, text, flags=re.DOTALL)


def _like(text: str) -> Like:
    pieces: list[str | None] = []
    for match in re.finditer(r"\\.|%|_|[^\\%_]+", text, flags=re.DOTALL):
        token = match.group()
        if token == "%":
            pieces.append(None)
        elif token == "_":
            pieces.append("")
        elif token in (r"\%", r"\_"):
            pieces.append(token[1])
        else:
            pieces.append(_unescape(token))
    return Like(tuple(pieces))
