"""Joins checks, remediations and runbook pages: nothing may point to what is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import bot.checks.registry
import bot.remediations.registry
from bot.domain.runbook import OUTSIDE_SECTIONS, Entry, Link, Severity
from bot.runbook.loader import Runbook
from bot.runbook.signature_faults import signature_faults

LONGEST_SUMMARY = 300
"""Characters: more does not fit on a card that is read at night."""
REVIEW_EVERY = timedelta(days=365)
IDS = frozenset(
    {
        "redis-failure",
        "integrations-no-messages",
        "middleware-down",
        "kafka-failure",
        "contact-blocked",
        "expired-password",
        "invalid-auth-header",
        "error-getting-token",
        "longpoll-403",
        "longpoll-503",
        "longpoll-500",
        "chat-request-fail-unavailable",
        "chat-request-fail-blocked",
        "no-livechat-events",
    }
)
"""The stable names: links, pages and alerts of others refer to them."""


class Weight(StrEnum):
    """An error fails the lint, a warning is only told."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class LintProblem:
    """What is wrong where; `where` is an entry's id, or a finding code that has none."""

    weight: Weight
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.weight}: {self.where}: {self.what}"


def lint_runbook(runbook: Runbook, today: date) -> tuple[LintProblem, ...]:
    """The lint over the checks and remediations of this program."""
    codes = {code for check in bot.checks.registry.collect() for code in check.codes}
    return lint(runbook, codes, bot.remediations.registry.collect(), today)


def lint(
    runbook: Runbook, codes: Iterable[str], remediations: Iterable[str], today: date
) -> tuple[LintProblem, ...]:
    """Every problem, errors first. `codes` are what checks may say, `.ok` ones excepted."""
    emitted = {code for code in codes if not is_fine(code)}
    known = frozenset(remediations)
    problems = [*_unexplained(runbook, emitted)]
    for entry in runbook.entries:
        problems += [LintProblem(Weight.ERROR, entry.id, what) for what in _errors(entry, emitted, known)]
        problems += [LintProblem(Weight.WARNING, entry.id, what) for what in _warnings(entry, today)]
    for chapter in runbook.chapters:
        problems += [LintProblem(Weight.ERROR, chapter.id, what) for what in _chapter_errors(chapter)]
        problems += [LintProblem(Weight.WARNING, chapter.id, what) for what in _warnings(chapter, today)]
    return tuple(sorted(problems, key=lambda problem: (problem.weight, problem.where, problem.what)))


def is_fine(code: str) -> bool:
    """True for the codes that say that all is well: they need no page."""
    return code.endswith((".ok", ".healthy"))


def _unexplained(runbook: Runbook, emitted: set[str]) -> Iterator[LintProblem]:
    for code in sorted(emitted):
        pages = [entry.id for entry in runbook.entries if code in entry.findings]
        if not pages:
            yield LintProblem(Weight.ERROR, code, "no entry explains this finding")
        elif len(pages) > 1:
            yield LintProblem(Weight.ERROR, code, f"more than one entry explains it: {', '.join(pages)}")


def _errors(entry: Entry, emitted: set[str], remediations: frozenset[str]) -> Iterator[str]:
    if entry.id not in IDS:
        yield "is not one of the stable ids"
    for code in _missing(entry.findings, emitted):
        yield f"explains `{code}`, which no check says"
    for code in _missing(entry.informational, entry.findings):
        yield f"calls `{code}` informational, which it does not explain"
    for name in _missing(entry.remediations, remediations):
        yield f"offers `{name}`, which is no remediation"
    for link in _missing(entry.link_labels, Link):
        yield f"has the link `{link}`, for which no template can be configured"
    if not entry.teams and entry.severity is not Severity.INFO:
        yield "has a severity that pages, and no team"
    if len(set(entry.teams)) < len(entry.teams):
        yield "names a team twice"
    yield from _summary_errors(entry)
    yield from signature_faults(entry)


def _chapter_errors(chapter: Entry) -> Iterator[str]:
    """A chapter explains; it neither names a failure nor pages, and takes no stable id."""
    if chapter.id in IDS:
        yield "is a chapter with the id of an entry"
    if chapter.findings or chapter.teams or chapter.remediations or chapter.severity is not Severity.INFO:
        yield "is a chapter, and has findings, teams, remediations or a severity that only an entry has"
    for link in _missing(chapter.link_labels, Link):
        yield f"has the link `{link}`, for which no template can be configured"
    yield from _summary_errors(chapter)


def _summary_errors(page: Entry) -> Iterator[str]:
    if not page.summary or page.summary.startswith(("#", "|", "-", "`")):
        yield "must begin with a short paragraph: it is what a card shows"
    if len(page.summary) > LONGEST_SUMMARY:
        yield f"has a first paragraph of {len(page.summary)} characters; {LONGEST_SUMMARY} at most"


def _missing(named: Iterable[str], known: Iterable[str]) -> list[str]:
    present = set(known)
    return [name for name in named if name not in present]


def _warnings(entry: Entry, today: date) -> Iterator[str]:
    if today - entry.reviewed > REVIEW_EVERY:
        yield f"was last reviewed on {entry.reviewed}, more than a year ago"
    if entry.reviewed > today:
        yield f"says that it was reviewed on {entry.reviewed}, which is not yet"
    for team in entry.teams:
        heading = OUTSIDE_SECTIONS.get(team, "")
        if heading and not entry.section(heading):
            yield f"has no section `{heading}`: a mail to them says what it means, not what they can do"
