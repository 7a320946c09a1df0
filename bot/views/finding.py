"""One finding of a report: whole, shorter, or in a line or two, so that a report of many still says them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, ButtonElement, DividerBlock, SectionBlock

from bot.domain.click import Ask, PageTeam, ShowEntry
from bot.domain.command import spec_named
from bot.domain.finding import Outcome
from bot.domain.page import Page, PageState
from bot.domain.report import Explained, Report
from bot.domain.runbook import Entry, Team
from bot.views.card import actions, lines_of, press
from bot.views.mentions import team_name
from bot.views.text import bold, code, prose

GLYPHS = {Outcome.FAILING: "🔴", Outcome.DEGRADED: "🟠", Outcome.UNKNOWN: "⚪", Outcome.OK: "🟢"}


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is said: characters of the summary, lines of evidence, and what stands around them."""

    summary: int
    evidence: int
    has_actions: bool
    has_divider: bool


DETAILS = (
    Detail(summary=500, evidence=4, has_actions=True, has_divider=True),
    Detail(summary=300, evidence=2, has_actions=True, has_divider=False),
    Detail(summary=200, evidence=1, has_actions=False, has_divider=False),
    Detail(summary=120, evidence=0, has_actions=False, has_divider=False),
)
"""From the fullest on; the first with which all findings fit into one message is taken."""
NARROW = Detail(summary=500, evidence=12, has_actions=True, has_divider=True)
"""Before the others where one system was asked for: its evidence is the table that was wanted."""


def finding_blocks(nth: int, item: Explained, shown: Report, detail: Detail) -> Sequence[Block]:
    """The blocks for the `nth` finding of the card, which keeps the ids of its buttons apart."""
    divider = (DividerBlock(),) if detail.has_divider else ()
    section = lines_of(_lines(item, detail))
    if detail.has_actions:
        return (*divider, section, *actions(_buttons(nth, item, shown)))
    if item.entry is not None and isinstance(section, SectionBlock):
        section.accessory = press("Show runbook page", ShowEntry(item.entry.id), 10 * nth)
    return (*divider, section)


def _lines(item: Explained, detail: Detail) -> list[str]:
    finding, entry = item.finding, item.entry
    lines = [f"{GLYPHS[finding.outcome]} {bold(finding.summary, detail.summary)}"]
    if entry is not None:
        teams = f" · {team_name(entry.teams[0])}" if entry.teams else ""
        lines.append(f"Runbook: {prose(entry.title, 150)} ({code(entry.id, 60)}){teams}")
    elif finding.outcome is not Outcome.OK:
        lines.append(f"{code(finding.code, 80)} has no page in the runbook")
    lines += [code(line, 240) for line in finding.evidence[: detail.evidence]]
    if len(finding.evidence) > detail.evidence > 0:
        lines.append(f"… and {len(finding.evidence) - detail.evidence} more of evidence")
    return lines


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
