"""`/sfint runbook`: one page whole, or the list of those that matched."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement

from bot.domain.click import Ask, ShowEntry
from bot.domain.command import spec_named
from bot.domain.notice import RunbookPage
from bot.domain.runbook import Entry
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, actions, assemble, context, header, lines_of, press, section
from bot.views.markdown import to_lines
from bot.views.mentions import team_name
from bot.views.text import bold, code, link, prose

_LINES_A_SECTION = 15


def runbook_page(key: str, shown: RunbookPage) -> Rendered:
    """One match is shown whole; several as a list with buttons; none says so."""
    if len(shown.entries) == 1:
        return _page(key, shown.entries[0])
    found = f"{len(shown.entries)} pages" if shown.entries else "Nothing"
    title = f"{found} in the runbook for “{shown.words}”" if shown.words else f"The runbook: {found}"
    return assemble(
        prose(title, FALLBACK),
        head=[header(title)],
        body=[_listed(nth, entry) for nth, entry in enumerate(shown.entries)],
        tail=[context("One page whole: `/sfint runbook redis-failure`")],
        more="more pages: search with more words",
        metadata=_metadata(key, shown.entries),
    )


def _page(key: str, entry: Entry) -> Rendered:
    lines = [line for line in to_lines(entry.body) if line != bold(entry.title, 200)]
    facts = [f"{code(entry.id, 60)} · severity {entry.severity}", f"reviewed {entry.reviewed:%Y-%m-%d}"]
    if entry.teams:
        facts.append(f"who: {', then '.join(team_name(team) for team in entry.teams)}")
    links = [f"• {link(url, name)}" for name, url in list(entry.links.items())[:10]]
    return assemble(
        prose(f"Runbook: {entry.title}. {entry.summary}", FALLBACK),
        head=[header(entry.title), context(" · ".join(facts))],
        body=[(lines_of(lines[at : at + _LINES_A_SECTION]),) for at in range(0, len(lines), _LINES_A_SECTION)],
        tail=[*([lines_of(links)] if links else []), *actions(_remedies(entry))],
        more="more parts of this page are not shown",
        metadata=_metadata(key, [entry]),
    )


def _listed(nth: int, entry: Entry) -> Sequence[Block]:
    text = f"{bold(entry.title, 150)} ({code(entry.id, 60)})\n{prose(entry.summary, 400)}"
    return (section(text), *actions([press("Show runbook page", ShowEntry(entry.id), nth)]))


def _remedies(entry: Entry) -> list[ButtonElement | None]:
    offered = [name for name in entry.remediations if spec_named(name)][:5]
    labels = [f"{name.replace('-', ' ').capitalize()}…" for name in offered]
    return [press(label, Ask(name), nth) for nth, (label, name) in enumerate(zip(labels, offered, strict=True))]


def _metadata(key: str, entries: Sequence[Entry]) -> tuple[str, dict[str, object]]:
    return ids.RUNBOOK_EVENT, {"key": key, "entry": entries[0].id if len(entries) == 1 else "", "state": "shown"}
