"""Finds a message that an attempt without an answer may have left in a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_errors import answer_of
from bot.domain.errors import BadAnswer, NotFound

_log = structlog.get_logger(__name__)
_PAGE = 200
_MOST_PAGES = 5
"""A thousand messages back: what is older was not left by an attempt that has just been interrupted."""
Message = Mapping[str, Any]


class SlackSearch:
    """Reads conversations.history or .replies with metadata, newest pages first as Slack gives them."""

    def __init__(self, web: AsyncWebClient) -> None:
        self._web = web

    async def message(self, channel: str, thread_ts: str | None, key: str) -> str | None:
        """The ts of the message whose metadata carries this outbox key."""

        def is_it(message: Message) -> bool:
            metadata = message.get("metadata") or {}
            return (metadata.get("event_payload") or {}).get("key") == key

        return await self._first(channel, thread_ts, is_it)

    async def file(self, channel: str, thread_ts: str | None, filename: str) -> str | None:
        """The ts of the message that shares a file of this name."""

        def is_it(message: Message) -> bool:
            return any(file.get("name") == filename for file in message.get("files") or ())

        return await self._first(channel, thread_ts, is_it)

    async def _first(self, channel: str, thread_ts: str | None, is_it: Callable[[Message], bool]) -> str | None:
        try:
            async for message in self._messages(channel, thread_ts):
                if is_it(message):
                    return str(message["ts"])
        except (NotFound, BadAnswer) as error:
            # Better said twice than never: without the right to read, an interrupted post is posted again.
            _log.warning("cannot look for an interrupted post", problem=str(error))
        return None

    async def _messages(self, channel: str, thread_ts: str | None) -> AsyncIterator[Message]:
        asked: dict[str, Any] = {"channel": channel, "limit": _PAGE, "include_all_metadata": True}
        for _ in range(_MOST_PAGES):
            if thread_ts:
                call = self._web.conversations_replies(ts=thread_ts, **asked)
            else:
                call = self._web.conversations_history(**asked)
            answer = await answer_of(call)
            for message in answer.get("messages") or ():
                yield message
            asked["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor")
            if not asked["cursor"]:
                return
