"""What is counted at the seams is counted once, and only when it really happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from structlog.testing import capture_logs

from bot.adapters.clock import SystemClock
from bot.adapters.observed_books import ObservedInbox, ObservedLedger, ObservedPages, ObservedRuns
from bot.adapters.observed_script import ObservedScript
from bot.adapters.prometheus import PrometheusMeter
from bot.adapters.slack import Slack
from bot.adapters.slack_count import count_slack_errors
from bot.adapters.slack_errors import answer_of
from bot.adapters.store.store import Store
from bot.domain.approval import Allowed, Decision
from bot.domain.audit import AuditEvent
from bot.domain.errors import SfintError
from bot.domain.page import Page, PageState
from bot.domain.remediation import Binding, Plan, StepCall
from bot.domain.run import RunRequest, RunState, StepLine, StepState
from bot.domain.runbook import Severity, Team
from bot.ports.engine import Ending, Settlement
from bot.ports.inbox import Arrival, Received
from bot.ports.telemetry import Telemetry
from lab.slack.server import SlackStandIn

NOW = datetime.now(UTC)


@pytest.fixture
def meter() -> PrometheusMeter:
    return PrometheusMeter("1.2.3", ["restart-sentinel"])


def counted(meter: PrometheusMeter, name: str, **labels: str) -> float:
    """The sample; 0 where there is none."""
    return meter.registry.get_sample_value(name, labels) or 0.0


def request(run_id: str = "run-1") -> RunRequest:
    binding = Binding(
        "restart-sentinel", "acme-prod", "statefulset/a/b", "uid", "ab" * 32, "no-master", "full", 3, False
    )
    step, back = StepCall("statefulset.scale", "Scale to 0", {}), StepCall("statefulset.ready", "Wait", {})
    plan = Plan(binding, "Restart", "redis-failure", ("why",), ("risk",), "3", (), (step,), (back,))
    return RunRequest(run_id, plan, "U1", "T1", "C1", NOW, NOW + timedelta(minutes=15))


async def test_a_run_is_counted_once_in_each_state(store: Store, meter: PrometheusMeter) -> None:
    """A conclusion that is repeated after trouble with the disk is not another failure."""
    runs = ObservedRuns(store.runs, meter)
    await runs.open(request())
    for state in (RunState.RUNNING, RunState.FAILED, RunState.FAILED, RunState.SUCCEEDED):
        await runs.move("run-1", state, at=NOW)

    states = {
        state: counted(meter, "sfint_runs_total", remediation="restart-sentinel", state=state)
        for state in RunState
    }
    assert {state for state, count in states.items() if count} == {RunState.RUNNING, RunState.FAILED}
    assert set(states.values()) == {0.0, 1.0}


async def test_a_page_is_counted_when_it_moves(store: Store, meter: PrometheusMeter) -> None:
    """Opening it twice is one page; what it took until it was accepted is timed."""
    pages = ObservedPages(store.pages, meter, SystemClock())
    opened = NOW - timedelta(seconds=30)
    page = Page("k", "t", "redis-failure", Team.OPS, Severity.CRITICAL, "s", "C1", None, PageState.QUEUED, opened)
    for _ in range(2):
        await pages.open(page)
    for state in (PageState.QUEUED, PageState.ACCEPTED, PageState.ACCEPTED):
        await pages.move("k", state)

    assert counted(meter, "sfint_pages_total", team="ops", state="queued") == 1
    assert counted(meter, "sfint_pages_total", team="ops", state="accepted") == 1
    assert counted(meter, "sfint_page_seconds_sum", team="ops", state="accepted") >= 30.0


async def test_a_ruling_is_counted_when_it_is_audited(store: Store, meter: PrometheusMeter) -> None:
    """Every line is counted, and the four that rule on a plan a second time."""
    ledger = ObservedLedger(store.ledger, meter)
    for action in ("approval.denied", "run.expired", "status.reported"):
        await ledger.record(AuditEvent(action, "U1", "acme-prod", "run-1", NOW, {}))

    assert counted(meter, "sfint_audit_lines_total", action="status.reported") == 1
    rulings = [
        counted(meter, "sfint_approvals_total", decision=each) for each in ("denied", "expired", "approved")
    ]
    assert rulings == [1, 1, 0]


async def test_a_second_delivery_is_counted(store: Store, meter: PrometheusMeter) -> None:
    """And still answered as a duplicate."""
    inbox = ObservedInbox(store.inbox, meter)
    received = Received("command:1", Arrival.COMMAND, {"text": "status"}, NOW)

    assert [await inbox.record(received) for _ in range(3)] == [True, False, False]
    assert counted(meter, "sfint_inbox_duplicates_total") == 2


class Script:
    """A run whose step says a word to the log and is done, and whose conclusion breaks at first."""

    def __init__(self) -> None:
        self.conclusions = 0

    async def announce(self, request: RunRequest) -> None:
        """Nothing."""

    async def settle(self, request: RunRequest, decision: Decision | None) -> Settlement:
        """No."""
        return Settlement(Allowed(False, "expired"), None)

    async def authorize(self, request: RunRequest, decision: Decision) -> Allowed:
        """Yes."""
        return Allowed(True, "fine")

    async def perform(
        self,
        request: RunRequest,
        index: int,
        done: Sequence[StepLine],
        started_at: datetime,
        *,
        compensating: bool,
    ) -> StepLine:
        """Done after two seconds."""
        structlog.get_logger("script").info("step ended", **structlog.contextvars.get_contextvars())
        return StepLine("Scale", StepState.DONE, "", 2.0)

    async def conclude(self, request: RunRequest, ending: Ending) -> None:
        """Breaks once."""
        self.conclusions += 1
        if self.conclusions == 1:
            raise OSError("disk full")

    def watch_times(self, request: RunRequest) -> tuple[int, float]:
        """Never."""
        return 0, 1.0

    async def watch(self, request: RunRequest, since: datetime) -> bool:
        """Holds."""
        return False


async def test_a_step_is_timed_under_its_id_and_logged_under_its_run(meter: PrometheusMeter) -> None:
    """A process that took the run up has nothing of the command that caused it but this."""
    script = ObservedScript(Script(), Telemetry(meter))
    with capture_logs() as lines:
        await script.perform(request("command:7"), 0, (), NOW, compensating=True)
        await script.perform(request("command:7"), 0, (), NOW, compensating=False)

    assert [line["correlation_id"] for line in lines] == ["command:7"] * 2
    assert counted(meter, "sfint_step_seconds_sum", step="statefulset.ready", state="done") == 2.0
    assert counted(meter, "sfint_step_seconds_sum", step="statefulset.scale", state="done") == 2.0


async def test_a_conclusion_that_broke_is_not_counted(meter: PrometheusMeter) -> None:
    """It comes again."""
    script = ObservedScript(Script(), Telemetry(meter))
    ending = Ending(RunState.RESTORED, "restored", (), NOW, 60.0)
    with pytest.raises(OSError, match="disk full"):
        await script.conclude(request(), ending)
    await script.conclude(request(), ending)

    run = {"remediation": "restart-sentinel", "state": "restored"}
    assert counted(meter, "sfint_run_seconds_count", **run) == 1
    assert counted(meter, "sfint_run_seconds_sum", **run) == 60.0


async def test_every_answer_of_slack_that_is_no_success_is_counted(
    slack: Slack, slack_world: SlackStandIn, meter: PrometheusMeter
) -> None:
    """A 429 that the client waited out, a 5xx, a refusal, and a good answer."""
    count_slack_errors(slack.web, meter.slack_failed)
    slack_world.faults.rate_limit(count=1, retry_after=1)
    await answer_of(slack.web.auth_test())
    slack_world.faults.server_errors(1)
    for call in (slack.web.auth_test(), slack.web.conversations_info(channel="C0NOWHERE1")):
        with pytest.raises(SfintError):
            await answer_of(call)

    assert counted(meter, "sfint_slack_rate_limited_total") == 1
    assert counted(meter, "sfint_slack_errors_total", code="503") == 1
    assert counted(meter, "sfint_slack_errors_total", code="channel_not_found") == 1


async def test_a_slack_that_is_not_there_is_counted(
    slack: Slack, slack_world: SlackStandIn, meter: PrometheusMeter
) -> None:
    """No code, so a word of ours."""
    count_slack_errors(slack.web, meter.slack_failed)
    await slack_world.stop()
    with pytest.raises(SfintError):
        await answer_of(slack.web.auth_test())

    assert counted(meter, "sfint_slack_errors_total", code="unreachable") == 1
