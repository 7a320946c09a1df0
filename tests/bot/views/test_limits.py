"""Any text of any size stays within Slack's limits, and no entity is ever cut in two."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.content import Content
from bot.domain.finding import Finding, Outcome
from bot.domain.notice import Notice, RunbookPage
from bot.domain.page import Page, PageState
from bot.domain.remediation import Fact, NoPlan, StepCall
from bot.domain.report import Explained, Report
from bot.domain.run import DryRun, PlanCard, Progress, RunState, StepLine, StepState
from bot.domain.runbook import Entry
from bot.views import text as texts
from bot.views.mentions import Mentions
from bot.views.render import render
from lab.slack.blocks import check_message_blocks

NASTY = st.sampled_from(
    ["&", "<", ">", "*", "`", "<@U0RITA001>", "\n", "😀", "x" * 900, "é", "```", "|", "# ", "- "]
)
ANY = st.one_of(
    st.text(max_size=80), st.lists(NASTY, max_size=60).map("".join), st.integers(1, 20_000).map("&".__mul__)
)
MANY = st.lists(ANY, max_size=40).map(tuple)
ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def fits(value: Content) -> None:
    """The strict validator takes it, the whole is under 12,000 characters, and no escape is broken."""
    made = render("key", value, Mentions())
    check_message_blocks(made.blocks)
    mrkdwn = re.findall(
        r'"type": "mrkdwn", "text": "((?:[^"\\]|\\.)*)"', json.dumps(made.blocks, ensure_ascii=False)
    )
    everything = sum(len(json.loads(f'"{part}"')) for part in mrkdwn)
    assert everything + len(made.text) < 12_000
    assert made.text
    for part in [*mrkdwn, made.text]:
        assert not ENTITY.search(part)


@QUICK
@given(ANY, MANY, st.integers(1, 60), st.sampled_from(Outcome))
def test_reports(
    report: Report, entry: Entry, words: str, lines: tuple[str, ...], count: int, outcome: Outcome
) -> None:
    """Sixty findings with endless evidence."""
    finding = Finding(words, words, outcome, words, words, lines)
    item = Explained(finding, replace(entry, title=words, remediations=(*entry.remediations, words)))
    fits(
        replace(
            report, target=words, asked_by=words, items=(item, Explained(finding)) * count, pages=report.pages * 9
        )
    )


@QUICK
@given(ANY, MANY, st.sampled_from(RunState))
def test_plan_cards(card: PlanCard, words: str, lines: tuple[str, ...], state: RunState) -> None:
    """Long reasons, many steps, many approvers; the buttons of a waiting card always stay."""
    plan = replace(
        card.request.plan,
        title=words,
        why=lines,
        risks=lines,
        gentler=words,
        restores=words,
        facts=tuple(Fact(line, line) for line in lines),
        steps=tuple(StepCall("s", line, {}) for line in lines),
    )
    assert card.page is not None
    shown = replace(card, request=replace(card.request, plan=plan), state=state, reason=words, decided_by=words,
                    page=replace(card.page, problem=words), approvers=("U0ARNO001",) * 99)  # fmt: skip
    fits(shown)
    fits(DryRun(plan, words))
    has_buttons = "sfint:decide:approve" in json.dumps(render("key", shown, Mentions()).blocks)
    assert has_buttons is (state is RunState.WAITING)


@QUICK
@given(ANY, MANY, st.sampled_from(StepState), st.sampled_from(RunState))
def test_progress(card: PlanCard, words: str, lines: tuple[str, ...], step: StepState, state: RunState) -> None:
    """More steps than a message has blocks."""
    steps = tuple(StepLine(line, step, line, 1.0) for line in lines) * 3
    fits(Progress("run", words, words, state, steps, card.request.requested_at, 1e6, words))


@QUICK
@given(ANY, st.sampled_from(PageState))
def test_page_notices(page: Page, words: str, state: PageState) -> None:
    """A provider that answers with a novel."""
    fits(replace(page, summary=words, reason=words, problem=words, by=words, state=state))


@QUICK
@given(ANY, MANY)
def test_notices_and_no_plans(words: str, lines: tuple[str, ...]) -> None:
    """Refusals, help, advice."""
    fits(Notice(words, lines, words))
    fits(NoPlan(words, words, words, words, lines, tuple(Fact(line, line) for line in lines), lines, words))


@QUICK
@given(ANY, MANY, st.integers(0, 60))
def test_runbook_pages(entry: Entry, words: str, lines: tuple[str, ...], count: int) -> None:
    """A page of any length, and a list of any length."""
    long = replace(entry, title=words, body="\n".join(lines), summary=words, links=dict.fromkeys(lines, words))
    fits(RunbookPage(words, (long,)))
    fits(RunbookPage(words, (long,) * count))


@given(ANY, st.integers(10, 400))
def test_every_text_keeps_its_limit(words: str, most: int) -> None:
    """Each way of writing a text obeys its number."""
    for made in (texts.prose(words, most), texts.code(words, most), texts.block_of_code(words, most),
                 texts.plain(words, most), texts.bold(words, most)):  # fmt: skip
        assert len(made) <= most
    assert not ENTITY.search(texts.prose(words, most) + texts.code(words, most))
