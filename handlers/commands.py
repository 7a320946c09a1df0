"""`/sfint …`: recorded, then acknowledged; parsing and work come later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from slack_bolt.async_app import AsyncAck

from bot.usecases.receive import Arrival, Receive, Received

_log = structlog.get_logger(__name__)
_FACTS = ("user_id", "team_id", "channel_id", "text", "response_url")
NOT_RECORDED = "This could not be recorded, so nothing was started. Please try again in a moment."


class Commands:
    """The one listener for slash commands."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    async def on_command(self, ack: AsyncAck, command: Mapping[str, str]) -> None:
        """Acknowledges silently once the row is committed; otherwise tells the asker that nothing was started."""
        facts = {
            name: command.get(name) or "" for name in ("user_id", "team_id", "channel_id", "text", "response_url")
        }
        received = Received(f"command:{command['trigger_id']}", Arrival.COMMAND, facts, datetime.now(UTC))
        try:
            await self._receive(received)
        except Exception as error:  # noqa: BLE001  the listener boundary: whatever failed, the asker must not believe it was taken
            _log.error("a command could not be recorded", problem=repr(error))
            await ack(text=NOT_RECORDED, response_type="ephemeral")
            return
        await ack()
