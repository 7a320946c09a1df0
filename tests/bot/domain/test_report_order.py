"""In which order a report tells its findings."""

from __future__ import annotations

from bot.domain.finding import Finding, Outcome
from bot.domain.report import Explained, Report
from bot.runbook.loader import load_runbook

CODES = {
    "contact.blocked": ("contact", "salesforce", Outcome.FAILING),
    "api.expired-password": ("salesforce-api", "salesforce", Outcome.FAILING),
    "middleware.crash-loop": ("middleware-deployment", "middleware", Outcome.FAILING),
    "redis.no-master": ("redis-sentinel", "redis", Outcome.FAILING),
    "integrations.low": ("integrations-core", "integrations", Outcome.DEGRADED),
    "redis.ok": ("redis-pods", "redis", Outcome.OK),
}


def test_causes_come_before_what_they_cause_and_single_people_after_all_that_fails() -> None:
    """One blocked contact must not stand above an outage; nothing that fails stands below what does not."""
    runbook = load_runbook()
    items = [
        Explained(Finding(check, component, outcome, code, code), runbook.explain(code))
        for code, (check, component, outcome) in CODES.items()
    ]

    assert [item.finding.code for item in Report.ordered(items)] == [
        "redis.no-master",
        "api.expired-password",
        "middleware.crash-loop",
        "contact.blocked",
        "integrations.low",
        "redis.ok",
    ]
