"""`/sfint …`: recorded, then acknowledged; parsing and work come later."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from slack_bolt.async_app import AsyncAck

from bot.domain.notice import Notice
from bot.usecases.receive import Arrival, Receive, Received
from bot.views.card import Rendered
from bot.views.notice import notice

_log = structlog.get_logger(__name__)
_FACTS = ("user_id", "team_id", "channel_id", "text", "response_url")
NOT_RECORDED = "This could not be recorded, so nothing was started. Please try again in a moment."


class Commands:
    """The one listener for slash commands."""

    def __init__(self, receive: Receive, help_at_once: Callable[[str, str, str], Notice | None]) -> None:
        self._receive = receive
        self._help_at_once = help_at_once

    async def on_command(self, ack: AsyncAck, command: Mapping[str, str]) -> None:
        """Acknowledges silently once the row is committed; otherwise tells the asker that nothing was started.

        Help is the acknowledgement itself, where it can be.
        """
        facts = {name: command.get(name) or "" for name in _FACTS}
        if help_text := self._help_at_once(facts["user_id"], facts["channel_id"], facts["text"]):
            said = _rendered(help_text)
            await ack(text=said.text, blocks=said.blocks, response_type="ephemeral")
            return
        received = Received(f"command:{command['trigger_id']}", Arrival.COMMAND, facts, datetime.now(UTC))
        try:
            await self._receive(received)
        except Exception as error:  # noqa: BLE001  the listener boundary: whatever failed, the asker must not believe it was taken
            _log.error("a command could not be recorded", problem=repr(error))
            await ack(text=NOT_RECORDED, response_type="ephemeral")
            return
        await ack()


@functools.lru_cache(maxsize=64)
def _rendered(help_text: Notice) -> Rendered:
    return notice("help", help_text)
