"""Lines from public threads and documentation: each names its entry, and near misses name nothing."""

from __future__ import annotations

import html
import json
from collections import Counter
from urllib.parse import quote

import pytest

from bot.domain.match import LONGEST_EVIDENCE, Match
from bot.runbook.loader import load_runbook
from bot.runbook.matcher import Matcher
from bot.usecases.lint_runbook import IDS
from tests.bot.runbook.labelled import CORPUS, KNOWN, NEAR_MISSES, Labelled

MATCHER = Matcher(load_runbook().entries)
FORMS = {
    "as a value of JSON": lambda text: json.dumps({"level": "error", "msg": text}),
    "as JSON within JSON": lambda text: json.dumps({"log": json.dumps({"msg": text})}),
    "in colours": lambda text: f"\x1b[31mERRO\x1b[0m \x1b[1m{text}\x1b[0m",
    "in colours that lost their escape": lambda text: f"[31mERRO[0m[0042] {text}[0m",
    "behind klog's head": lambda text: f"E1122 03:12:00.123456       1 log.go:42] {text}",
    "behind syslog's head": lambda text: f"Nov 22 03:12:00 node-1 acme[812]: {text}",
    "with wide spaces": lambda text: text.replace(" ", "   "),
    "in capitals": str.upper,
    "in small letters": str.lower,
    "as chat sends it": lambda text: (
        "`" + text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") + "`"
    ),
    "with curly quotes": lambda text: text.replace("'", "\u2019").replace('"', "\u201d"),
    "with no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "as a page of HTML has it": lambda text: html.escape(text),
    "as HTML has it, escaped twice": lambda text: html.escape(html.escape(text)),
    "with numbers for HTML's signs": lambda text: text.replace('"', "&#34;").replace("'", "&#039;"),
    "with no-break spaces of HTML": lambda text: text.replace(" ", "&nbsp;"),
    "as an address has it": quote,
    "in a field of CSV": lambda text: '"2026-11-22","' + text.replace('"', '""') + '"',
    "as nginx writes quotes": lambda text: text.replace('"', "\\x22"),
    "between quotes that JSON writes in codes": lambda text: json.dumps({"msg": f"\u201c{text}\u201d"}),
    "in a chat's italics": lambda text: f"_{text}_",
    "in UTF-16 read byte by byte": lambda text: "\x00".join(text),
    "with a trace beside it": lambda text: json.dumps({"msg": text, "dd.trace_id": "1", "dd.span_id": "2"}),
}
"""Ways in which the same line reaches a person."""
UNBROKEN = [line for line in KNOWN if "\n" not in line.text and "title" not in line.source]


def _id(line: Labelled) -> str:
    return f"{line.source}: {line.text[:40]!r}".encode("ascii", "replace").decode()


@pytest.mark.parametrize("line", KNOWN, ids=_id)
def test_a_known_line_names_its_entry_and_no_other(line: Labelled) -> None:
    """No miss, and nothing beside it."""
    assert [match.entry for match in MATCHER.match(line.text)] == [line.entry]


@pytest.mark.parametrize("line", NEAR_MISSES, ids=_id)
def test_a_near_miss_names_nothing(line: Labelled) -> None:
    """What looks like trouble and is none of ours."""
    assert MATCHER.match(line.text) == ()


@pytest.mark.parametrize("form", FORMS)
def test_a_known_line_is_known_in_every_form(form: str) -> None:
    """Loggers, terminals and chats change what stands between the words."""
    wrong = {line.text: found for line in UNBROKEN if (found := _best(FORMS[form](line.text))) != line.entry}

    assert wrong == {}


@pytest.mark.parametrize("form", FORMS)
def test_a_near_miss_is_one_in_every_form(form: str) -> None:
    """A head of ERROR does not make trouble of what is none."""
    lines = [line for line in NEAR_MISSES if "\n" not in line.text]
    wrong = {line.text: found for line in lines if (found := _best(FORMS[form](line.text)))}

    assert wrong == {}


@pytest.mark.parametrize("line", KNOWN, ids=_id)
def test_a_match_says_what_matched_and_how_surely(line: Labelled) -> None:
    """Evidence is short and from the text; confidence is what the scale allows."""
    (match,) = MATCHER.match(line.text)

    assert 0.5 <= match.confidence <= 1
    assert 0 < len(match.evidence) <= LONGEST_EVIDENCE
    assert match.signature


def test_the_corpus_is_large_varied_and_sourced() -> None:
    """At least two hundred lines, a third of them near misses, every entry several times."""
    counts = Counter(line.entry for line in CORPUS)

    assert len(CORPUS) >= 200
    assert len(NEAR_MISSES) >= len(CORPUS) / 3
    assert all(line.source for line in CORPUS)
    assert len({line.text for line in CORPUS}) == len(CORPUS)
    assert set(counts) == {None, *IDS}
    assert min(counts.values()) >= 3


def _best(text: str) -> str | None:
    matches: tuple[Match, ...] = MATCHER.match(text)
    return matches[0].entry if matches else None
