"""HTTP to one host: one request, one deadline, a bounded body, no redirects, and words for what failed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from bot.adapters.authorities import authorities
from bot.adapters.user_agent import USER_AGENT
from bot.domain.errors import BadAnswer, Unreachable

WIRE_ERRORS = (httpx.HTTPError, httpx.InvalidURL, TimeoutError)
"""What `send` raises: no answer came, or no whole one."""
_BODY_BYTES_MAX = 256 * 1024
_CONNECT_SHARE = 0.6
"""Of the deadline: so that a dead host shows as not reached, which is no failed log-in."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back; `body` is cut at the bound."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """As the peer names it."""
        return self.headers.get("content-type", "")


class HttpDoor:
    """`deadline_seconds` is for one request; `name` stands for the host in messages. Close it with `aclose`.

    `ca_file` is believed in the place of the public authorities; raises ssl.SSLError where it holds none.
    """

    def __init__(
        self,
        deadline_seconds: float,
        http: httpx.AsyncClient | None = None,
        *,
        name: str = "",
        bytes_max: int = _BODY_BYTES_MAX,
        ca_file: str | None = None,
    ) -> None:
        self.deadline_seconds = deadline_seconds
        self._name, self._bytes_max = name, bytes_max
        timeout = httpx.Timeout(deadline_seconds, connect=deadline_seconds * _CONNECT_SHARE)
        self._http = http or httpx.AsyncClient(
            timeout=timeout,
            follow_redirects=False,
            verify=authorities(ca_file),
            headers={"User-Agent": USER_AGENT},
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        document: object = None,
        auth: httpx.Auth | None = None,
        bytes_max: int | None = None,
    ) -> HttpReply:
        """One request, answered with whatever status. Raises WIRE_ERRORS."""
        bound = bytes_max or self._bytes_max
        try:
            async with (
                asyncio.timeout(self.deadline_seconds),
                self._http.stream(
                    method, url, headers=headers, params=query or None, data=form, json=document, auth=auth
                ) as response,
            ):
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > bound:
                        break
                return HttpReply(response.status_code, response.headers, bytes(body[:bound]))
        except UnicodeEncodeError as error:
            # Its own words repeat the header, which may be a key.
            raise httpx.LocalProtocolError("a key or token holds characters that HTTP has no place for") from error

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        document: object = None,
        auth: httpx.Auth | None = None,
    ) -> HttpReply:
        """The same in the terms of the error tree: raises Unreachable where no answer came."""
        try:
            return await self.send(method, url, headers=headers, query=query, document=document, auth=auth)
        except WIRE_ERRORS as error:
            raise Unreachable(self.words(url, error)) from error

    def words(self, url: str, error: Exception) -> str:
        """Why it could not be asked, with the host alone; not redacted yet."""
        where = self._name or host_of(url)
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return f"{where} did not answer within {self.deadline_seconds:g} s"
        return f"{where} cannot be reached: {str(error) or type(error).__name__}"


def host_of(url: str) -> str:
    """Host and port, without a user's name and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def json_of(where: str, body: bytes) -> object:
    """The document. Raises BadAnswer for what is no JSON, or was cut at the bound."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"{where} answered something that is no JSON") from error
