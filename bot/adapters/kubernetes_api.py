"""The one door to a Kubernetes API server: authentication by the official client, raw JSON, deadlines, retries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import stamina
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException

from bot.adapters.kubernetes_errors import ListExpired, TokenRefused, excerpt, status_error, was_the_node
from bot.adapters.kubernetes_socket import ApiSocket, HandshakeRefused, open_socket
from bot.domain.errors import AccessDenied, BadAnswer, RateLimited, SfintError, Unreachable

Json = dict[str, Any]
_Request = tuple[str, str, dict[str, str], Any, Any]
Refresh = Callable[[Configuration], Awaitable[None]]

_PAGE_SIZE = 500
_ATTEMPTS = 3
_LONGEST_WAIT_SECONDS = 1.0


class KubernetesApi:
    """Requests with a deadline. Reads are retried inside it where that can help; writes never are.

    Every method raises the errors of `bot.domain.errors`. `refresh` reads the credentials again after a 401:
    kubeconfig tokens (Rancher, exec plugins) expire, and a renewed file must not need a restart. `credentials`
    says where a new token belongs.
    """

    def __init__(
        self,
        client: ApiClient,
        deadline_seconds: float = 5.0,
        refresh: Refresh | None = None,
        credentials: str = "the settings",
    ) -> None:
        self._client = client
        self._deadline_seconds = deadline_seconds
        self._refresh = refresh
        self.credentials = credentials

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()  # type: ignore[no-untyped-call]  # the client leaves it untyped

    async def get(self, what: str, path: str, query: Mapping[str, str | int] | None = None) -> Json:
        """One object or list. `what` names the request for error messages: `list pods in acme`."""
        return _object(what, await self._read(what, path, query))

    async def text(self, what: str, path: str, query: Mapping[str, str | int] | None = None) -> str:
        """A plain text answer, as of a log."""
        body = await self._read(what, path, query, accept="*/*")
        return body.decode("utf-8", "replace")

    async def items(self, what: str, path: str, query: Mapping[str, str | int] | None = None) -> list[Json]:
        """All items of a list, page by page; begun anew once where the server forgot how to go on (410)."""
        try:
            return await self._all(what, path, query or {})
        except ListExpired:
            return await self._all(what, path, query or {})

    async def create(self, what: str, path: str, body: Json) -> Json:
        """One object created, such as a review; never repeated."""
        return _object(what, await self._once(what, "POST", path, {}, body))

    async def merge_patch(self, what: str, path: str, patch: Json) -> Json:
        """One conditional write; never repeated, since an answer that got lost may have been a success."""
        body = await self._once(what, "PATCH", path, {}, patch, "application/merge-patch+json")
        return _object(what, body)

    async def delete(self, what: str, path: str, options: Json) -> None:
        """One delete with `DeleteOptions`."""
        await self._once(what, "DELETE", path, {}, options)

    async def _all(self, what: str, path: str, query: Mapping[str, str | int]) -> list[Json]:
        return [item async for page in self._pages(what, path, query) for item in page]

    async def upgrade(self, what: str, path: str, query: Mapping[str, str | int], subprotocol: str) -> ApiSocket:
        """A WebSocket for a subresource such as `pods/portforward`; the caller closes it."""
        async with _deadline(self._deadline_seconds, what):
            try:
                try:
                    return await self._upgrade(what, path, query, subprotocol)
                except HandshakeRefused as refused:
                    if refused.code != 401 or self._refresh is None:
                        raise
                    await self._renew(self._refresh)
                    return await self._upgrade(what, path, query, subprotocol)
            except HandshakeRefused as refused:
                raise self._refusal(what, refused.code, refused.headers, refused.body) from refused

    async def _upgrade(self, what: str, path: str, query: Mapping[str, str | int], subprotocol: str) -> ApiSocket:
        try:
            _, url, headers, *_ = await self._addressed("GET", path, query, None, {})
            return await open_socket(self._client.rest_client, url, headers, subprotocol)
        except (aiohttp.ClientError, OSError) as error:
            raise _unreachable(what, error) from error

    def _refusal(self, what: str, code: int, headers: Mapping[str, str], body: bytes) -> SfintError:
        if code == 401 and not was_the_node(body):
            return TokenRefused(
                "the Kubernetes token was refused or has expired (Rancher tokens have a TTL): make a new one and "
                f"put it into {self.credentials} (asked to {what})"
            )
        return status_error(what, code, headers, body)

    async def _pages(self, what: str, path: str, query: Mapping[str, str | int]) -> AsyncIterator[list[Json]]:
        position = ""
        while True:
            more = {"continue": position} if position else {}
            document = await self.get(what, path, {**query, "limit": _PAGE_SIZE, **more})
            items = document.get("items")
            if items is not None and not isinstance(items, list):
                raise BadAnswer(f"Kubernetes sent no list of items (asked to {what})")
            yield items or []
            position = str((document.get("metadata") or {}).get("continue") or "")
            if not position:
                return

    async def _read(
        self,
        what: str,
        path: str,
        query: Mapping[str, str | int] | None,
        accept: str = "application/json",
    ) -> bytes:
        attempts = stamina.retry_context(
            on=_is_worth_another_try,
            attempts=_ATTEMPTS,
            timeout=self._deadline_seconds,
            wait_initial=0.05,
            wait_max=_LONGEST_WAIT_SECONDS,
            wait_jitter=0.05,
        )
        async with _deadline(self._deadline_seconds, what):
            async for attempt in attempts:
                with attempt:
                    return await self._request(what, "GET", path, query or {}, accept=accept)
        raise AssertionError("stamina either returns or raises")

    async def _once(
        self,
        what: str,
        method: str,
        path: str,
        query: Mapping[str, str | int],
        body: Json,
        content_type: str = "application/json",
    ) -> bytes:
        async with _deadline(self._deadline_seconds, what):
            return await self._request(what, method, path, query, body=body, content_type=content_type)

    async def _request(
        self,
        what: str,
        method: str,
        path: str,
        query: Mapping[str, str | int],
        *,
        body: Json | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
    ) -> bytes:
        headers = {"Accept": accept, "Content-Type": content_type}
        code, told, answer = await self._send(what, method, path, query, body, headers)
        if code == 401 and self._refresh is not None and not was_the_node(answer):
            await self._renew(self._refresh)
            code, told, answer = await self._send(what, method, path, query, body, headers)
        if code >= 300:
            raise self._refusal(what, code, told, answer)
        return answer

    async def _renew(self, refresh: Refresh) -> None:
        try:
            await refresh(self._client.configuration)
        except (ConfigException, OSError, ValueError) as error:
            raise AccessDenied(
                f"the Kubernetes token has expired and the kubeconfig cannot be read: {error}"
            ) from error

    async def _send(
        self,
        what: str,
        method: str,
        path: str,
        query: Mapping[str, str | int],
        body: Json | None,
        headers: dict[str, str],
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            request = await self._addressed(method, path, query, body, headers)
            # The client's own default would be five minutes; the deadline around us is always shorter.
            answer = await self._client.call_api(*request, _request_timeout=self._deadline_seconds * 2)
            content: bytes = await answer.read()  # type: ignore[no-untyped-call]  # the client leaves it untyped
            return answer.status, answer.headers, content
        except (aiohttp.ClientError, OSError) as error:
            raise _unreachable(what, error) from error

    async def _addressed(
        self, method: str, path: str, query: Mapping[str, str | int], body: Json | None, headers: dict[str, str]
    ) -> _Request:
        """Method, full address, headers with the credentials, and body, as the official client makes them."""
        request: _Request = await self._client.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params=dict(headers),
            body=body,
            auth_settings=["BearerToken"],
        )
        return request


def _unreachable(what: str, error: Exception) -> Unreachable:
    return Unreachable(f"Kubernetes cannot be reached (asked to {what}): {str(error) or type(error).__name__}")


@asynccontextmanager
async def _deadline(seconds: float, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as late:
        raise Unreachable(f"Kubernetes did not answer within {seconds:g} s (asked to {what})") from late


def _is_worth_another_try(error: Exception) -> bool | float:
    if isinstance(error, RateLimited):
        wait = error.retry_after_seconds
        return wait if wait is not None and wait <= _LONGEST_WAIT_SECONDS else False
    return isinstance(error, Unreachable)


def _object(what: str, body: bytes) -> Json:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise BadAnswer(f"Kubernetes sent no JSON (asked to {what}): {excerpt(body)}") from error
    if not isinstance(document, dict):
        raise BadAnswer(f"Kubernetes sent no object (asked to {what}): {excerpt(body)}")
    return document
