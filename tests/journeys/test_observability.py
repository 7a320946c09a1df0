"""What an operator sees of the bot from outside: figures and traces of real requests, and no secret in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from lab.bot_config import Windows
from lab.estate.faults import Fault
from lab.estate.otlp_collector import OtlpCollector
from lab.world import World
from tests.journeys.figures import scrape, until
from tests.journeys.room import APPROVE, ARNO, IVAN, RITA, Room, payload, reconfigured

pytestmark = pytest.mark.asyncio(loop_scope="module")
WINDOWS = Windows(cooldown=0.5, watch=4.0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def collector(world: World) -> AsyncIterator[OtlpCollector]:
    """Where the bot sends its traces for the length of this module."""
    opened = OtlpCollector()
    await opened.start()

    def trace(settings: dict[str, Any]) -> None:
        settings["tracing"] = {"otlp_endpoint": opened.url}

    async with reconfigured(world, trace):
        yield opened
    await opened.stop()


async def test_a_fresh_bot_says_that_all_is_well(world: World, collector: OtlpCollector) -> None:
    """Ready, connected, nothing waits, and the chain of the audit log is unbroken."""
    del collector
    figures = await until(world, lambda seen: seen("sfint_audit_intact") == 1.0)

    assert figures("sfint_ready") == figures("sfint_slack_connected") == 1.0
    assert figures("sfint_inbox_pending") == figures("sfint_runs_stranded") == figures("sfint_runs_open") == 0.0
    assert figures("sfint_build_info") == 1.0
    assert figures("process_resident_memory_bytes") > 1e6


async def test_requests_are_counted_by_what_became_of_them(
    world: World, room: Room, collector: OtlpCollector
) -> None:
    """Answered, refused, mistyped; nothing that a person typed becomes a label."""
    del collector
    await room.card(RITA, "/sfint status", "sfint_report")
    for _ in range(2):  # the second is answered within its acknowledgement
        await room.told(RITA, "/sfint help")
    await room.told(RITA, "/sfint statsu")
    await room.told(RITA, "/sfint status --nonsense")
    await room.told(IVAN, "/sfint thaw")

    figures = await until(world, lambda seen: seen("sfint_commands_total", name="thaw", outcome="refused") == 1)
    assert figures("sfint_commands_total", kind="command", name="status", outcome="answered") == 1
    assert figures("sfint_commands_total", kind="command", name="help", outcome="answered") == 2
    assert figures("sfint_commands_total", kind="command", name="unknown", outcome="usage_error") == 1
    assert figures("sfint_commands_total", kind="command", name="status", outcome="usage_error") == 1
    assert figures("sfint_command_seconds_count", name="status") == 2
    assert figures("sfint_check_seconds_count", outcome="ok") >= 5
    assert not figures.label_values() & {"statsu", "--nonsense", RITA, IVAN, room.channel}


async def test_a_repair_is_counted_and_traced_from_the_command_to_its_last_step(
    world: World, room: Room, collector: OtlpCollector
) -> None:
    """One trace under the command; the figures name the run, its steps, the approval and the page."""
    plan = await room.card(RITA, "/sfint restart-middleware", "sfint_plan", "waiting")
    await room.click(RITA, plan, APPROVE)
    await room.click(ARNO, plan, APPROVE)
    run_id = payload(plan)["run_id"]
    await room.progress(run_id, "succeeded")

    run = {"remediation": "restart-middleware", "state": "succeeded"}
    figures = await until(world, lambda seen: seen("sfint_audit_lines_total", action="run.succeeded") == 1)
    assert figures("sfint_run_seconds_count", **run) == 1
    assert figures("sfint_runs_total", **run) == 1
    assert figures("sfint_step_seconds_count", step="deployment.restart", state="done") == 1
    assert figures("sfint_approvals_total", decision="approved") == 1
    assert figures("sfint_approvals_total", decision="refused") == 1
    assert figures("sfint_pages_total", team="ops", state="queued") == 1
    assert figures("sfint_page_seconds_count", team="ops", state="accepted") == 1

    spans = await collector.until(lambda spans: any(span.name == "conclude" for span in spans))
    root = next(span for span in spans if span.facts["sfint.correlation_id"] == run_id and not span.parent_id)
    mine = [span for span in spans if span.trace_id == root.trace_id]
    assert root.name == "command restart-middleware"
    assert {"plan restart-middleware", "announce", "authorize", "step deployment.restart", "conclude"} <= {
        span.name for span in mine
    }
    assert {span.parent_id for span in mine} <= {"", *(span.span_id for span in mine)}
    assert {span.facts["sfint.correlation_id"] for span in mine} == {run_id}


async def test_trouble_with_slack_shows_in_the_figures(world: World, room: Room, collector: OtlpCollector) -> None:
    """429s that were waited out, an outbox that does not get rid of its messages, and what was delivered twice."""
    del collector
    before = await scrape(world)
    world.slack.faults.rate_limit(seconds=60.0)
    world.slack.faults.duplicate_delivery(1)
    await room.type(RITA, "/sfint status")
    figures = await until(world, lambda seen: seen("sfint_outbox_oldest_unsent_seconds") > 1.0)
    assert figures("sfint_outbox_unsent") >= 1
    world.slack.faults.clear()

    after = await until(world, lambda seen: seen("sfint_outbox_unsent") == 0)
    assert after("sfint_outbox_oldest_unsent_seconds") == 0.0
    assert after("sfint_slack_rate_limited_total") > before("sfint_slack_rate_limited_total")
    assert after("sfint_inbox_duplicates_total") > before("sfint_inbox_duplicates_total")


async def test_no_secret_in_a_figure_or_a_span(world: World, room: Room, collector: OtlpCollector) -> None:
    """Every configured secret, typed into commands, and thrown back by Salesforce: not in the log either."""
    secrets = {value for name, value in world.bot.environment.items() if name not in ("PATH", "HOME")}
    for secret in sorted(secrets):
        await room.type(RITA, f"/sfint {secret}")
        await room.type(RITA, f"/sfint runbook {secret}")
    thrown_back = {"error": "invalid_grant", "error_description": " ".join(sorted(secrets))}
    world.salesforce.faults.add(Fault.json(400, thrown_back))
    await room.card(RITA, "/sfint token-test", "sfint_report")
    world.salesforce.faults.clear()

    spans = await collector.until(lambda spans: any(span.name == "command token-test" for span in spans))
    told = (await scrape(world)).text, world.bot.log.read_text(), *(span.everything for span in spans)
    assert len(secrets) > 8
    assert any("salesforce-token" in text for text in told)
    assert not [secret for secret in secrets if any(secret in text for text in told)]
