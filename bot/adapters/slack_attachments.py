"""Files of Slack messages, read with the bot's token: files.info for the address, then the bytes, to a bound."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Mapping
from typing import Any, cast

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_errors import NETWORK, answer_of, code_of
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, SfintError, Unreachable
from bot.ports.attachments import Attachment

_LONGEST_BYTES = 2_000_000
_DEADLINE_SECONDS = 10.0
_NO_TEXT = ("image/", "video/", "audio/", "application/pdf", "application/zip", "application/gzip")


class SlackAttachments:
    """Implements `bot.ports.attachments.Attachments`; needs the scope files:read."""

    def __init__(self, web: AsyncWebClient) -> None:
        self._web = web

    async def read(self, file_id: str) -> Attachment:
        """The text of a file that the bot can see: one in a channel that it is a member of."""
        try:
            answer = await answer_of(self._web.files_info(file=file_id))
        except SfintError as error:
            raise _explained(error) from error
        about: Mapping[str, Any] = answer.get("file") or {}
        name = str(about.get("name") or file_id)
        if str(about.get("mimetype") or "").startswith(_NO_TEXT) or about.get("is_external"):
            raise BadAnswer(f"{name} is no text file")
        content = await self._bytes(str(about.get("url_private_download") or about.get("url_private") or ""))
        is_cut = len(content) > _LONGEST_BYTES
        return Attachment(name, content[:_LONGEST_BYTES].decode("utf-8", "replace"), is_cut)

    async def _bytes(self, url: str) -> bytes:
        """The token goes to Slack's own hosts and to nobody else."""
        if not self._is_slacks(url):
            raise BadAnswer("the file does not lie with Slack")
        session = cast(aiohttp.ClientSession, self._web.session)
        headers = {"Authorization": f"Bearer {self._web.token}"}
        try:
            async with (
                asyncio.timeout(_DEADLINE_SECONDS),
                session.get(url, headers=headers, proxy=self._web.proxy, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise Unreachable(f"the file was answered with {answer.status}")
                return await _up_to(answer.content, _LONGEST_BYTES + 1)
        except NETWORK as error:
            raise Unreachable("the file could not be read") from error

    def _is_slacks(self, url: str) -> bool:
        asked, api = urllib.parse.urlsplit(url), urllib.parse.urlsplit(self._web.base_url)
        if (asked.scheme, asked.netloc) == (api.scheme, api.netloc):
            return True
        return asked.scheme == "https" and (asked.hostname or "").endswith((".slack.com", ".slack-files.com"))


async def _up_to(stream: aiohttp.StreamReader, most: int) -> bytes:
    content = bytearray()
    async for chunk in stream.iter_chunked(65_536):
        content += chunk
        if len(content) >= most:
            break
    return bytes(content[:most])


def _explained(error: SfintError) -> SfintError:
    code = code_of(error)
    if code == "missing_scope":
        return AccessDenied("the app lacks the scope files:read; install it anew from manifest.yml")
    return NotFound("Slack does not show me this file") if code in ("file_not_found", "file_deleted") else error
