"""`/sfint status`: what is wrong, worst first, each with its page of the runbook and the buttons that help."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.domain.finding import Outcome
from bot.domain.page import Page
from bot.domain.report import Explained, Report
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, assemble, context, header
from bot.views.finding import DETAILS, GLYPHS, NARROW, Detail, finding_blocks
from bot.views.page_notice import page_words
from bot.views.text import bold, moment, prose, user

_WORDS = {
    Outcome.FAILING: "failing",
    Outcome.DEGRADED: "degraded",
    Outcome.UNKNOWN: "not known",
    Outcome.OK: "all well",
}
_MOST_ENTRIES = 30
_MOST_LINES = 30
_MORE = "more findings, shown when these are gone or by `/sfint status &lt;component&gt;`"


def report(key: str, shown: Report) -> Rendered:
    """The card; its metadata names each entry that was diagnosed."""
    worst = shown.worst if shown.items else Outcome.UNKNOWN
    title = f"{GLYPHS[worst]} {shown.title}: {shown.target} is {_WORDS[worst]} ({shown.seconds:.1f} s)"
    if worst is Outcome.OK:
        title = f"{GLYPHS[worst]} {shown.title}: {shown.target}, all well ({shown.seconds:.1f} s)"
    bad = [item for item in shown.items if item.finding.outcome is not Outcome.OK]
    told = [item for item in shown.items if item in bad or (shown.is_narrow and item.finding.evidence)]
    details = (NARROW, *DETAILS) if shown.is_narrow else DETAILS
    rendered = [_card(key, shown, title, bad, told, details[0])]
    while rendered[-1].left_out and len(rendered) < len(details):
        rendered.append(_card(key, shown, title, bad, told, details[len(rendered)]))
    return rendered[-1]


def _card(
    key: str, shown: Report, title: str, bad: Sequence[Explained], told: Sequence[Explained], detail: Detail
) -> Rendered:
    asked = context(f"asked by {user(shown.asked_by)} {moment(shown.started_at)}")
    return assemble(
        prose(f"{title}. {'; '.join(item.finding.summary for item in bad)}", FALLBACK),
        head=[header(title), asked],
        body=[finding_blocks(nth, item, shown, detail) for nth, item in enumerate(told)],
        tail=[*_fine(shown, told), *_paged(shown.pages)],
        more=_MORE,
        metadata=(ids.REPORT_EVENT, _metadata(key, shown, bad)),
    )


def _fine(shown: Report, told: Sequence[Explained]) -> list[Block]:
    """What is well, and was not told in full: a line each; only the names where something else needs the eye."""
    fine = [item.finding for item in shown.items if item not in told]
    if not fine:
        return []
    if told or len(fine) > _MOST_LINES:
        return [context(prose(f"✓ well: {', '.join(finding.check for finding in fine)}", 1_500))]
    lines = [f"✓ {bold(finding.check, 60)} {prose(_without_subject(finding.summary), 110)}" for finding in fine]
    return [context("\n".join(lines[at : at + 10])) for at in range(0, len(lines), 10)]


def _without_subject(summary: str) -> str:
    """`Kafka: all is well` beside the check's name: the words before the colon would say it twice."""
    return summary.partition(": ")[2] or summary


def _paged(pages: Sequence[Page]) -> list[Block]:
    if not pages:
        return []
    lines = [page_words(page) for page in pages[:6]]
    return [context("\n".join([*lines, "That is how it stands now: the page's own card is kept up to date."]))]


def _metadata(key: str, shown: Report, bad: Sequence[Explained]) -> dict[str, object]:
    entries = [
        {
            "finding": item.finding.code,
            "entry": item.entry.id if item.entry else "",
            "outcome": item.finding.outcome.value,
            "team": item.entry.teams[0].value if item.entry and item.entry.teams else "",
        }
        for item in bad[:_MOST_ENTRIES]
    ]
    worst = shown.worst if shown.items else Outcome.UNKNOWN
    return {"key": key, "target": shown.target, "state": worst.value, "entries": entries}
