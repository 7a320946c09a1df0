"""The lint finds each kind of dangling reference between checks, remediations and pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.runbook import Entry, Severity, Team
from bot.domain.signature import Signature
from bot.runbook.loader import Runbook, load_runbook
from bot.usecases.lint_runbook import LintProblem, Weight, lint, lint_runbook

TODAY = date(2026, 11, 22)
SIGNATURE = Signature(
    "redis-failure", "/dial tcp .*:6379/", "dial tcp .*:6379", 0.9, examples=("dial tcp x:6379",)
)
GOOD = Entry(
    id="redis-failure",
    title="Redis fails",
    teams=(Team.OPS,),
    severity=Severity.CRITICAL,
    reviewed=TODAY,
    findings=("redis.no-master",),
    remediations=("restart-sentinel",),
    signatures=(SIGNATURE,),
    links={},
    link_labels={"rancher-redis": "Rancher"},
    body="Short.",
    summary="Short.",
)
CHAPTER = replace(
    GOOD,
    id="a-chapter",
    teams=(),
    severity=Severity.INFO,
    findings=(),
    remediations=(),
    signatures=(),
    link_labels={},
)
CODES = ("redis.no-master", "redis.ok", "redis.healthy")
REMEDIATIONS = ("restart-sentinel",)


def _signed(**changes: Any) -> Entry:
    return replace(GOOD, signatures=(replace(SIGNATURE, **changes),))


def _lint(*entries: Entry, codes: tuple[str, ...] = CODES, today: date = TODAY) -> tuple[LintProblem, ...]:
    return lint(Runbook(entries), codes, REMEDIATIONS, today)


def test_a_page_that_fits_has_no_problem() -> None:
    """Healthy codes need no page."""
    assert _lint(GOOD) == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (replace(GOOD, id="redis-broken"), "stable ids"),
        (replace(GOOD, findings=("redis.no-master", "redis.gone")), "`redis.gone`, which no check says"),
        (replace(GOOD, informational=("redis.x",)), "`redis.x` informational"),
        (replace(GOOD, remediations=("pray",)), "`pray`, which is no remediation"),
        (replace(GOOD, link_labels={"wiki": "Wiki"}), "link `wiki`"),
        (replace(GOOD, teams=()), "no team"),
        (replace(GOOD, teams=(Team.OPS, Team.OPS)), "twice"),
        (replace(GOOD, summary=""), "short paragraph"),
        (replace(GOOD, summary="# Heading"), "short paragraph"),
        (replace(GOOD, summary="x" * 301), "301 characters"),
        (replace(GOOD, signatures=()), "no signature"),
        (_signed(source=GOOD.title), "no signature"),
        (_signed(pattern="("), "no regular expression"),
        (_signed(pattern="(?=a)b"), "no regular expression"),
        (_signed(unless=(r"(a)\1",)), "no regular expression"),
        (_signed(pattern="dial(?: [a-z]+)*"), "already repeated"),
        (_signed(examples=()), "without an example"),
        (_signed(examples=("PONG",), also=("PONG",)), "its own example"),
    ],
)
def test_each_mistake_of_a_page_is_an_error(entry: Entry, words: str) -> None:
    """One mistake, one error that names it."""
    (problem,) = _lint(entry)

    assert problem.weight is Weight.ERROR
    assert problem.where == entry.id
    assert words in problem.what


@pytest.mark.parametrize(
    ("chapter", "words"),
    [
        (replace(CHAPTER, id="kafka-failure"), "the id of an entry"),
        (replace(CHAPTER, findings=("redis.no-master",)), "only an entry has"),
        (replace(CHAPTER, teams=(Team.OPS,)), "only an entry has"),
        (replace(CHAPTER, severity=Severity.ERROR), "only an entry has"),
        (replace(CHAPTER, remediations=("restart-sentinel",)), "only an entry has"),
        (replace(CHAPTER, link_labels={"wiki": "Wiki"}), "link `wiki`"),
        (replace(CHAPTER, summary="x" * 301), "301 characters"),
    ],
)
def test_each_mistake_of_a_chapter_is_an_error(chapter: Entry, words: str) -> None:
    """A chapter explains, and no more."""
    (problem,) = lint(Runbook([GOOD], [chapter]), CODES, REMEDIATIONS, TODAY)

    assert problem.weight is Weight.ERROR
    assert words in problem.what


def test_a_chapter_that_fits_has_no_problem() -> None:
    """It needs neither findings nor signatures."""
    assert lint(Runbook([GOOD], [CHAPTER]), CODES, REMEDIATIONS, TODAY) == ()


def test_a_finding_without_a_page_is_an_error() -> None:
    """A new check needs its page."""
    (problem,) = _lint(GOOD, codes=(*CODES, "kafka.lag"))

    assert (problem.weight, problem.where) == (Weight.ERROR, "kafka.lag")


def test_a_finding_with_two_pages_is_an_error() -> None:
    """A finding leads to exactly one page."""
    (problem,) = _lint(GOOD, replace(GOOD, id="middleware-down"))

    assert problem.where == "redis.no-master"
    assert "middleware-down, redis-failure" in problem.what


@pytest.mark.parametrize(
    ("reviewed", "words"), [(date(2025, 11, 21), "more than a year ago"), (date(2026, 11, 23), "not yet")]
)
def test_an_unlikely_review_date_is_a_warning(reviewed: date, words: str) -> None:
    """Old pages are told, and do not stop anybody."""
    (problem,) = _lint(replace(GOOD, reviewed=reviewed))

    assert problem.weight is Weight.WARNING
    assert words in problem.what


def test_a_page_reviewed_a_year_ago_is_still_good() -> None:
    """The boundary itself."""
    assert _lint(replace(GOOD, reviewed=date(2025, 11, 22))) == ()


def test_the_runbook_of_this_program_is_clean() -> None:
    """Every finding of every check has its page, and every page points to what is there."""
    assert lint_runbook(load_runbook(), TODAY) == ()
