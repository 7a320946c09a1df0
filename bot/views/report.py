"""`/sfint status`: what is wrong, worst first, each with its page of the runbook and the buttons that help."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement, DividerBlock

from bot.domain.click import Ask, PageTeam, ShowEntry
from bot.domain.command import spec_named
from bot.domain.finding import Outcome
from bot.domain.page import Page, PageState
from bot.domain.report import Explained, Report
from bot.domain.runbook import Entry, Team
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, actions, assemble, context, header, lines_of, press
from bot.views.mentions import team_name
from bot.views.page_notice import page_words
from bot.views.text import bold, code, moment, prose, user

_GLYPHS = {Outcome.FAILING: "🔴", Outcome.DEGRADED: "🟠", Outcome.UNKNOWN: "⚪", Outcome.OK: "🟢"}
_WORDS = {
    Outcome.FAILING: "failing",
    Outcome.DEGRADED: "degraded",
    Outcome.UNKNOWN: "not known",
    Outcome.OK: "all well",
}
_MOST_EVIDENCE = 4
_MOST_ENTRIES = 30


def report(key: str, shown: Report) -> Rendered:
    """The card; its metadata names each entry that was diagnosed."""
    worst = shown.worst if shown.items else Outcome.UNKNOWN
    title = f"{_GLYPHS[worst]} {shown.title}: {shown.target} is {_WORDS[worst]} ({shown.seconds:.1f} s)"
    if worst is Outcome.OK:
        title = f"{_GLYPHS[worst]} {shown.title}: {shown.target}, all well ({shown.seconds:.1f} s)"
    bad = [item for item in shown.items if item.finding.outcome is not Outcome.OK]
    asked = context(f"asked by {user(shown.asked_by)} {moment(shown.started_at)}")
    return assemble(
        prose(f"{title}. {'; '.join(item.finding.summary for item in bad)}", FALLBACK),
        head=[header(title), asked],
        body=[_finding(nth, item, shown) for nth, item in enumerate(bad)],
        tail=[*_fine(shown), *_paged(shown.pages)],
        more="more findings, shown when these are gone or by `/sfint status <component>`".replace(
            "<", "&lt;"
        ).replace(">", "&gt;"),
        metadata=(ids.REPORT_EVENT, _metadata(key, shown, worst, bad)),
    )


def _finding(nth: int, item: Explained, shown: Report) -> Sequence[Block]:
    finding, entry = item.finding, item.entry
    lines = [f"{_GLYPHS[finding.outcome]} {bold(finding.summary, 500)}"]
    if entry is not None:
        teams = f" · {team_name(entry.teams[0])}" if entry.teams else ""
        lines.append(f"Runbook: {prose(entry.title, 150)} ({code(entry.id, 60)}){teams}")
    else:
        lines.append(f"{code(finding.code, 80)} has no page in the runbook")
    lines += [code(line, 240) for line in finding.evidence[:_MOST_EVIDENCE]]
    if len(finding.evidence) > _MOST_EVIDENCE:
        lines.append(f"… and {len(finding.evidence) - _MOST_EVIDENCE} more of evidence")
    return (DividerBlock(), lines_of(lines), *actions(_buttons(nth, item, shown)))


def _buttons(nth: int, item: Explained, shown: Report) -> list[ButtonElement | None]:
    entry = item.entry
    if entry is None:
        return []
    first = 10 * nth
    made = [press("Show runbook page", ShowEntry(entry.id), first)]
    offered = [name for name in entry.remediations if spec_named(name)]
    for place, name in enumerate(offered[:5]):
        label = name.replace("-", " ").capitalize()
        made.append(press(f"{label}…", Ask(f"{name} --target {shown.target}"), first + place))
    team = _to_page(entry, shown.pages)
    if team is not None:
        made.append(press(f"Page {team_name(team)}", PageTeam(shown.target, entry.id, team), first))
    return made


def _to_page(entry: Entry, pages: Sequence[Page]) -> Team | None:
    """The first team of the entry, then those outside: whoever comes first and has no open page for it."""
    if not entry.pages_somebody:
        return None
    open_pages = {(page.entry, page.team) for page in pages if page.is_open and page.state is not PageState.FAILED}
    callable_here = (*entry.teams[:1], *(team for team in entry.teams[1:] if team.is_external))
    return next((team for team in callable_here if (entry.id, team) not in open_pages), None)


def _fine(shown: Report) -> list[Block]:
    fine = [item.finding for item in shown.items if item.finding.outcome is Outcome.OK]
    if not fine:
        return []
    return [context(prose("✓ " + " · ".join(f"{finding.check}: {finding.summary}" for finding in fine), 1_500))]


def _paged(pages: Sequence[Page]) -> list[Block]:
    if not pages:
        return []
    lines = [page_words(page) for page in pages[:6]]
    return [context("\n".join([*lines, "That is how it stands now: the page's own card is kept up to date."]))]


def _metadata(key: str, shown: Report, worst: Outcome, bad: Sequence[Explained]) -> dict[str, object]:
    entries = [
        {
            "finding": item.finding.code,
            "entry": item.entry.id if item.entry else "",
            "outcome": item.finding.outcome.value,
            "team": item.entry.teams[0].value if item.entry and item.entry.teams else "",
        }
        for item in bad[:_MOST_ENTRIES]
    ]
    return {"key": key, "target": shown.target, "state": worst.value, "entries": entries}
