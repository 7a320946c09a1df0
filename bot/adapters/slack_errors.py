"""What Slack and the way to it may answer, translated into the error tree."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, cast

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.errors import AccessDenied, BadAnswer, NotFound, RateLimited, SfintError, Unreachable

NETWORK = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What aiohttp raises when the peer could not be asked, or its answer was lost."""
_AGAIN = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
_NO_ENTRY = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "access_denied"}
)  # fmt: skip
_GONE = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "is_archived",
     "cannot_reply_to_message", "channel_not_found", "user_not_found", "user_not_visible", "not_in_channel",
     "user_not_in_channel"}
)  # fmt: skip


class Unexplained(Unreachable):
    """A 4xx without a code of Slack's: something between us refuses, now or for good; nothing says which."""


async def answer_of(call: Awaitable[AsyncSlackResponse]) -> Mapping[str, Any]:
    """Awaits one Web API call; whatever goes wrong is raised in the words of the error tree."""
    try:
        answer = await call
    except SlackApiError as error:
        raise from_slack(error) from error
    except NETWORK as error:
        raise Unreachable("Slack could not be reached") from error
    return cast(Mapping[str, Any], answer.data)


def from_slack(error: SlackApiError) -> SfintError:
    """The tree's word for an `ok: false`, a 429 or a 5xx; its text begins with Slack's own code."""
    response = error.response
    status = int(getattr(response, "status_code", 0))
    data = getattr(response, "data", response)
    code = str(data.get("error", "")) if isinstance(data, Mapping) else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return RateLimited("Slack asks us to slow down", retry_after(getattr(response, "headers", {})))
    if 400 <= status < 500 and not code:
        return Unexplained(f"Slack answered {status} without saying why")
    if status >= 500 or not code or code in _AGAIN:
        return Unreachable(f"Slack answered {code or status}")
    if code in _NO_ENTRY:
        return AccessDenied(f"{code}: Slack does not accept the bot's token")
    return (NotFound if code in _GONE else BadAnswer)(f"{code}{_details(data)}")


def code_of(error: SfintError) -> str:
    """Slack's error code, from an error that `from_slack` made."""
    return str(error).partition(":")[0]


def retry_after(headers: object) -> float:
    """Seconds that a 429 names; one where it names none."""
    if not isinstance(headers, Mapping):
        return 1.0
    named = {str(name).lower(): value for name, value in headers.items()}.get("retry-after", "1")
    return float(named) if str(named).isdigit() else 1.0


def _details(data: object) -> str:
    if isinstance(data, Mapping) and data.get("needed"):
        return f": the app lacks the scope {data['needed']}; install it anew from manifest.yml"
    metadata = data.get("response_metadata") if isinstance(data, Mapping) else None
    messages = metadata.get("messages") if isinstance(metadata, Mapping) else None
    return f": {'; '.join(map(str, messages))[:500]}" if isinstance(messages, list) and messages else ""
