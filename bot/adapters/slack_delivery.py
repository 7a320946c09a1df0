"""One outbox row handed to Slack: posted or edited, whispered, answered by response_url, or uploaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.adapters.slack_errors import NETWORK, answer_of, code_of, retry_after
from bot.adapters.slack_plain import whole_or_plain
from bot.adapters.slack_search import SlackSearch
from bot.domain.errors import BadAnswer, NotFound, RateLimited, Unreachable
from bot.ports.outbox import Manner, OutboxRow

_log = structlog.get_logger(__name__)
_CARD_IS_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_THREAD_IS_GONE = frozenset({"thread_not_found", "cannot_reply_to_message"})
_RESPONSE_URL_TRIES = 4
"""A response_url takes five uses; after these the answer goes by chat.postEphemeral instead."""


class SlackDelivery:
    """Each call raises RateLimited, Unreachable or AccessDenied (send again) or NotFound or BadAnswer (do not)."""

    def __init__(self, web: AsyncWebClient) -> None:
        self._web = web
        self._search = SlackSearch(web)
        self._answer_tries: dict[str, int] = {}

    async def deliver(self, row: OutboxRow, thread_ts: str | None, *, maybe_there: bool) -> str | None:
        """Sends the row; the ts of its message, or None where it has none.

        `maybe_there`: an earlier attempt ended without an answer, so it is looked for before it is posted.
        """
        match row.manner:
            case Manner.POST:
                return await self._post_or_edit(row, thread_ts, maybe_there)
            case Manner.FILE:
                return await self._upload(row, thread_ts, maybe_there)
            case Manner.EPHEMERAL:
                await self._whisper(row, thread_ts)
            case Manner.RESPONSE_URL:
                await self._answer(row, thread_ts)
        return None

    async def _post_or_edit(self, row: OutboxRow, thread_ts: str | None, maybe_there: bool) -> str:
        ts = row.ts
        if ts is None and maybe_there:
            ts = await self._search.message(row.channel, thread_ts, row.key)
        if ts is not None:
            try:
                await whole_or_plain(
                    self._web.chat_update, {"channel": row.channel, "ts": ts, **_fields(row.body)}
                )
                return ts
            except NotFound as gone:
                if code_of(gone) not in _CARD_IS_GONE:
                    raise
                _log.warning("a card can no longer be edited; posting it anew", key=row.key)
        body = {**_fields(row.body), "unfurl_links": False, "unfurl_media": False}
        return str((await _in_thread(self._web.chat_postMessage, row.channel, thread_ts, body))["ts"])

    async def _whisper(self, row: OutboxRow, thread_ts: str | None) -> None:
        body = {**_fields(row.body, "text", "blocks"), "user": row.body["user"]}
        await _in_thread(self._web.chat_postEphemeral, row.channel, thread_ts, body)

    async def _answer(self, row: OutboxRow, thread_ts: str | None) -> None:
        tries = self._answer_tries[row.key] = self._answer_tries.get(row.key, 0) + 1
        try:
            if not row.body["response_url"]:
                raise BadAnswer("the response_url cannot be read any more")
            if tries > _RESPONSE_URL_TRIES:
                raise BadAnswer("the response_url does not answer")
            await self._post_answer(row)
        except BadAnswer as refused:
            _log.warning("whispering instead of answering by response_url", problem=str(refused))
            await self._whisper(row, thread_ts)
        del self._answer_tries[row.key]

    async def _post_answer(self, row: OutboxRow) -> None:
        url = str(row.body["response_url"])
        hook = AsyncWebhookClient(url, session=self._web.session, retry_handlers=[])
        hook.proxy = self._web.proxy
        body = {**_fields(row.body, "text", "blocks"), "response_type": "ephemeral", "replace_original": False}
        try:
            said = await hook.send_dict(body)
        except NETWORK as error:
            raise Unreachable("the response_url could not be reached") from error
        if said.status_code == 429:
            raise RateLimited("Slack asks us to slow down", retry_after(said.headers))
        if said.status_code >= 500:
            raise Unreachable(f"the response_url answered {said.status_code}")
        if said.status_code != 200 or '"ok":false' in said.body.replace(" ", ""):
            raise BadAnswer(f"the response_url answered {said.status_code}: {said.body[:200]}")

    async def _upload(self, row: OutboxRow, thread_ts: str | None, maybe_there: bool) -> str | None:
        filename, content = str(row.body["filename"]), str(row.body["content"]).encode()
        if maybe_there and (ts := await self._search.file(row.channel, thread_ts, filename)):
            return ts
        place = await answer_of(self._web.files_getUploadURLExternal(filename=filename, length=len(content)))
        await self._send_bytes(str(place["upload_url"]), content)
        await answer_of(
            self._web.files_completeUploadExternal(
                files=[{"id": str(place["file_id"]), "title": str(row.body["title"])}],
                channel_id=row.channel,
                thread_ts=thread_ts,
            )
        )
        return None

    async def _send_bytes(self, url: str, content: bytes) -> None:
        session = cast(aiohttp.ClientSession, self._web.session)
        try:
            async with session.post(url, data=content, proxy=self._web.proxy) as answer:
                if answer.status != 200:
                    raise Unreachable(f"the upload was answered with {answer.status}")
        except NETWORK as error:
            raise Unreachable("the file could not be uploaded") from error


def _fields(body: Mapping[str, object], *names: str) -> dict[str, Any]:
    """The named arguments of a Web API method that the body has."""
    return {name: body[name] for name in names or ("text", "blocks", "metadata") if name in body}


async def _in_thread(
    post: Callable[..., Awaitable[AsyncSlackResponse]],
    channel: str,
    thread_ts: str | None,
    body: Mapping[str, Any],
) -> Mapping[str, Any]:
    """Posts into the thread; into the channel where somebody deleted the thread's parent."""
    if thread_ts is None:
        return await whole_or_plain(post, {"channel": channel, **body})
    try:
        return await whole_or_plain(post, {"channel": channel, "thread_ts": thread_ts, **body})
    except NotFound as gone:
        if code_of(gone) not in _THREAD_IS_GONE:
            raise
        return await whole_or_plain(post, {"channel": channel, **body})
