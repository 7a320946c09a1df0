"""One request to a host of the live chat, with a deadline, a bound on the answer, and words for what failed."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from bot.domain.live_chat import ChatVerdict

_BODY_BYTES_MAX = 256 * 1024
_CONNECT_SHARE = 0.6
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
        self._deadline_seconds = deadline_seconds
        timeout = httpx.Timeout(deadline_seconds, connect=deadline_seconds * _CONNECT_SHARE)
        self._http = http or httpx.AsyncClient(timeout=timeout, follow_redirects=False)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

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
            async with asyncio.timeout(self._deadline_seconds):
                status, location, body = await self._ask(method, url, headers, params, document)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            words = self._failure(url, error)
            return ChatReply(request, 0, b"", words, time.monotonic() - began, ChatVerdict.UNREACHABLE)
        words = f"redirects to {urlsplit(location).netloc or location[:80]}" if location else body_words(body)
        return ChatReply(request, status, body, words, time.monotonic() - began)

    async def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None,
        document: object,
    ) -> tuple[int, str, bytes]:
        async with self._http.stream(method, url, headers=headers, params=params, json=document) as response:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _BODY_BYTES_MAX:
                    break
            location = response.headers.get("location", "") if response.is_redirect else ""
            return response.status_code, location, body[:_BODY_BYTES_MAX]

    def _failure(self, url: str, error: Exception) -> str:
        host = urlsplit(url).netloc.rpartition("@")[2]
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return f"{host} did not answer within {self._deadline_seconds:g} s"
        return f"{host} cannot be reached: {error or type(error).__name__}"


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
