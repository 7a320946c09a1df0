"""Why a remediation offers nothing, and what to do instead."""

from __future__ import annotations

from bot.domain.click import Ask, ShowEntry
from bot.domain.command import spec_named
from bot.domain.remediation import NoPlan
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, actions, assemble, header, lines_of, press
from bot.views.facts import fact_lines
from bot.views.text import code, prose


def no_plan(key: str, shown: NoPlan) -> Rendered:
    """Reason, advice and what was seen; buttons for the remediations that fit instead."""
    title = f"{shown.remediation}: no plan for {shown.target}"
    reason = [prose(shown.reason, 1_500), f"verdict {code(shown.verdict, 80)}"]
    advice = [f"→ {prose(line, 500)}" for line in shown.advice]
    facts = fact_lines(shown.facts)
    body = [("Why", reason), ("What to do", advice), ("Seen", facts)]
    offers = [name for name in shown.offers if spec_named(name)][:5]
    buttons = [
        press(f"{name.replace('-', ' ').capitalize()}…", Ask(f"{name} --target {shown.target}"), nth)
        for nth, name in enumerate(offers)
    ]
    if shown.entry:
        buttons.append(press("Show runbook page", ShowEntry(shown.entry)))
    return assemble(
        prose(f"{title}: {shown.reason}", FALLBACK),
        head=[header(title)],
        body=[(lines_of([f"*{name}*", *lines]),) for name, lines in body if lines],
        tail=actions(buttons),
        more="more parts are not shown",
        metadata=(
            ids.NO_PLAN_EVENT,
            {"key": key, "target": shown.target, "entry": shown.entry, "verdict": shown.verdict,
             "remediation": shown.remediation, "state": "no-plan"},
        ),
    )  # fmt: skip
