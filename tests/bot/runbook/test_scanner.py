"""The prefilter never misses what the matcher would find, whatever the text around it is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runbook.errors import BadEntry
from bot.runbook.known_lines import KnownLines
from bot.runbook.line_finder import LineFinder
from bot.runbook.loader import load_runbook
from bot.runbook.matcher import Matcher

MATCHER = Matcher(load_runbook().entries)
KNOWN = KnownLines(MATCHER)
EXAMPLES = [example for signature in MATCHER.signatures for example in signature.examples]
WRAPPINGS: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "in JSON": lambda text: '{"msg":"' + text.replace('"', '\\"') + '"}',
    "in JSON in JSON": lambda text: '{\\"msg\\":\\"' + text.replace(" ", "\\n") + '\\"}',
    "shouted": str.upper,
    "coloured": lambda text: "\x1b[31m" + text.replace(" ", "\x1b[0m "),
    "escaped for HTML": lambda text: text.replace('"', "&quot;").replace("<", "&lt;"),
    "with hard spaces": lambda text: text.replace(" ", "\u00a0"),
    "with a soft hyphen": lambda text: text[:5] + "\u00ad" + text[5:],
    "in wide letters": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "behind a form feed": lambda text: "x\x0c" + text,
    "in Spanish": lambda text: f"atención: {text} ¿qué pasó?",
    "percent-encoded": quote,
    "in a form": quote_plus,
    "in bytes": lambda text: text.replace('"', "\\x22").replace(" ", "\\xc2\\xa0"),
    "in a field of CSV": lambda text: '"1","{""msg"":""' + text.replace('"', '""') + '""}"',
    "in italics": lambda text: f"_{text}_",
    "with hard spaces of HTML": lambda text: text.replace(" ", "&nbsp;"),
    "with a smile": lambda text: f"😀 {text} 😀",
}
PATTERNS = (
    r"dial tcp \S+:6379",
    r"(?:^|[^0-9a-z])status\s*-?\s*\[400\]",
    r"^error.{2,4}token$",
    r"\bReadOnly\b",
    r"a[^b]{3}c",
    r"ends here\s*$",
)
ONE_BY_ONE = [re.compile(pattern, re.IGNORECASE | re.ASCII) for pattern in PATTERNS]
FINDER = LineFinder(PATTERNS)
SCRAPS = st.sampled_from(
    [
        *("dial tcp ", "10.0.0.1", ":6379", "status", " - ", "[400]", "error", "token", "readonly", "ends here"),
        *("a", "c", "x", "\n", "\r", "\t", " ", "\x00", "\x85", "\u2028", "\ud800"),
        *("é", "ñ", "€", "😀", "\u212a", "\u0301"),
        *("%20", "%5B", "%C3%B3", "+", "_", '""', "&#34;", "&amp;", "\\x22", "\\u201c", "<http://a|", "a>", "|"),
    ]
)


@given(st.lists(SCRAPS, max_size=40).map("".join))
def test_every_line_that_a_pattern_fits_is_found(text: str) -> None:
    """In one pass over the text, as by `re` line by line."""
    found = {text[start:end] for start, end in FINDER.find(text)}

    lines = text.split("\n")
    assert found <= set(lines)
    assert {line for line in lines if any(pattern.search(line) for pattern in ONE_BY_ONE)} <= found


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS.keys())
def test_every_signature_is_found_however_it_is_written(wrap: Callable[[str], str]) -> None:
    """All of the runbook's examples at once, each on its line between lines that say nothing."""
    lines = [line for example in EXAMPLES for line in ("nothing to see", wrap(" ".join(example.split())))]

    told = {line.number: line.matches for line in KNOWN.of("\n".join(lines))}

    assert told == {number: matches for number, line in enumerate(lines) if (matches := MATCHER.match(line))}
    assert len(told) > len(EXAMPLES) // 2


@given(st.lists(st.one_of(st.sampled_from(EXAMPLES), st.text(max_size=20), SCRAPS), max_size=8).map("".join))
def test_a_long_text_is_answered_as_its_lines_are(text: str) -> None:
    """The prefilter changes nothing but the time it takes."""
    told = [(line.number, line.text, line.matches) for line in KNOWN.of(text)]

    lines = enumerate(text.split("\n"))
    assert told == [(number, line, matches) for number, line in lines if (matches := MATCHER.match(line))]


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS.keys())
def test_to_count_gives_the_names_that_the_matches_have(wrap: Callable[[str], str]) -> None:
    """And what was kept of a line with the same patterns says what is said without: two lines are judged anew."""
    lines = [line for example in EXAMPLES for line in ("nothing", wrap(" ".join(example.split())))]
    text = "\n".join(lines)

    known = list(KNOWN.of(text))

    assert [(line.number, line.start, line.text, line.entries) for line in known] == [
        (line.number, line.start, line.text, line.entries) for line in KNOWN.named(text)
    ]
    assert all(text[line.start :].startswith(line.text) for line in known)
    assert all(MATCHER.match(f"{line.text}\n ") == line.matches for line in known)


def test_a_line_is_named_once_and_in_order() -> None:
    """However many patterns fit it, at how many places."""
    text = "readonly readonly status[400]\nnothing\nREADONLY"

    assert FINDER.find(text) == [(0, 29), (38, 46)]


@pytest.mark.parametrize("pattern", ["a(", "", r"start\Z", "café"])
def test_a_pattern_that_cannot_be_searched_for_is_refused(pattern: str) -> None:
    """Rather than missed."""
    with pytest.raises(BadEntry):
        LineFinder(["fine", pattern])


def test_without_patterns_nothing_is_found() -> None:
    """As in a runbook without signatures."""
    assert LineFinder([]).find("anything\n") == []
