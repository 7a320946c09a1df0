"""`/sfint contact`: the masked rows, the verdict, and whom to ask for an unblocked contact."""

from __future__ import annotations

from slack_sdk.models.blocks import ButtonElement

from bot.domain.click import PageTeam, ShowEntry
from bot.domain.contact import ContactRow, ContactVerdict
from bot.domain.contact_answer import ContactAnswer
from bot.domain.finding import Outcome
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, actions, assemble, context, header, lines_of, press, section
from bot.views.mentions import team_name
from bot.views.text import code, moment, prose, user

_GLYPHS = {Outcome.FAILING: "🔴", Outcome.DEGRADED: "🟠", Outcome.UNKNOWN: "⚪", Outcome.OK: "🟢"}
_MARKS = {True: "🔴 blocked", False: "🟢 not blocked", None: "⚪ cannot tell"}


def contact(key: str, shown: ContactAnswer) -> Rendered:
    """The card; its metadata names the entry, as that of a report does."""
    glyph = _GLYPHS[shown.outcome]
    asked = f"{shown.target} · asked by {user(shown.asked_by)} {moment(shown.started_at)} · {shown.seconds:.1f} s"
    rows = [_row(row) for row in shown.rows]
    rows += ["… and more rows than are shown"] if shown.has_more else []
    groups = [(lines_of(rows[at : at + 10]),) for at in range(0, len(rows), 10)]
    return assemble(
        prose(f"{glyph} {shown.target}: {shown.headline}", FALLBACK),
        head=[header(f"{glyph} {_title(shown)}"), section(prose(f"{shown.headline}.", 300)), context(asked)],
        body=groups,
        tail=[*([lines_of(told)] if (told := _told(shown)) else []), *actions(_buttons(shown))],
        more="more rows",
        metadata=(ids.CONTACT_EVENT, _metadata(key, shown)),
    )


def _title(shown: ContactAnswer) -> str:
    match shown.verdict:
        case ContactVerdict.BLOCKED:
            return "Contact: blocked"
        case ContactVerdict.NOT_BLOCKED:
            return "Contact: not blocked"
        case ContactVerdict.NOT_FOUND:
            return "Contact: none found"
        case ContactVerdict.CANNOT_TELL | ContactVerdict.NOT_ASKED:
            return "Contact: cannot tell"


def _row(row: ContactRow) -> str:
    parts = [row.name, row.email, *row.phones]
    return f"{_MARKS[row.blocked]} · {row.kind} {code(row.id, 40)} {prose(' · '.join(filter(None, parts)), 200)}"


def _told(shown: ContactAnswer) -> list[str]:
    lines = [code(note, 300) for note in shown.notes]
    if shown.verdict is ContactVerdict.BLOCKED:
        lines.append(f"Wanted: {code(f'{shown.blocked_field} = false', 120)}, set by the client's admin.")
    if len(shown.rows) > 1:
        lines.append("Several rows fit, and the middleware takes the first that it finds: all should be right.")
    if shown.entry is not None:
        lines.append(f"Runbook: {prose(shown.entry.title, 150)} ({code(shown.entry.id, 60)})")
    return lines


def _buttons(shown: ContactAnswer) -> list[ButtonElement | None]:
    entry = shown.entry
    if entry is None:
        return []
    buttons = [press("Show runbook page", ShowEntry(entry.id))]
    if shown.verdict is ContactVerdict.BLOCKED and entry.teams:
        team = entry.teams[0]
        buttons.append(press(f"Page {team_name(team)}", PageTeam(shown.target, entry.id, team)))
    return buttons


def _metadata(key: str, shown: ContactAnswer) -> dict[str, object]:
    team = shown.entry.teams[0].value if shown.entry and shown.entry.teams else ""
    entry = shown.entry.id if shown.entry else ""
    named = {"finding": shown.code, "entry": entry, "outcome": shown.outcome.value, "team": team}
    return {
        "key": key,
        "target": shown.target,
        "state": shown.verdict.value,
        "entries": [named] if shown.outcome is not Outcome.OK else [],
    }
