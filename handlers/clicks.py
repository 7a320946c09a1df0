"""Clicks on buttons: recorded, then acknowledged; only Deny first opens its form, while the trigger is fresh."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.usecases.receive import Arrival, Receive, Received, key_of_act
from bot.views import ids
from bot.views.deny_modal import deny_modal
from handlers.commands import NOT_RECORDED

_log = structlog.get_logger(__name__)
NO_FORM = "The form could not be opened; nothing was decided. Please click again."
_FORM_SECONDS = 2.0
"""Slack forgets a trigger after 3 s."""
Payload = Mapping[str, Any]  # what Slack sends is judged by the use cases, not typed here


class Clicks:
    """The one listener for block actions."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    async def on_click(
        self, ack: AsyncAck, body: Payload, action: Payload, client: AsyncWebClient, respond: AsyncRespond
    ) -> BoltResponse:
        """Does not acknowledge what could not be done: Slack then marks the button, and the person is told."""
        is_denial = action["action_id"] == ids.DENY_ACTION
        try:
            if is_denial:
                form = deny_modal(_channel(body), str(action.get("value") or ""))
                async with asyncio.timeout(_FORM_SECONDS):
                    await client.views_open(trigger_id=body["trigger_id"], view=form)
            else:
                facts = _facts(body, action)
                key = key_of_act(Arrival.CLICK, body.get("trigger_id"), facts)
                await self._receive(Received(key, Arrival.CLICK, facts, datetime.now(UTC)))
        except Exception as error:  # noqa: BLE001  the listener boundary: the clicker must not believe it was taken
            _log.error("a click could not be taken", problem=repr(error))
            text = NO_FORM if is_denial else NOT_RECORDED
            await respond(text=text, response_type="ephemeral", replace_original=False)
            return BoltResponse(status=500)
        return await ack()


def _facts(body: Payload, action: Payload) -> dict[str, str]:
    user, container = body.get("user") or {}, body.get("container") or {}
    return {
        "user_id": str(user.get("id") or ""),
        "team_id": str(user.get("team_id") or (body.get("team") or {}).get("id") or ""),
        "channel_id": _channel(body),
        "action_id": str(action["action_id"]),
        "value": str(action.get("value") or ""),
        "message_ts": str(container.get("message_ts") or ""),
        "response_url": str(body.get("response_url") or ""),
    }


def _channel(body: Payload) -> str:
    return str((body.get("channel") or {}).get("id") or (body.get("container") or {}).get("channel_id") or "")
