"""The shortcut on a message: recorded with the message's words and the ids of its files, then acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_bolt.response import BoltResponse

from bot.domain.message_text import message_text
from bot.usecases.receive import Arrival, Receive, Received, key_of_act
from handlers.commands import NOT_RECORDED

_log = structlog.get_logger(__name__)


class Shortcuts:
    """The one listener for message shortcuts."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    async def on_match(self, ack: AsyncAck, body: Mapping[str, Any], respond: AsyncRespond) -> BoltResponse | None:
        """Does not acknowledge what could not be recorded, and tells the person."""
        facts = _facts(body)
        key = key_of_act(Arrival.SHORTCUT, body.get("trigger_id"), facts)
        try:
            await self._receive(Received(key, Arrival.SHORTCUT, facts, datetime.now(UTC)))
        except Exception as error:  # noqa: BLE001  the listener boundary: nobody must believe it was taken
            _log.error("a shortcut could not be recorded", problem=repr(error))
            await respond(text=NOT_RECORDED, response_type="ephemeral", replace_original=False)
            return BoltResponse(status=500)
        return await ack()


def _facts(body: Mapping[str, Any]) -> dict[str, str]:
    user, message = body.get("user") or {}, body.get("message") or {}
    files = [str(file.get("id") or "") for file in message.get("files") or ()]
    return {
        "user_id": str(user.get("id") or ""),
        "team_id": str(user.get("team_id") or (body.get("team") or {}).get("id") or ""),
        "channel_id": str((body.get("channel") or {}).get("id") or ""),
        "callback_id": str(body["callback_id"]),
        "text": message_text(message),
        "files": " ".join(file for file in files if file),
        "message_ts": str(message.get("thread_ts") or message.get("ts") or body.get("message_ts") or ""),
        "response_url": str(body.get("response_url") or ""),
    }
