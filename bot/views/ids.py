"""Every name that Slack sends back to us, or that others look for in our messages."""

from __future__ import annotations

import re

from bot.domain.click import DENY_FORM, DIAGNOSE_FORM, MATCH_SHORTCUT, PREFIX, REASON_FIELD, TEXT_FIELD

COMMAND = "/sfint"
ANY_ACTION = re.compile(rf"^{PREFIX}:")
DENY_ACTION = f"{PREFIX}:decide:deny"
DENY_MODAL = DENY_FORM
REASON_BLOCK = f"{PREFIX}:reason-block"
REASON_INPUT = REASON_FIELD
LONGEST_REASON = 500
DIAGNOSE_MODAL = DIAGNOSE_FORM
TEXT_BLOCK = f"{PREFIX}:text-block"
TEXT_INPUT = TEXT_FIELD
LONGEST_TEXT = 3_000
"""Slack takes no more in one input."""
MATCH = MATCH_SHORTCUT

REPORT_EVENT = "sfint_report"
PLAN_EVENT = "sfint_plan"
PROGRESS_EVENT = "sfint_progress"
PAGE_EVENT = "sfint_page"
CONTACT_EVENT = "sfint_contact"
NOTICE_EVENT = "sfint_notice"
NO_PLAN_EVENT = "sfint_no_plan"
RUNBOOK_EVENT = "sfint_runbook"
DIAGNOSIS_EVENT = "sfint_diagnosis"
