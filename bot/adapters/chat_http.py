"""One request to a host of the live chat, with a deadline, a bound on the answer, and words for what failed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from bot.adapters.http_door import WIRE_ERRORS, HttpDoor
from bot.domain.live_chat import ChatVerdict

_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_WORDS_MAX = 160


@dataclass(frozen=True, slots=True)
class ChatReply:
    """`status` 0: none came, and `verdict` is set. `words` are the body's first, or what failed on the way."""

    request: str
    status: int
    body: bytes
    words: str
    seconds: float
    verdict: ChatVerdict | None = None


class ChatHttp:
    """A client for one host; never raises for what happens on the wire."""

    def __init__(self, deadline_seconds: float, http: httpx.AsyncClient | None = None) -> None:
        self._door = HttpDoor(deadline_seconds, http)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._door.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        document: object = None,
    ) -> ChatReply:
        """Asks once. The request is told by method and address, without query, headers and body."""
        began, request = time.monotonic(), f"{method} {url}"
        try:
            reply = await self._door.send(method, url, headers=headers, query=params, document=document)
        except WIRE_ERRORS as error:
            words = self._door.words(url, error)
            return ChatReply(request, 0, b"", words, time.monotonic() - began, ChatVerdict.UNREACHABLE)
        location = reply.headers.get("location", "") if 300 <= reply.status < 400 else ""
        words = (
            f"redirects to {urlsplit(location).netloc or location[:80]}" if location else body_words(reply.body)
        )
        return ChatReply(request, reply.status, reply.body, words, time.monotonic() - began)


def json_object(body: bytes) -> Mapping[str, object] | None:
    """The body as a JSON object; None for anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def body_words(body: bytes) -> str:
    """The first words of an answer on one line, without markup: an error page says something, too."""
    text = _MARKUP.sub(" ", body[:8192].decode("utf-8", "replace"))
    return " ".join(text.split())[:_WORDS_MAX]
