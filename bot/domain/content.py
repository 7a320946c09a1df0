"""Everything that a chat is given to show; what is new here must be rendered, too."""

from __future__ import annotations

from bot.domain.contact_answer import ContactAnswer
from bot.domain.diagnosis import Diagnosis, LogReading
from bot.domain.notice import Notice, RunbookPage
from bot.domain.page import Page
from bot.domain.remediation import NoPlan
from bot.domain.report import Report
from bot.domain.run import DryRun, PlanCard, Progress

Content = (
    Report
    | ContactAnswer
    | PlanCard
    | DryRun
    | Progress
    | Page
    | Notice
    | RunbookPage
    | NoPlan
    | Diagnosis
    | LogReading
)
