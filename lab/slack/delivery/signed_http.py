"""Signed HTTP: each payload is posted to the app's request URL with Slack's v0 signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlencode

import aiohttp

from lab.slack.delivery.deliveries import Answer
from lab.slack.errors import Json
from lab.slack.world import SlackWorld

_RETRY_REASONS = {"timeout": "http_timeout", "http_error": "http_error"}


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The X-Slack-Signature of a body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class SignedHttp:
    """Posts to one URL for commands, interactions and events, as a manifest may say."""

    def __init__(self, world: SlackWorld, request_url: str) -> None:
        self._world = world
        self._request_url = request_url

    async def carry(self, kind: str, payload: Json, *, retry: int, reason: str, deadline_seconds: float) -> Answer:
        """Post once; anything but a 2xx in time is a failure."""
        body, content_type = _encode(kind, payload)
        headers = self._headers(body, content_type)
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": _RETRY_REASONS[reason]}
        timeout = aiohttp.ClientTimeout(total=deadline_seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._request_url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return _answer(response.status, await response.text())
        except TimeoutError:
            return Answer(acked=False, error="operation_timeout")
        except aiohttp.ClientError:
            return Answer(acked=False, error="dispatch_failed")

    async def verify_url(self, deadline_seconds: float = 3.0) -> bool:
        """The url_verification handshake that Slack makes when a request URL is saved."""
        challenge = hashlib.sha256(self._request_url.encode()).hexdigest()
        payload: Json = {
            "token": self._world.identity.verification_token,
            "challenge": challenge,
            "type": "url_verification",
        }
        answer = await self.carry("events_api", payload, retry=0, reason="", deadline_seconds=deadline_seconds)
        said = answer.body or {}
        return challenge in (said.get("challenge"), said.get("text"))

    def _headers(self, body: bytes, content_type: str) -> dict[str, str]:
        timestamp = str(int(self._world.clock()))
        return {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(self._world.identity.signing_secret, timestamp, body),
        }


def _encode(kind: str, payload: Json) -> tuple[bytes, str]:
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def _answer(status: int, text: str) -> Answer:
    if not 200 <= status < 300:
        return Answer(acked=False, error="dispatch_failed")
    try:
        body = json.loads(text)
    except ValueError:
        return Answer(acked=True, body={"text": text} if text.strip() else {})
    return Answer(acked=True, body=body if isinstance(body, dict) else {})
