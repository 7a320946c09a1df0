"""PagerDuty Events v2: hands pages over, and repeats only what PagerDuty said about them."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from bot.adapters.authorities import authorities
from bot.adapters.user_agent import USER_AGENT
from bot.domain.errors import AccessDenied, BadAnswer, RateLimited, Unreachable
from bot.domain.page import Page
from bot.domain.runbook import Team

EVENTS_URL = "https://events.pagerduty.com/v2/enqueue"
_SUMMARY_MAX = 1024
_DEDUP_KEY_MAX = 255


class PagerDutyPager:
    """Implements `bot.ports.pager.Pager`; one routing key a team. Retrying is the caller's: the key dedups.

    `client` and `client_url` tell the person paged who sent it; `links` are (text, address).
    """

    def __init__(
        self,
        routing_keys: Mapping[Team, str],
        *,
        url: str = EVENTS_URL,
        client: str = "sfint",
        client_url: str = "",
        links: Sequence[tuple[str, str]] = (),
        deadline_seconds: float = 5.0,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._routing_keys = routing_keys
        self._url = url
        self._client = client
        self._client_url = client_url
        self._links = links
        self._deadline_seconds = deadline_seconds
        self._http = http or httpx.AsyncClient(
            timeout=deadline_seconds,
            follow_redirects=False,
            verify=authorities(),
            headers={"User-Agent": USER_AGENT},
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def trigger(self, page: Page) -> str:
        """Queues the page there (202 is not delivery yet); the same key groups into the same alert."""
        event = {**self._event(page, "trigger"), "payload": _payload(page), "client": self._client}
        if self._client_url:
            event["client_url"] = self._client_url
        if self._links:
            event["links"] = [{"href": address, "text": text} for text, address in self._links]
        return await self._send(event)

    async def acknowledge(self, page: Page) -> str:
        """Tells it that somebody took the page."""
        return await self._send(self._event(page, "acknowledge"))

    async def resolve(self, page: Page) -> str:
        """Tells it that the page is over."""
        return await self._send(self._event(page, "resolve"))

    async def prove(self, team: Team) -> str:
        """Resolves an alert that never was: the key is judged, nobody is paged. AccessDenied for a bad key."""
        event = self._event_of(team, f"sfint-proof-{secrets.token_hex(8)}", "resolve")
        try:
            return await self._send(event)
        except BadAnswer as error:
            raise AccessDenied(f"PagerDuty does not take the key of team {team}: {error}") from error

    def _event(self, page: Page, action: str) -> dict[str, Any]:
        return self._event_of(page.team, page.key, action)

    def _event_of(self, team: Team, key: str, action: str) -> dict[str, Any]:
        routing_key = self._routing_keys.get(team, "")
        if not routing_key:
            raise AccessDenied(
                f"no PagerDuty routing key is configured for team {team} "
                f"(settings: teams.{team}.pagerduty_routing_key)"
            )
        return {"routing_key": routing_key, "event_action": action, "dedup_key": key[:_DEDUP_KEY_MAX]}

    async def _send(self, event: Mapping[str, Any]) -> str:
        try:
            async with asyncio.timeout(self._deadline_seconds):
                response = await self._http.post(self._url, json=event)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Unreachable(f"PagerDuty did not answer within {self._deadline_seconds:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"PagerDuty cannot be reached: {str(error) or type(error).__name__}") from error
        return _judge(response, str(event["routing_key"]))


def _payload(page: Page) -> dict[str, Any]:
    details = {
        "target": page.target,
        "runbook entry": page.entry,
        "team": str(page.team),
        "reason": page.reason,
        "since": page.created_at.isoformat(),
    }
    return {
        "summary": page.summary[:_SUMMARY_MAX],
        "source": page.target,
        "severity": str(page.severity),
        "timestamp": page.created_at.isoformat(),
        "component": page.entry,
        "custom_details": {key: value for key, value in details.items() if value},
    }


def _judge(response: httpx.Response, routing_key: str) -> str:
    said = _words(response).replace(routing_key, "[redacted]")
    if response.status_code == 202:
        return f"PagerDuty: {said or 'accepted'}"
    if response.status_code == 429:
        wait = response.headers.get("Retry-After", "")
        raise RateLimited(f"PagerDuty asks us to slow down: {said}", float(wait) if wait.isdigit() else None)
    if response.status_code >= 500:
        raise Unreachable(f"PagerDuty answered {response.status_code}: {said}")
    if response.status_code in (401, 403):
        raise AccessDenied(f"PagerDuty refused us ({response.status_code}): {said}")
    raise BadAnswer(f"PagerDuty answered {response.status_code}: {said}")


def _words(response: httpx.Response) -> str:
    """Its message and errors; the start of the body where that is no JSON object."""
    try:
        document = json.loads(response.content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return " ".join(response.text.split())[:200] or "an empty body"
    errors = document.get("errors")
    details = "; ".join(str(one) for one in errors) if isinstance(errors, list) else ""
    return ": ".join(part for part in (str(document.get("message") or ""), details) if part)
