"""Submitted forms: refused while the one field is empty, else recorded, then acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck

from bot.domain.message_text import typed_text
from bot.usecases.receive import Arrival, Receive, Received
from bot.views import ids
from handlers.commands import NOT_RECORDED

_log = structlog.get_logger(__name__)
NO_TEXT = "Paste an error message, or lines of a log."
NO_REASON = "Say why, in a few words: the requester reads it."


class Submissions:
    """The one listener for forms."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    async def on_deny(self, ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        """Keyed by the view: submitting one form twice is one act, whatever its triggers."""
        reason = typed_text(view["state"]["values"][ids.REASON_BLOCK][ids.REASON_INPUT].get("value") or "")
        if not reason.strip():
            await ack(response_action="errors", errors={ids.REASON_BLOCK: NO_REASON})
            return
        await self._record(ack, body, view, ids.REASON_BLOCK, {f"field.{ids.REASON_INPUT}": reason.strip()})

    async def on_text(self, ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        """A text to be matched; keyed as the other."""
        text = typed_text(view["state"]["values"][ids.TEXT_BLOCK][ids.TEXT_INPUT].get("value") or "")
        if not text.strip():
            await ack(response_action="errors", errors={ids.TEXT_BLOCK: NO_TEXT})
            return
        await self._record(ack, body, view, ids.TEXT_BLOCK, {f"field.{ids.TEXT_INPUT}": text})

    async def _record(
        self, ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any], block: str, fields: dict[str, str]
    ) -> None:
        facts = _facts(body, view) | fields
        try:
            key = f"submission:{view['id']}"
            await self._receive(Received(key, Arrival.SUBMISSION, facts, datetime.now(UTC)))
        except Exception as error:  # noqa: BLE001  the listener boundary: the form stays open and says so
            _log.error("a form could not be recorded", problem=repr(error))
            await ack(response_action="errors", errors={block: NOT_RECORDED})
            return
        await ack()


def _facts(body: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, str]:
    user = body.get("user") or {}
    channel, _, about = str(view.get("private_metadata") or "").partition("|")
    return {
        "user_id": str(user.get("id") or ""),
        "team_id": str(user.get("team_id") or (body.get("team") or {}).get("id") or ""),
        "channel_id": channel,
        "callback_id": str(view["callback_id"]),
        "private_metadata": about,
    }
