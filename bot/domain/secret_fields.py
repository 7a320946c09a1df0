"""Masks the values of secret-sounding fields in Go structs, Go maps, JSON, forms, headers, YAML and flags."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.secret_names import is_header, is_password, is_phone, is_secret, is_weak, looks_opaque
from bot.domain.secret_shapes import MASK, mask_phone

_FIELD = re.compile(
    r"""(?:(?<![\w.\-])|(?<=%26)|(?<=%22)|(?<=%3F)|(?<=%7B)|(?<=%2C))
    (?P<dashes>--)?(?P<name>[A-Za-z_][\w.\-]*+)(?P<close>%22|\\*+["'`]?+)
    (?:(?P<separator>[ \t]*+(?:=>|:=|[:=]|%3[AaDd]))(?P<space>[ \t]*+)|(?P<flag>[ \t]++)(?=[^\s\-]))""",
    re.VERBOSE,
)
_OPENING = re.compile(r"(\\*+)([\"'`])")
_BRACKET = re.compile(r"[&*]?(?:map|\[\]\w{1,40}(?=\{)|\*?[a-z]\w*\.[A-Z]\w*)?[\[{(]")
_EMPTY_BEARER = re.compile(r"\s*\\*\"?(?:Bearer|Basic)?\s*\\*\"?\s*", re.IGNORECASE)
_CLOSERS = {"[": "]", "{": "}", "(": ")"}
_BRACKETS = re.compile(r"[\[\](){}]")
_PLAIN = r"[^\s\"`,;&\\%]++|[\"`](?![\s,}\]):;>]|$)|[,;](?![\w.\-]++\\*[\"']?[:=])"
"""Goes on over quotes, commas and semicolons unless they close the text around or begin the next pair."""
_RUNS = {
    "=": re.compile(rf"(?:{_PLAIN}|%|\\(?!\\*u0026))++"),
    "%": re.compile(rf"(?:{_PLAIN}|%(?!26)|\\)++"),
    ":": re.compile(rf"(?:{_PLAIN}|%|\\|&)++"),
}
_GO_RUN = re.compile(r"\S++")
_GO_RUN_IN_STRING = re.compile(r"(?:[^\s\"\\]|\\.)++")
"""How an unquoted value goes on: a form ends at `&`, an encoded form at `%26`, a Go value at white space."""
_WEAK_LIMIT = 256
"""How far the value of a name like `key` is looked at, in characters; a secret one has no limit."""
_NEXT_WORD = re.compile(r"[ \t]++")
_NEXT_FIELD = re.compile(r"[A-Za-z_][\w.\-]*+:")
_VALUE_OF_IT = (
    r"""\\*["']?[\s,]*+\\*["']?(?:value|Value|VALUE)(?P<close>\\*["']?)(?P<separator>\s*+[:=])(?P<space>[ \t]*+)"""
)
_NAMED = re.compile(rf"""["']?(?P<name>[\w.\-]++){_VALUE_OF_IT}""")
_LABELLED = re.compile(
    rf"""\\*["']?(?P<name>[\w.\-]++(?:[ ](?!value|Value|VALUE)[\w.\-]++){{0,3}}+){_VALUE_OF_IT}"""
)
"""What a visitor filled in before a chat: `{"label":"Last Name","value":"Pérez"}`."""
_PAIRS = {"name": _NAMED, "key": _NAMED, "label": _LABELLED}
_HEADER_VALUE = re.compile(r"[^\"'`\r\n]++")
_SCHEME = re.compile(r"(\s*(?:Bearer|Basic|Token|Digest|Negotiate|OAuth))(\s+)(.*)", re.DOTALL | re.IGNORECASE)
_BEHIND_A_VALUE = " \t\r\n,;:)]}>\"'`\\"
"""What may follow where a value ends; anything else belongs to it still."""
_MOST_ENDS = 8
"""How many quotes or brackets within a value are looked behind."""
_TRAILING = "]})>,;.:'\"\\`"
_NOTHING = frozenset(
    {"nil", "null", "none", "true", "false", "<nil>", "<none>", "None", "True", "False", "undefined"}
)
_EVIDENCE = frozenset(
    """
    ok valid expired invalid missing empty none null nil true false unknown denied refused rejected revoked
    required failed failure error errors timeout unauthorized forbidden eof blocked locked disabled unavailable
    unreachable absent present set unset changed unchanged wrong bad not no is was the a an context dial read
    connection could cannot status http https post get request response authentication invalid_grant
    invalid_client tls x509 invalid_client_id unsupported_grant_type inactive_user inactive_org unexpected
    unable too retry net lookup unsupported limit rate login user i/o
    """.split()  # noqa: SIM905  (a list of words reads better as words)
)


@dataclass(frozen=True, slots=True)
class _Field:
    """A name with its separator, and where it stands."""

    name: str
    is_quoted: bool
    separator: str
    is_tight: bool
    is_prose: bool
    is_inside: bool
    """Within an opened `{` or `[` of its line."""
    in_string: bool
    """Within an opened double quote of its line."""

    @property
    def is_go(self) -> bool:
        """`{Name:value Name:value}`: white space parts the fields, anything else may be in a value."""
        return self.is_inside and self.is_tight and self.separator == ":" and not self.is_quoted


@dataclass(slots=True)
class _Surroundings:
    """What is open on the current line, counted as the scan goes on."""

    brackets: int = 0
    quotes: int = 0

    def pass_by(self, passed: str) -> None:
        line = passed.rpartition("\n")[2]
        if len(line) < len(passed):
            self.brackets = self.quotes = 0
        opened = line.count("{") + line.count("[") - line.count("}") - line.count("]")
        self.brackets = max(0, self.brackets + opened)
        self.quotes += line.count('"') - line.count('\\"')


def mask_fields(text: str) -> str:
    """The text with the values of secret fields masked, their names and the empty ones left."""
    kept: list[str] = []
    around = _Surroundings()
    position = 0
    while match := _FIELD.search(text, position):
        around.pass_by(text[position : match.end()])
        field, start = _read(text, match, around)
        masked, end = _masked(text, start, field) if _concerns(field, match) else ("", start)
        around.pass_by(text[match.end() : start] + masked)
        kept += [text[position:start], masked]
        position = end
    return "".join([*kept, text[position:]])


def mask_value(name: str, value: str) -> str:
    """A whole value that stood under a secret name; what is empty or says "nothing" stays."""
    if is_phone(name):
        return mask_phone(value)
    if is_weak(name) and not looks_opaque(value):
        return value
    return _hidden(value)


def _concerns(field: _Field, match: re.Match[str]) -> bool:
    if match["flag"] and not match["dashes"]:
        return False
    return is_secret(field.name) or is_weak(field.name) or is_phone(field.name)


def _read(text: str, match: re.Match[str], around: _Surroundings) -> tuple[_Field, int]:
    """The field, and where its value begins; a `name: X` is read together with its `value: …`."""
    separator, space, start = match["separator"] or "", match["space"], match.end()
    name, is_quoted = match["name"], bool(match["close"])
    if (pair := _PAIRS.get(name.lower())) and (named := pair.match(text, start)):
        name, separator, space, start = named["name"], named["separator"], named["space"], named.end()
    before = text[max(0, match.start() - 2) : match.start()]
    follows_a_word = len(before) == 2 and before[1] in " \t" and before[0].isalnum()
    is_spaced = bool(space) or separator.startswith((" ", "\t"))
    field = _Field(
        name=name,
        is_quoted=is_quoted,
        separator=separator.strip(),
        is_tight=not space,
        is_prose=follows_a_word and separator.strip() == ":" and is_spaced and not is_quoted,
        is_inside=around.brackets > 0,
        in_string=around.quotes % 2 == 1,
    )
    return field, start


def _masked(text: str, start: int, field: _Field) -> tuple[str, int]:
    """The value at `start` as it may be shown, and where it ends; ("", start) to go on reading inside it."""
    limit = len(text) if is_secret(field.name) else min(len(text), start + _WEAK_LIMIT)
    if opening := _OPENING.match(text, start, limit):
        before, content_end, end = opening[0], *_closing(text, opening, limit)
        if (glued := _glued(text, end, field)) > end:
            before, content_end, end = "", glued, glued
    elif bracket := _BRACKET.match(text, start, limit):
        if field.is_prose or not is_secret(field.name):
            return "", start
        before, content_end = bracket[0], _matching(text, bracket.end())
        end = content_end
        inner = text[bracket.end() : content_end]
        if _is_status(inner) or _EMPTY_BEARER.fullmatch(inner):
            return "", start
        if _glued(text, end + 1, field) > end + 1:
            before, content_end = "", _run_end(text, start, field, limit)
            end = content_end
    else:
        before, content_end = "", _run_end(text, start, field, limit)
        end = content_end
    content = text[start + len(before) : content_end]
    shown = content if not before and _is_evidence(text, content, end, field) else mask_value(field.name, content)
    if shown == content:
        return "", start
    closing = "" if content_end == end or not before else text[content_end:end]
    return before + shown + closing, end


def _glued(text: str, end: int, field: _Field) -> int:
    """A Go value that only begins like a quoted or bracketed one goes on behind it."""
    if field.is_go and end < len(text) and text[end] not in _BEHIND_A_VALUE:
        return _run_end(text, end, field, len(text))
    return end


def _closing(text: str, opening: re.Match[str], limit: int) -> tuple[int, int]:
    """Where the quoted content ends, and the position after its quote; the end of the line if it is cut off.

    A quote written with k backslashes is closed by one with k; inside stand quotes with 2k+1. A quote with more
    that the value goes on behind was escaped once more, as in the repr of an exception.
    """
    depth, quote = len(opening[1]), opening[2]
    start = position = opening.end()
    line_end = min(limit, _line_end(text, start))
    ends: list[tuple[int, int]] = []
    while len(ends) < _MOST_ENDS and (found := text.find(quote, position, line_end)) >= 0:
        backslashes = _backslashes(text, start, found)
        if backslashes >= depth and (backslashes - depth) % (2 * (depth + 1)) == 0:
            ends.append((found - depth, found + 1))
            if backslashes == depth or found + 1 == len(text) or text[found + 1] in _BEHIND_A_VALUE:
                return ends[-1]
        position = found + 1
    return ends[0] if ends else (line_end, line_end)


def _backslashes(text: str, start: int, end: int) -> int:
    count = 0
    while end - count > start and text[end - count - 1] == "\\":
        count += 1
    return count


def _matching(text: str, start: int) -> int:
    """Where the bracket that was opened before `start` is closed, within its line.

    A value may hold brackets of its own, in no order: whichever way of looking for the end finds it later counts.
    """
    return max(_balanced(text, start), _closed_before_the_next(text, start))


def _balanced(text: str, start: int) -> int:
    depth, line_end = 1, _line_end(text, start)
    for bracket in _BRACKETS.finditer(text, start, line_end):
        depth += 1 if bracket[0] in "[({" else -1
        if depth == 0:
            return bracket.start()
    return line_end


def _closed_before_the_next(text: str, start: int) -> int:
    """The first closing bracket of its kind behind which something new begins; `start` if none is near."""
    closer, position, line_end = _CLOSERS[text[start - 1]], start, _line_end(text, start)
    for _ in range(_MOST_ENDS):
        position = text.find(closer, position, line_end)
        if position < 0:
            break
        if position + 1 == len(text) or text[position + 1] in _BEHIND_A_VALUE:
            return position
        position += 1
    return start


def _line_end(text: str, start: int) -> int:
    found = text.find("\n", start)
    return len(text) if found < 0 else found


def _run_end(text: str, start: int, field: _Field, limit: int) -> int:
    """Where an unquoted value ends."""
    if field.separator == ":" and is_header(field.name) and not field.is_inside:
        header = _HEADER_VALUE.match(text, start)
        return start + len(header[0].rstrip(_TRAILING + " ")) if header else start
    pattern = _pattern(field)
    run = pattern.match(text, start, limit)
    if run is None or (field.is_inside and not field.is_tight and _NEXT_FIELD.match(text, start)):
        return start  # an empty value: what follows is the next field
    end = start + len(run[0].rstrip(_TRAILING))
    while end == run.end() and field.is_go and (gap := _NEXT_WORD.match(text, end, limit)):
        # A Go value may hold spaces: it goes on to the next field or to a closing bracket.
        run = pattern.match(text, gap.end(), limit)
        if run is None or _NEXT_FIELD.match(text, gap.end()):
            break
        end = gap.end() + len(run[0].rstrip(_TRAILING))
    return end


def _pattern(field: _Field) -> re.Pattern[str]:
    if field.is_go:
        return _GO_RUN_IN_STRING if field.in_string else _GO_RUN
    return _RUNS.get(field.separator[:1], _RUNS[":"])


def _is_evidence(text: str, value: str, end: int, field: _Field) -> bool:
    """True where a sentence goes on after a colon: `error getting token: timeout`."""
    if field.separator != ":" or (field.is_tight and not field.is_prose):
        return False
    word = value.strip(_TRAILING + "([{")
    if word.lower() in _EVIDENCE or _is_status(word):
        return True
    goes_on = text[end : end + 2].strip(_TRAILING) != ""
    return field.is_prose and not is_password(field.name) and word.isalpha() and goes_on


def _is_status(word: str) -> bool:
    return word.isdigit() and len(word) <= 3


def _hidden(value: str) -> str:
    if not value.strip() or value.strip().lower() in _NOTHING or value == MASK:
        return value
    scheme = _SCHEME.fullmatch(value)
    if scheme is None:
        return value if value.strip().lower() in ("bearer", "basic", "token") else MASK
    return value if not scheme[3].strip() else f"{scheme[1]}{scheme[2]}{MASK}"
