"""Every name that Slack sends back to us, or that others look for in our messages."""

from __future__ import annotations

import re

from bot.domain.click import DENY_FORM, PREFIX, REASON_FIELD

COMMAND = "/sfint"
ANY_ACTION = re.compile(rf"^{PREFIX}:")
DENY_ACTION = f"{PREFIX}:decide:deny"
DENY_MODAL = DENY_FORM
REASON_BLOCK = f"{PREFIX}:reason-block"
REASON_INPUT = REASON_FIELD
LONGEST_REASON = 500

REPORT_EVENT = "sfint_report"
PLAN_EVENT = "sfint_plan"
PROGRESS_EVENT = "sfint_progress"
PAGE_EVENT = "sfint_page"
CONTACT_EVENT = "sfint_contact"
NOTICE_EVENT = "sfint_notice"
NO_PLAN_EVENT = "sfint_no_plan"
RUNBOOK_EVENT = "sfint_runbook"
