"""HTTP as the real one's proxy package does it: Go's words for what goes wrong on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from lab.estate.middleware import go
from lab.estate.middleware.trace import Span, tracer


class CallFailure(Exception):
    """The request got no usable answer."""


@dataclass(frozen=True)
class Reply:
    """Status and body text."""

    status: int
    text: str

    def document(self) -> object:
        """The body as JSON. Raises CallFailure with the words of encoding/json."""
        try:
            return json.loads(self.text)
        except ValueError as error:
            if not self.text:
                raise CallFailure("unexpected end of JSON input") from error
            words = f"invalid character '{self.text[0]}' looking for beginning of value"
            raise CallFailure(words) from error

    def problem(self) -> str:
        """`Error call with status-[401] : [map[…]]`, or the text when it is not JSON."""
        try:
            shown = go.value(self.document())
        except CallFailure as failure:
            shown = self.text or str(failure)
        return f"Error call with status-[{self.status}] : {shown}"


class Proxy:
    """One HTTP client for the whole process."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        document: object = None,
        params: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send and read. Raises CallFailure when no answer came."""
        agent = {"User-Agent": "Go-http-client/1.1", **(headers or {})}
        with tracer.span("proxy.SendHTTPRequest", f"{method} {urlsplit(url).path}", kind="http") as span:
            span.tag(http__method=method, http__url=url)
            reply = await self._exchange(method, url, agent, form, document, params)
            _tell(span, agent, reply)
            return reply

    async def _exchange(
        self,
        method: str,
        url: str,
        agent: Mapping[str, str],
        form: Mapping[str, str] | None,
        document: object,
        params: Mapping[str, str] | None,
    ) -> Reply:
        try:
            async with self._session.request(
                method, url, headers=agent, data=form, json=document, params=params
            ) as response:
                return Reply(response.status, await response.text(errors="replace"))
        except aiohttp.ClientConnectorError as error:
            dial = go.dial_error(error.os_error, f"{error.host}:{error.port}")
            raise CallFailure(f'{method.title()} "{url}": {dial}') from error
        except TimeoutError as error:
            words = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            raise CallFailure(f'{method.title()} "{url}": {words}') from error
        except aiohttp.ClientError as error:
            raise CallFailure(f'{method.title()} "{url}": EOF') from error


def _tell(span: Span, headers: Mapping[str, str], reply: Reply) -> None:
    """Status, and for a refused call the headers as a Go map, credentials included, as the real one shows them."""
    span.tag(http__status_code=reply.status)
    if reply.status >= 400:
        shown = {name: [text] for name, text in headers.items() if name != "User-Agent"}
        # What was set, before the wire trimmed it: an empty token leaves a space behind the scheme.
        if shown.get("Authorization") == ["Bearer"]:
            shown["Authorization"] = ["Bearer "]
        span.tag(headers=go.value(shown | {"Content-Type": ["application/json"]}))
    if reply.status >= 400 and reply.status != 503:
        span.fail(f"Error call with status : {reply.status}", error__details=reply.problem())
