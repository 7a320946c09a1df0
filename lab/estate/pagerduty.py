"""PagerDuty on loopback: Events v2 with grouping by dedup key, on-calls, and a record of who was paged."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web

from lab.estate.stand_in import HttpStandIn

SEVERITIES = ("critical", "warning", "error", "info")
_ROUTING_KEY_LENGTH = 32
_DEDUP_KEY_MAX = 255
_SUMMARY_MAX = 1024
_EVENT_BYTES_MAX = 512 * 1024


class AlertState(StrEnum):
    """Where an alert stands."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Event:
    """One accepted event, as sent; `at` is Unix time in seconds."""

    at: float
    team: str
    action: str
    dedup_key: str
    body: Mapping[str, object]


@dataclass
class Alert:
    """One page to one team; `events` are the triggers grouped into it, times are Unix seconds."""

    id: str
    team: str
    dedup_key: str
    summary: str
    severity: str
    source: str
    triggered_at: float
    custom_details: object = None
    acknowledged_at: float | None = None
    resolved_at: float | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def state(self) -> AlertState:
        """The state that the times spell out."""
        if self.resolved_at is not None:
            return AlertState.RESOLVED
        return AlertState.TRIGGERED if self.acknowledged_at is None else AlertState.ACKNOWLEDGED


@dataclass(frozen=True)
class OnCall:
    """One person on one schedule, at one escalation level."""

    schedule_id: str
    user_id: str
    name: str
    email: str
    level: int = 1


