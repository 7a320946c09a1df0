"""Events v2 as documented: what is accepted, what is refused, and how events become alerts."""

from collections.abc import AsyncIterator

import httpx
import pytest

from lab.estate.faults import Fault
from lab.estate.pagerduty import AlertState, OnCall, PagerDutyStandIn


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDutyStandIn]:
    async with PagerDutyStandIn(["ops", "devops"]) as stand_in:
        yield stand_in


def trigger(pagerduty: PagerDutyStandIn, **changes: object) -> dict[str, object]:
    """A right trigger event for Ops with some keys changed."""
    event: dict[str, object] = {
        "routing_key": pagerduty.services["ops"],
        "event_action": "trigger",
        "dedup_key": "inc-1",
        "payload": {"summary": "Redis is down", "source": "sfint", "severity": "critical"},
    }
    return event | changes


async def send(pagerduty: PagerDutyStandIn, event: object) -> httpx.Response:
    """POST one event."""
    async with httpx.AsyncClient() as client:
        return await client.post(f"{pagerduty.url}/v2/enqueue", json=event)


async def test_trigger_is_queued_and_rings_the_team_of_its_key(pagerduty: PagerDutyStandIn) -> None:
    """202 with the documented body; the alert is Ops' alone."""
    response = await send(pagerduty, trigger(pagerduty))

    assert response.status_code == 202
    assert response.json() == {"status": "success", "message": "Event processed", "dedup_key": "inc-1"}
    assert [alert.summary for alert in pagerduty.alerts_of("ops")] == ["Redis is down"]
    assert pagerduty.alerts_of("devops") == []


async def test_a_key_is_made_up_when_none_is_sent(pagerduty: PagerDutyStandIn) -> None:
    """The answer names the dedup key to use later."""
    event = trigger(pagerduty)
    del event["dedup_key"]

    response = await send(pagerduty, event)

    assert response.json()["dedup_key"] == pagerduty.alerts[0].dedup_key


async def test_same_key_groups_until_it_is_resolved(pagerduty: PagerDutyStandIn) -> None:
    """Two triggers are one alert; after a resolve the third opens a second one."""
    for action in ("trigger", "trigger", "acknowledge", "trigger", "resolve", "trigger"):
        await send(pagerduty, trigger(pagerduty, event_action=action))

    assert [len(alert.events) for alert in pagerduty.alerts] == [3, 1]
    assert [alert.state for alert in pagerduty.alerts] == [AlertState.RESOLVED, AlertState.TRIGGERED]
    first = pagerduty.alerts[0]
    assert first.acknowledged_at is not None
    assert first.resolved_at is not None
    assert first.triggered_at <= first.acknowledged_at <= first.resolved_at


async def test_the_same_key_of_another_team_is_another_alert(pagerduty: PagerDutyStandIn) -> None:
    """Grouping happens inside a service."""
    await send(pagerduty, trigger(pagerduty))
    await send(pagerduty, trigger(pagerduty, routing_key=pagerduty.services["devops"]))

    assert [alert.team for alert in pagerduty.alerts] == ["ops", "devops"]


async def test_resolving_what_is_not_open_is_accepted_and_changes_nothing(
    pagerduty: PagerDutyStandIn,
) -> None:
    """PagerDuty queues first and looks later."""
    response = await send(pagerduty, trigger(pagerduty, event_action="resolve"))

    assert response.status_code == 202
    assert (len(pagerduty.events), pagerduty.alerts) == (1, [])


BAD = [
    ({"routing_key": "short"}, "Length of 'routing_key' is incorrect (should be 32 characters)"),
    ({"routing_key": "0" * 32}, "Invalid routing key"),
    ({"event_action": "shout"}, "'event_action' is invalid"),
    ({"event_action": "resolve", "dedup_key": ""}, "'dedup_key' is missing or blank"),
    ({"dedup_key": "k" * 256}, "Length of 'dedup_key' is incorrect"),
    ({"payload": None}, "'payload' is missing or blank"),
    ({"payload": {"summary": "x", "source": "y", "severity": "bad"}}, "'payload.severity' is invalid"),
    ({"payload": {"source": "y", "severity": "info"}}, "'payload.summary' is missing or blank"),
    ({"links": [{"text": "x"}]}, "'links' is invalid"),
]


@pytest.mark.parametrize(("changes", "message"), BAD, ids=[row[1] for row in BAD])
async def test_invalid_event_is_refused_with_the_reason(
    pagerduty: PagerDutyStandIn, changes: dict[str, object], message: str
) -> None:
    """400, a list of errors, and nobody's phone rings."""
    response = await send(pagerduty, trigger(pagerduty, **changes))

    assert (response.status_code, response.json()["status"]) == (400, "invalid event")
    assert message in response.json()["errors"][0]
    assert pagerduty.alerts == []


async def test_long_summary_is_cut(pagerduty: PagerDutyStandIn) -> None:
    """1,024 characters arrive."""
    payload = {"summary": "x" * 2000, "source": "sfint", "severity": "info"}

    await send(pagerduty, trigger(pagerduty, payload=payload))

    assert len(pagerduty.alerts[0].summary) == 1024


async def test_faults_come_before_the_queue(pagerduty: PagerDutyStandIn) -> None:
    """A 429 or a 503 pages nobody; the retry does."""
    pagerduty.faults.add(Fault.rate_limited(2, path="/v2/enqueue", times=1))
    pagerduty.faults.add(Fault.unavailable(path="/v2/enqueue", times=1))

    statuses = [(await send(pagerduty, trigger(pagerduty))).status_code for _ in range(3)]

    assert statuses == [429, 503, 202]
    assert len(pagerduty.alerts[0].events) == 1


async def test_on_calls_are_listed_for_the_asked_schedules(pagerduty: PagerDutyStandIn) -> None:
    """The token is required; include[]=users adds the address."""
    pagerduty.on_calls = [
        OnCall("SOPS", "U1", "Ana", "ana@acme.example.com"),
        OnCall("SDEV", "U2", "Ben", "ben@acme.example.com"),
    ]
    params = {"schedule_ids[]": "SOPS", "include[]": "users"}
    async with httpx.AsyncClient(base_url=pagerduty.url, params=params) as client:
        refused = await client.get("/oncalls")
        listed = await client.get("/oncalls", headers={"Authorization": f"Token token={pagerduty.api_token}"})

    assert refused.status_code == 401
    assert [entry["user"]["email"] for entry in listed.json()["oncalls"]] == ["ana@acme.example.com"]
