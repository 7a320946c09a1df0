"""The figures: bounded labels, nothing that a scrape must wait for, and zero before the first failure."""

from __future__ import annotations

import asyncio
import math

from prometheus_client.parser import text_string_to_metric_families

from bot.adapters.prometheus import PrometheusMeter, Sampled
from bot.domain.errors import Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.page import PageState
from bot.domain.run import RunState
from bot.domain.runbook import Team
from bot.ports.telemetry import Answered


class Figures:
    """One exposition; called with a name and label values in any order."""

    def __init__(self, text: bytes) -> None:
        self.values = {
            (sample.name, frozenset(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
        }

    def __call__(self, name: str, *labels: str) -> float | None:
        return self.values.get((name, frozenset(labels)))


async def figures(meter: PrometheusMeter) -> Figures:
    return Figures(await meter.exposition())


async def test_what_alerts_stand_on_is_zero_before_it_happens() -> None:
    """A counter that appears with its first increase shows no increase."""
    meter = PrometheusMeter("1.2.3", ["restart-sentinel"])

    seen = await figures(meter)
    assert seen("sfint_runs_total", "restart-sentinel", "failed") == 0
    assert seen("sfint_pages_total", "ops", "failed") == 0
    assert seen("sfint_commands_total", "command", "status", "failed") == 0
    assert seen("sfint_build_info", "1.2.3") == 1


async def test_a_figure_that_cannot_be_told_is_no_number() -> None:
    """Neither a good one nor a bad one, and the others are told all the same."""
    meter = PrometheusMeter("1.2.3")

    async def unreachable() -> float:
        raise Unreachable("the store could not be used")

    async def seven() -> float:
        return 7.0

    meter.sample(Sampled.OUTBOX_UNSENT, unreachable)
    meter.sample(Sampled.INBOX_PENDING, seven)

    seen = await figures(meter)
    assert math.isnan(seen("sfint_outbox_unsent") or 0.0)
    assert math.isnan(seen("sfint_runs_open") or 0.0)
    assert seen("sfint_inbox_pending") == 7.0


async def test_a_scrape_does_not_wait_for_a_figure_that_hangs() -> None:
    """A locked database must not hide everything else."""
    meter = PrometheusMeter("1.2.3")

    async def hangs() -> float:
        await asyncio.Event().wait()
        return 1.0

    meter.sample(Sampled.OUTBOX_UNSENT, hangs)

    async with asyncio.timeout(4.0):
        seen = await figures(meter)
    assert math.isnan(seen("sfint_outbox_unsent") or 0.0)


async def test_codes_of_a_peer_cannot_grow_without_bound() -> None:
    """What comes from outside becomes a label only so often."""
    meter = PrometheusMeter("1.2.3")
    for number in range(500):
        meter.slack_failed(f"code_{number}")
    meter.slack_failed("code_1")

    seen = await figures(meter)
    counts = [value for (name, _), value in seen.values.items() if name == "sfint_slack_errors_total"]
    assert len(counts) <= 41
    assert seen("sfint_slack_errors_total", "code_1") == 2
    assert sum(counts) == 501


async def test_a_429_is_an_error_and_a_figure_of_its_own() -> None:
    """Both the total and the reason for waiting."""
    meter = PrometheusMeter("1.2.3")
    meter.slack_failed("429")
    meter.slack_failed("invalid_blocks")

    seen = await figures(meter)
    assert seen("sfint_slack_rate_limited_total") == 1
    assert seen("sfint_slack_errors_total", "429") == seen("sfint_slack_errors_total", "invalid_blocks") == 1


async def test_times_are_told_where_there_are_any() -> None:
    """A page's opening is counted and not timed; a clock that was set back makes no negative time."""
    meter = PrometheusMeter("1.2.3", ["restart-sentinel"])
    meter.page_moved(Team.OPS, PageState.QUEUED, 0.0)
    meter.page_moved(Team.OPS, PageState.ACCEPTED, 1.5)
    meter.request_ended("command", "status", Answered.ANSWERED, -3.0)
    meter.run_ended("restart-sentinel", RunState.RESTORED, 90.0)
    meter.check_ended("acme-prod", Finding("redis-pods", "redis", Outcome.OK, "redis.ok", "fine", seconds=0.2))

    seen = await figures(meter)
    assert seen("sfint_page_seconds_sum", "ops", "accepted") == 1.5
    assert seen("sfint_page_seconds_sum", "ops", "queued") is None
    assert seen("sfint_command_seconds_sum", "command", "status") == 0.0
    assert seen("sfint_run_seconds_sum", "restart-sentinel", "restored") == 90.0
    assert seen("sfint_check_seconds_sum", "redis-pods", "ok") == 0.2


def test_nothing_is_registered_for_all_of_the_process() -> None:
    """Two meters do not know of each other."""
    PrometheusMeter("1.2.3")
    PrometheusMeter("1.2.3")