class PagerDutyStandIn(HttpStandIn):
    """`services` maps each team to its routing key; `alerts` is what the teams received, oldest first."""

    def __init__(self, teams: Sequence[str], host: str = "127.0.0.1") -> None:
        super().__init__(host)
        self.services: dict[str, str] = {team: secrets.token_hex(16) for team in teams}
        self.api_token = secrets.token_urlsafe(15)
        self.on_calls: list[OnCall] = []
        self.events: list[Event] = []
        self.alerts: list[Alert] = []

    def routes(self) -> list[web.RouteDef]:
        """Events host and REST host share the port; their paths do not collide."""
        return [web.post("/v2/enqueue", self._enqueue), web.get("/oncalls", self._oncalls)]

    def alerts_of(self, team: str) -> list[Alert]:
        """The alerts of one team, oldest first."""
        return [alert for alert in self.alerts if alert.team == team]

    def acknowledge(self, alert: Alert) -> None:
        """A person presses Acknowledge on the phone."""
        if alert.state is AlertState.TRIGGERED:
            alert.acknowledged_at = time.time()

    def resolve(self, alert: Alert) -> None:
        """A person presses Resolve on the phone."""
        if alert.resolved_at is None:
            alert.resolved_at = time.time()

    async def _enqueue(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if len(raw) > _EVENT_BYTES_MAX:
            return web.Response(status=413, text="Payload Too Large")
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return _refused("Event object format is unrecognized", ["JSON format is not valid"])
        if errors := _mistakes(body):
            return _refused("Event object is invalid", errors)
        team = next((name for name, key in self.services.items() if key == body["routing_key"]), None)
        if team is None:
            return _refused("Invalid routing key", ["Invalid routing key"])
        dedup_key = str(body.get("dedup_key") or secrets.token_hex(16))
        self._apply(Event(time.time(), team, str(body["event_action"]), dedup_key, body))
        accepted = {"status": "success", "message": "Event processed", "dedup_key": dedup_key}
        return web.json_response(accepted, status=202)

    def _apply(self, event: Event) -> None:
        """Group, acknowledge or resolve; an event about no open alert is accepted and changes nothing."""
        self.events.append(event)
        alert = self._open_alert(event)
        if event.action == "trigger":
            if alert is None:
                alert = _alert(event)
                self.alerts.append(alert)
            alert.events.append(event)
        elif alert is not None and event.action == "acknowledge":
            self.acknowledge(alert)
        elif alert is not None:
            self.resolve(alert)

    def _open_alert(self, event: Event) -> Alert | None:
        for alert in reversed(self.alerts):
            is_same = (alert.team, alert.dedup_key) == (event.team, event.dedup_key)
            if is_same and alert.state is not AlertState.RESOLVED:
                return alert
        return None

    async def _oncalls(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Token token={self.api_token}":
            return web.json_response({"error": {"message": "Unauthorized", "code": 2006}}, status=401)
        wanted = request.query.getall("schedule_ids[]", [])
        limit, offset = int(request.query.get("limit", "25")), int(request.query.get("offset", "0"))
        matching = [one for one in self.on_calls if not wanted or one.schedule_id in wanted]
        includes_users = "users" in request.query.getall("include[]", [])
        return web.json_response(
            {
                "oncalls": [_entry(one, includes_users) for one in matching[offset : offset + limit]],
                "limit": limit,
                "offset": offset,
                "more": offset + limit < len(matching),
                "total": None,
            }
        )


def _refused(message: str, errors: list[str]) -> web.Response:
    return web.json_response({"status": "invalid event", "message": message, "errors": errors}, status=400)


def _mistakes(body: Mapping[str, object]) -> list[str]:
    errors = []
    if len(str(body.get("routing_key") or "")) != _ROUTING_KEY_LENGTH:
        errors.append(f"Length of 'routing_key' is incorrect (should be {_ROUTING_KEY_LENGTH} characters)")
    action = body.get("event_action")
    if action not in ("trigger", "acknowledge", "resolve"):
        errors.append("'event_action' is invalid (must be one of: 'trigger', 'acknowledge' or 'resolve')")
    if len(str(body.get("dedup_key") or "")) > _DEDUP_KEY_MAX:
        errors.append(f"Length of 'dedup_key' is incorrect (should be at most {_DEDUP_KEY_MAX} characters)")
    if action in ("acknowledge", "resolve") and not body.get("dedup_key"):
        errors.append("'dedup_key' is missing or blank")
    links = body.get("links")
    if links is not None and not (isinstance(links, list) and all(_is_link(link) for link in links)):
        errors.append("'links' is invalid (must be a list of objects with 'href')")
    return errors + (_payload_mistakes(body.get("payload")) if action == "trigger" else [])


def _is_link(link: object) -> bool:
    return isinstance(link, dict) and bool(link.get("href"))


def _payload_mistakes(payload: object) -> list[str]:
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    errors = [f"'payload.{key}' is missing or blank" for key in ("summary", "source") if not payload.get(key)]
    if payload.get("severity") not in SEVERITIES:
        errors.append(
            "'payload.severity' is invalid "
            "(must be one of the following: 'critical', 'warning', 'error' or 'info')"
        )
    return errors


def _alert(event: Event) -> Alert:
    payload = event.body["payload"]
    assert isinstance(payload, dict)
    return Alert(
        id="Q" + secrets.token_hex(7).upper(),
        team=event.team,
        dedup_key=event.dedup_key,
        summary=str(payload["summary"])[:_SUMMARY_MAX],
        severity=str(payload["severity"]),
        source=str(payload["source"]),
        custom_details=payload.get("custom_details"),
        triggered_at=event.at,
    )


def _entry(on_call: OnCall, includes_user: bool) -> dict[str, object]:
    user: dict[str, object] = {"id": on_call.user_id, "type": "user_reference", "summary": on_call.name}
    if includes_user:
        user |= {"type": "user", "name": on_call.name, "email": on_call.email}
    schedule = {"id": on_call.schedule_id, "type": "schedule_reference", "summary": on_call.schedule_id}
    policy = {"id": "PACME01", "type": "escalation_policy_reference", "summary": "Acme"}
    return {
        "user": user,
        "schedule": schedule,
        "escalation_policy": policy,
        "escalation_level": on_call.level,
        "start": None,
        "end": None,
    }
