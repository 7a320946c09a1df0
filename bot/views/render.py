"""One way in: a domain value to a Slack message."""

from __future__ import annotations

from typing import assert_never

from bot.domain.contact_answer import ContactAnswer
from bot.domain.content import Content
from bot.domain.diagnosis import Diagnosis, LogReading
from bot.domain.notice import Notice, RunbookPage
from bot.domain.page import Page
from bot.domain.remediation import NoPlan
from bot.domain.report import Report
from bot.domain.run import DryRun, PlanCard, Progress
from bot.views.card import Rendered
from bot.views.contact import contact
from bot.views.diagnosis import diagnosis, log_reading
from bot.views.mentions import Mentions
from bot.views.no_plan import no_plan
from bot.views.notice import notice
from bot.views.page_notice import page_notice
from bot.views.plan_card import dry_run, plan_card
from bot.views.progress import progress
from bot.views.report import report
from bot.views.runbook_page import runbook_page


def render(key: str, shown: Content, mentions: Mentions) -> Rendered:
    """The message for this value; `key` goes into its metadata, by which it is found again."""
    match shown:
        case Report():
            return report(key, shown)
        case ContactAnswer():
            return contact(key, shown)
        case PlanCard():
            return plan_card(key, shown)
        case DryRun():
            return dry_run(key, shown)
        case Progress():
            return progress(key, shown)
        case Page():
            return page_notice(key, shown, mentions)
        case Notice():
            return notice(key, shown)
        case RunbookPage():
            return runbook_page(key, shown)
        case NoPlan():
            return no_plan(key, shown)
        case Diagnosis():
            return diagnosis(key, shown)
        case LogReading():
            return log_reading(key, shown)
        case _:
            assert_never(shown)
