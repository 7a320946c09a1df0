"""`/sfint …`: recorded, then acknowledged; parsing and work come later."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.message_text import typed_text
from bot.domain.notice import Notice
from bot.usecases.form_at_once import wants_text_form
from bot.usecases.receive import Arrival, Receive, Received, key_of_act
from bot.views.card import Rendered
from bot.views.diagnose_modal import diagnose_modal
from bot.views.notice import notice

_log = structlog.get_logger(__name__)
_FACTS = ("user_id", "team_id", "channel_id", "text", "response_url")
_FORM_SECONDS = 2.0
"""Slack forgets a trigger after 3 s."""
NO_FORM = "The form could not be opened. Try again, or type the text: `/sfint diagnose &lt;text&gt;`"
NOT_RECORDED = "This could not be recorded, so nothing was started. Please try again in a moment."


class Commands:
    """The one listener for slash commands."""

    def __init__(self, receive: Receive, help_at_once: Callable[[str, str, str], Notice | None]) -> None:
        self._receive = receive
        self._help_at_once = help_at_once

    async def on_command(self, ack: AsyncAck, command: Mapping[str, str], client: AsyncWebClient) -> None:
        """Acknowledges silently once the row is committed; otherwise tells the asker that nothing was started.

        Help is the acknowledgement itself, where it can be; a form is opened first, while its trigger is fresh.
        """
        facts = {name: command.get(name) or "" for name in _FACTS}
        facts["text"] = typed_text(facts["text"])
        target = wants_text_form(facts["text"])
        if target is not None:
            await _open_form(ack, command, client, target)
            return
        if help_text := self._help_at_once(facts["user_id"], facts["channel_id"], facts["text"]):
            said = _rendered(help_text)
            await ack(text=said.text, blocks=said.blocks, response_type="ephemeral")
            return
        key = key_of_act(Arrival.COMMAND, command.get("trigger_id"), facts)
        received = Received(key, Arrival.COMMAND, facts, datetime.now(UTC))
        try:
            await self._receive(received)
        except Exception as error:  # noqa: BLE001  the listener boundary: whatever failed, the asker must not believe it was taken
            _log.error("a command could not be recorded", problem=repr(error))
            await ack(text=NOT_RECORDED, response_type="ephemeral")
            return
        await ack()


async def _open_form(ack: AsyncAck, command: Mapping[str, str], client: AsyncWebClient, target: str) -> None:
    """Who may ask is judged when the form is submitted: an empty one tells nobody anything."""
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            form = diagnose_modal(command.get("channel_id") or "", target)
            await client.views_open(trigger_id=command["trigger_id"], view=form)
    except Exception as error:  # noqa: BLE001  the listener boundary: the asker learns the way without the form
        _log.error("a form could not be opened", problem=repr(error))
        await ack(text=NO_FORM, response_type="ephemeral")
        return
    await ack()


@functools.lru_cache(maxsize=64)
def _rendered(help_text: Notice) -> Rendered:
    return notice("help", help_text)
