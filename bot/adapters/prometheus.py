"""The bot's own figures for Prometheus, in a registry of their own; every name begins with sfint_."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.domain.command import CATALOGUE
from bot.domain.errors import SfintError
from bot.domain.finding import Finding
from bot.domain.page import PageState
from bot.domain.run import RunState, StepState
from bot.domain.runbook import Team
from bot.ports.telemetry import UNKNOWN, Answered, Ruling

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SHORT = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10)
"""Seconds: a check's deadline is about 2."""
_LONG = (1, 5, 10, 30, 60, 120, 300, 600, 1200, 3600)
"""Seconds: what waits for pods or for people."""
_SAMPLE_SECONDS = 2.0
_MOST_CODES = 40
"""Slack's codes come from outside: more different ones than this are counted as `other`."""

Sample = Callable[[], Awaitable[float]]


class Sampled(StrEnum):
    """Figures that are asked for at each scrape; NaN while they cannot be told."""

    OUTBOX_UNSENT = "sfint_outbox_unsent"
    OUTBOX_AGE = "sfint_outbox_oldest_unsent_seconds"
    INBOX_PENDING = "sfint_inbox_pending"
    RUNS_OPEN = "sfint_runs_open"
    RUNS_STRANDED = "sfint_runs_stranded"
    SLACK_CONNECTED = "sfint_slack_connected"
    READY = "sfint_ready"
    AUDIT_INTACT = "sfint_audit_intact"


_SAMPLED_WORDS = {
    Sampled.OUTBOX_UNSENT: "Messages that wait to be sent to Slack",
    Sampled.OUTBOX_AGE: "Age in seconds of the message that waits longest",
    Sampled.INBOX_PENDING: "Requests that are recorded and not yet answered",
    Sampled.RUNS_OPEN: "Runs that are waiting, queued or running",
    Sampled.RUNS_STRANDED: "Unfinished runs of another application version, which this release does not take up",
    Sampled.SLACK_CONNECTED: "1 while Slack's events reach the bot",
    Sampled.READY: "1 while /readyz says so",
    Sampled.AUDIT_INTACT: "1 while the audit chain is unbroken, as of the last walk through it",
}


class PrometheusMeter:
    """Fulfils Meter. What alerts stand on is there from zero on, so that the first failure is an increase."""

    def __init__(self, version: str, remediations: Iterable[str] = ()) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._samples: dict[Sampled, Sample] = {}
        self._gauges = {each: self._gauge(each.value, words) for each, words in _SAMPLED_WORDS.items()}
        for gauge in self._gauges.values():
            gauge.set(math.nan)
        self._gauge("sfint_build_info", "1, with the version that runs", "version").labels(version).set(1)
        self._commands = self._counter(
            "sfint_commands_total", "Requests that were dealt with", "kind", "name", "outcome"
        )
        self._command_seconds = self._histogram(
            "sfint_command_seconds", "From receipt to answer", _SHORT + _LONG[3:], "kind", "name"
        )
        self._checks = self._histogram("sfint_check_seconds", "Time of each check", _SHORT, "check", "outcome")
        self._findings = self._gauge(
            "sfint_finding_last_seen_timestamp_seconds",
            "Unix time at which a finding code was last seen",
            "target",
            "code",
            "outcome",
        )
        self._runs = self._counter("sfint_runs_total", "States that runs came to", "remediation", "state")
        self._run_seconds = self._histogram(
            "sfint_run_seconds", "Time of the changing part of a run", _LONG, "remediation", "state"
        )
        self._steps = self._histogram("sfint_step_seconds", "Time of each step of a run", _LONG, "step", "state")
        self._approvals = self._counter("sfint_approvals_total", "What became of plan cards", "decision")
        self._pages = self._counter("sfint_pages_total", "States that pages came to", "team", "state")
        self._page_seconds = self._histogram(
            "sfint_page_seconds", "From the opening of a page to this state", _LONG, "team", "state"
        )
        self._slack_errors = self._counter("sfint_slack_errors_total", "Errors that Slack answered", "code")
        self._slack_limited = self._counter("sfint_slack_rate_limited_total", "Answers 429 of Slack")
        self._duplicates = self._counter("sfint_inbox_duplicates_total", "Deliveries that were known already")
        self._audit_lines = self._counter("sfint_audit_lines_total", "Lines added to the audit log", "action")
        self._codes: set[str] = set()
        self._begin_at_zero(remediations)

    def sample(self, figure: Sampled, ask: Sample) -> None:
        """Asks this at each scrape."""
        self._samples[figure] = ask

    async def exposition(self) -> bytes:
        """All figures in the text format; those that cannot be told within two seconds are NaN."""
        await asyncio.gather(*(self._refresh(figure, ask) for figure, ask in self._samples.items()))
        return generate_latest(self.registry)

    def request_ended(self, kind: str, name: str, how: Answered, seconds: float) -> None:
        """A command, click or form."""
        self._commands.labels(kind, name, how.value).inc()
        self._command_seconds.labels(kind, name).observe(max(seconds, 0.0))

    def check_ended(self, target: str, finding: Finding) -> None:
        """One check."""
        self._checks.labels(finding.check, finding.outcome.value).observe(finding.seconds)
        self._findings.labels(target, finding.code, finding.outcome.value).set(time.time())

    def step_ended(self, step: str, state: StepState, seconds: float) -> None:
        """One step of a run."""
        self._steps.labels(step, state.value).observe(seconds)

    def run_moved(self, remediation: str, state: RunState) -> None:
        """A run came to a new state."""
        self._runs.labels(remediation, state.value).inc()

    def run_ended(self, remediation: str, state: RunState, seconds: float) -> None:
        """The changing part of a run is over."""
        self._run_seconds.labels(remediation, state.value).observe(max(seconds, 0.0))

    def ruled(self, ruling: Ruling) -> None:
        """A plan card was decided upon, ran out, or a click on it was refused."""
        self._approvals.labels(ruling.value).inc()

    def page_moved(self, team: Team, state: PageState, seconds: float) -> None:
        """A page came to a new state."""
        self._pages.labels(team.value, state.value).inc()
        if state is not PageState.QUEUED:
            self._page_seconds.labels(team.value, state.value).observe(max(seconds, 0.0))

    def audited(self, action: str) -> None:
        """A line was added to the audit log."""
        self._audit_lines.labels(action).inc()

    def duplicate_arrived(self) -> None:
        """Something was delivered again."""
        self._duplicates.inc()

    def slack_failed(self, code: str) -> None:
        """Slack's error code, its HTTP status, or `unreachable`."""
        if code == "429":
            self._slack_limited.inc()
        if code not in self._codes and len(self._codes) >= _MOST_CODES:
            code = "other"
        self._codes.add(code)
        self._slack_errors.labels(code).inc()

    async def _refresh(self, figure: Sampled, ask: Sample) -> None:
        try:
            async with asyncio.timeout(_SAMPLE_SECONDS):
                value = await ask()
        except (TimeoutError, SfintError):
            value = math.nan
        self._gauges[figure].set(value)

    def _begin_at_zero(self, remediations: Iterable[str]) -> None:
        for remediation in remediations:
            for state in RunState:
                self._runs.labels(remediation, state.value)
        for name in (UNKNOWN, *(spec.name for spec in CATALOGUE)):
            self._commands.labels("command", name, Answered.FAILED.value)
        for ruling in Ruling:
            self._approvals.labels(ruling.value)
        for team in Team:
            for page_state in PageState:
                self._pages.labels(team.value, page_state.value)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(name, words, labels, registry=self.registry)

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(name, words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, words, labels, buckets=buckets, registry=self.registry)
