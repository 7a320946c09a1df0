"""What a text or a log has in common with the runbook: each page with its evidence, how sure, and what it beat."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement, DividerBlock

from bot.domain.click import Ask, PageTeam, ShowEntry
from bot.domain.command import spec_named
from bot.domain.diagnosis import Diagnosis, LogReading, Recognised
from bot.domain.runbook import Entry
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, actions, assemble, context, header, lines_of, press
from bot.views.mentions import team_name
from bot.views.text import bold, code, prose, user

_MOST_PAGES = 12
NOTHING = "Nothing in it is known to the runbook"


def diagnosis(key: str, shown: Diagnosis) -> Rendered:
    """The card for a text."""
    title = _title(shown.found, shown.source)
    facts = [f"{code(each.address, 60)}: {prose(each.holder, 200)}" for each in shown.addresses]
    tail = [lines_of([bold("Addresses in it", 60), *facts])] if facts else []
    read = f"{shown.lines} {'line' if shown.lines == 1 else 'lines'} read"
    return _card(key, title, shown.target, shown.asked_by, shown.found, tail, (read, *shown.remarks))


def log_reading(key: str, shown: LogReading) -> Rendered:
    """The card for a workload's logs; the lines are a file in its thread."""
    whose = f"{shown.workload}, {shown.window}"
    title = _title(shown.found, whose)
    client = (f"only lines that name {shown.client}",) if shown.client else ()
    streams = f"{shown.lines} lines of {', '.join(shown.streams) or 'no container'}"
    file = ("the lines are a file in the thread",) if shown.lines else ()
    remarks = (streams, *client, *file, *shown.remarks)
    return _card(key, title, shown.target, shown.asked_by, shown.found, [], remarks)


def _title(found: Sequence[Recognised], source: str) -> str:
    if not found:
        return f"⚪ {NOTHING}: {source}"
    return f"🔍 {found[0].page.title} ({found[0].page.id}): {source}"


def _card(
    key: str,
    title: str,
    target: str,
    asked_by: str,
    found: Sequence[Recognised],
    tail: Sequence[Block],
    remarks: Sequence[str],
) -> Rendered:
    entries = [
        {"entry": each.page.id, "confidence": f"{each.match.confidence:.2f}", "lines": each.lines}
        for each in found[:_MOST_PAGES]
    ]
    return assemble(
        prose(title, FALLBACK),
        head=[header(title), context(f"{prose(target, 80)} · asked by {user(asked_by)}")],
        body=[_group(nth, each, target) for nth, each in enumerate(found[:_MOST_PAGES])],
        tail=[*tail, context("\n".join(prose(remark, 400) for remark in remarks))],
        more="more pages are not shown",
        metadata=(ids.DIAGNOSIS_EVENT, {"key": key, "target": target, "entries": entries}),
    )


def _group(nth: int, each: Recognised, target: str) -> Sequence[Block]:
    page, match = each.page, each.match
    teams = f" · {team_name(page.teams[0])}" if page.teams else ""
    where = each.first if each.first == each.last else f"{each.first} to {each.last}"
    count = f"{each.lines} {'line' if each.lines == 1 else 'lines'}"
    lines = [
        f"{bold(page.title, 150)} ({code(page.id, 60)}){teams}",
        f"{match.confidence:.0%} sure · {count} · {prose(where, 80)}",
        code(match.evidence, 240),
        prose(page.summary, 320),
    ]
    if match.beat:
        rivals = ", ".join(code(rival, 60) for rival in match.beat)
        lines.append(f"rather than {rivals}: these words tell them apart")
    return (DividerBlock(), lines_of(lines), *actions(_buttons(nth, page, target)))


def _buttons(nth: int, page: Entry, target: str) -> list[ButtonElement | None]:
    first = 10 * nth
    made = [press("Show runbook page", ShowEntry(page.id), first)]
    offered = [name for name in page.remediations if spec_named(name)]
    for place, name in enumerate(offered[:3]):
        label = name.replace("-", " ").capitalize()
        made.append(press(f"{label}…", Ask(f"{name} --target {target}"), first + 1 + place))
    made.append(press("Ask every system", Ask(f"status --target {target}"), first + 5))
    if page.pages_somebody:
        team = page.teams[0]
        made.append(press(f"Page {team_name(team)}", PageTeam(target, page.id, team), first))
    return made
