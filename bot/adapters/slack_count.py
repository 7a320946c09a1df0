"""Sees every answer of Slack's Web API, those repeated within a call included, and tells what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

UNREACHABLE = "unreachable"


class SlackCount(AsyncRetryHandler):
    """The SDK asks its retry handlers about every answer; this one only listens, and stands before the others."""

    def __init__(self, failed: Callable[[str], None]) -> None:
        super().__init__(max_retry_count=0)
        self._failed = failed

    async def can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        """Always False; `failed` is told the status, Slack's code, or that there was no answer."""
        del state, request
        if error is not None:
            self._failed(UNREACHABLE)
        elif response is not None:
            self._look(response)
        return False

    def _look(self, response: HttpResponse) -> None:
        body = response.body
        if response.status_code == 429 or response.status_code >= 500:
            self._failed(str(response.status_code))
        elif isinstance(body, Mapping) and body.get("ok") is False:
            self._failed(str(body.get("error") or "no_code"))


def count_slack_errors(web: AsyncWebClient, failed: Callable[[str], None]) -> None:
    """From now on, for this client and for those that Bolt derives from it."""
    web.retry_handlers.insert(0, SlackCount(failed))
