"""Values to show."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.domain.finding import Finding, Outcome
from bot.domain.page import Page, PageState
from bot.domain.remediation import Binding, Fact, Plan, StepCall
from bot.domain.report import Explained, Report
from bot.domain.run import PlanCard, RunRequest, RunState
from bot.domain.runbook import Entry, Severity, Team

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def entry() -> Entry:
    """The page about Redis."""
    return Entry(
        id="redis-failure",
        title="Redis failure",
        teams=(Team.OPS, Team.PLATFORM),
        severity=Severity.CRITICAL,
        reviewed=date(2026, 1, 1),
        findings=("redis.no-master",),
        remediations=("restart-sentinel",),
        signatures=(),
        links={"Rancher": "https://rancher.example.com/a?b=1&c=2"},
        body="# Redis failure\n\nNo live **master**.\n\n- look\n- wait\n\n```\nkubectl get pods\n```\n",
        summary="No live master.",
    )


@pytest.fixture
def page() -> Page:
    """Ops, called a moment ago."""
    return Page(
        key="sfint/acme-prod/redis-failure/ops",
        target="acme-prod",
        entry="redis-failure",
        team=Team.OPS,
        severity=Severity.CRITICAL,
        summary="[acme-prod] no sentinel knows a live master",
        channel="C0INCSF001",
        thread="report:1",
        state=PageState.QUEUED,
        created_at=AT,
    )


@pytest.fixture
def report(entry: Entry, page: Page) -> Report:
    """One failing finding, one that could not be asked, one that is fine."""
    findings = [
        Explained(
            Finding(
                "redis-sentinel",
                "redis",
                Outcome.FAILING,
                "redis.no-master",
                "no sentinel knows a live master",
                ("node-0 says 10.0.0.1 <dead>", "node-1 says `10.0.0.1`", "c", "d", "e"),
            ),
            entry,
        ),
        Explained(
            Finding("salesforce-token", "salesforce", Outcome.UNKNOWN, "token.unreachable", "could not ask")
        ),
        Explained(Finding("middleware", "middleware", Outcome.OK, "middleware.ok", "1 of 1 ready")),
    ]
    return Report("acme-prod", "U0RITA001", AT, 1.24, Report.ordered(findings), (page,))


@pytest.fixture
def plan() -> Plan:
    """The full restart, three replicas."""
    return Plan(
        binding=Binding(
            remediation="restart-sentinel",
            target="acme-prod",
            workload="statefulset/acme/redis-sentinel-node",
            workload_uid="uid-1",
            template_hash="t" * 64,
            verdict="stale-master",
            rung="full-restart",
            restore_replicas=3,
            accepts_data_loss=False,
        ),
        title="Restart Redis Sentinel",
        entry="redis-failure",
        why=("every sentinel names 10.0.0.1, which no pod has",),
        risks=("live chats end",),
        restores="3 replicas",
        facts=(Fact("master", "10.0.0.1:6379"),),
        steps=(StepCall("statefulset.scale", "scale to 0", {"replicas": 0}),),
        gentler="a reset of one sentinel would not help: none knows a live master",
    )


@pytest.fixture
def card(plan: Plan, page: Page) -> PlanCard:
    """The plan, waiting for an approval."""
    request = RunRequest(
        run_id="command:1234567890.123456.abcdef",
        plan=plan,
        requested_by="U0RITA001",
        requester_team_id="T0ACME0001",
        channel="C0INCSF001",
        requested_at=AT,
        expires_at=AT.replace(minute=15),
    )
    return PlanCard(request, RunState.WAITING, page=page, approvers=("U0ARNO001", "U0ADA0001"))
