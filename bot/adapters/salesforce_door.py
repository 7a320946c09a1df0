"""The way to Salesforce's HTTP: one request, one deadline, a bounded body, no redirects."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

_BODY_BYTES_MAX = 256 * 1024
_CONNECT_SHARE = 0.6
"""Of the deadline: so that a dead host shows as not reached, which is no failed log-in."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `body` is cut at the bound."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """As the peer names it."""
        return self.headers.get("content-type", "")


class SalesforceDoor:
    """`deadline_seconds` is for one request. Close it with `aclose`."""

    def __init__(self, deadline_seconds: float, http: httpx.AsyncClient | None = None) -> None:
        self.deadline_seconds = deadline_seconds
        timeout = httpx.Timeout(deadline_seconds, connect=deadline_seconds * _CONNECT_SHARE)
        self._http = http or httpx.AsyncClient(timeout=timeout, follow_redirects=False)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def get(
        self,
        base: str,
        path: str,
        token: str,
        *,
        query: Mapping[str, str] | None = None,
        bytes_max: int = _BODY_BYTES_MAX,
    ) -> Reply:
        """One read with the token, an empty one too. Raises httpx.HTTPError, httpx.InvalidURL or TimeoutError."""
        # HTTP libraries refuse a value that ends in a space, and servers strip it: `Bearer` is the empty bearer.
        headers = {"Authorization": f"Bearer {token}".strip(), "Accept": "application/json"}
        return await self.ask("GET", base.rstrip("/") + path, headers=headers, query=query, bytes_max=bytes_max)

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        bytes_max: int = _BODY_BYTES_MAX,
    ) -> Reply:
        """One request. Raises httpx.HTTPError, httpx.InvalidURL or TimeoutError."""
        async with asyncio.timeout(self.deadline_seconds):
            async with self._http.stream(method, url, headers=headers, data=form, params=query) as response:
                body = b""
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > bytes_max:
                        break
                return Reply(response.status_code, response.headers, body[:bytes_max])

    def words(self, url: str, error: Exception) -> str:
        """Why it could not be asked, with the host alone; not redacted yet."""
        host = urlsplit(url).netloc.rpartition("@")[2]
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return f"{host} did not answer within {self.deadline_seconds:g} s"
        return f"{host} cannot be reached: {error or type(error).__name__}"
