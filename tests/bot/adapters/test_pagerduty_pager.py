"""The PagerDuty adapter against Events v2 on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.adapters.pagerduty import PagerDutyPager
from bot.adapters.user_agent import USER_AGENT
from bot.domain.errors import AccessDenied, BadAnswer, RateLimited, SfintError, Unreachable
from bot.domain.page import Page, PageState, page_key
from bot.domain.runbook import Severity, Team
from lab.estate.faults import Fault
from lab.estate.pagerduty import AlertState, PagerDutyStandIn


def _page(team: Team = Team.OPS, summary: str = "Redis has no master") -> Page:
    return Page(
        key=page_key("acme-prod", "redis-failure", team),
        target="acme-prod",
        entry="redis-failure",
        team=team,
        severity=Severity.CRITICAL,
        summary=summary,
        channel="C1",
        thread=None,
        state=PageState.QUEUED,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
async def duty() -> AsyncIterator[PagerDutyStandIn]:
    """PagerDuty with a service for Ops."""
    async with PagerDutyStandIn(["ops"]) as stand_in:
        yield stand_in


@asynccontextmanager
async def _pager(duty: PagerDutyStandIn) -> AsyncIterator[PagerDutyPager]:
    pager = PagerDutyPager(
        {Team.OPS: duty.services["ops"]},
        url=f"{duty.url}/v2/enqueue",
        client_url="https://bot.example.com",
        links=(("Runbook", "https://runbook.example.com/redis"),),
        deadline_seconds=0.5,
    )
    try:
        yield pager
    finally:
        await pager.aclose()


async def test_the_bot_names_itself(duty: PagerDutyStandIn) -> None:
    """So that the provider's own log tells who paged."""
    async with _pager(duty) as pager:
        await pager.trigger(_page())

    assert duty.requests[-1].headers["user-agent"] == USER_AGENT
    assert re.fullmatch(r"sfint/\d+\.\d+\.\d+", USER_AGENT)


async def test_a_page_is_triggered_acknowledged_and_resolved(duty: PagerDutyStandIn) -> None:
    """One alert by its key; the words are the provider's."""
    async with _pager(duty) as pager:
        said = [await pager.trigger(_page()), await pager.acknowledge(_page())]
        assert duty.alerts[0].state is AlertState.ACKNOWLEDGED
        said.append(await pager.resolve(_page()))

    assert said == ["PagerDuty: Event processed"] * 3
    assert duty.alerts[0].state is AlertState.RESOLVED
    assert (duty.alerts[0].dedup_key, duty.alerts[0].source) == (_page().key, "acme-prod")


async def test_a_second_trigger_groups_into_the_first(duty: PagerDutyStandIn) -> None:
    """At-least-once delivery stays one alert."""
    async with _pager(duty) as pager:
        await pager.trigger(_page())
        await pager.trigger(_page())

    assert len(duty.alerts_of("ops")) == 1


async def test_the_event_is_exactly_of_version_two(duty: PagerDutyStandIn) -> None:
    """Summary cut at 1024, severity and source set, links and client named."""
    async with _pager(duty) as pager:
        await pager.trigger(_page(summary="x" * 3000))

    body = json.loads(duty.requests[0].body)
    assert set(body) == {"routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links"}
    assert len(body["payload"]["summary"]) == 1024
    assert body["payload"]["severity"] == "critical"
    assert body["payload"]["custom_details"]["runbook entry"] == "redis-failure"
    assert body["links"] == [{"href": "https://runbook.example.com/redis", "text": "Runbook"}]


async def test_a_team_without_a_key_is_told_where_to_set_it(duty: PagerDutyStandIn) -> None:
    """Nothing is sent."""
    async with _pager(duty) as pager:
        with pytest.raises(AccessDenied, match=r"settings: teams\.devops\.pagerduty_routing_key"):
            await pager.trigger(_page(Team.DEVOPS))

    assert duty.requests == []


async def test_a_wrong_key_is_not_tried_again_and_never_shown(duty: PagerDutyStandIn) -> None:
    """400 is the provider's last word."""
    pager = PagerDutyPager({Team.OPS: "short-key"}, url=f"{duty.url}/v2/enqueue")
    with pytest.raises(BadAnswer, match="routing_key") as caught:
        await pager.trigger(_page())
    await pager.aclose()

    assert "short-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault.rate_limited(7), RateLimited, "slow down"),
        (Fault.unavailable(), Unreachable, "answered 503"),
        (Fault.silent(), Unreachable, "did not answer within 0.5 s"),
        (Fault.dropped(), Unreachable, "cannot be reached"),
        (Fault.html(200), BadAnswer, "answered 200"),
        (Fault.html(403), AccessDenied, "403"),
        (Fault.json(400, ["odd"]), BadAnswer, "answered 400"),
    ],
)
async def test_refusals_say_whether_trying_again_helps(
    duty: PagerDutyStandIn, fault: Fault, error: type[SfintError], words: str
) -> None:
    """429, 5xx and silence: again; the rest: not."""
    duty.faults.add(fault)

    async with _pager(duty) as pager:
        with pytest.raises(error, match=words) as caught:
            await pager.trigger(_page())

    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after_seconds == 7.0
