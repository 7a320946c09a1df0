"""What is left of a message when Slack refuses a part of it: its words, which are better than nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.slack_errors import answer_of, code_of
from bot.domain.errors import BadAnswer

_log = structlog.get_logger(__name__)
_PARTS = {
    "invalid_blocks": "blocks",
    "invalid_blocks_format": "blocks",
    "msg_blocks_too_long": "blocks",
    "block_mismatch": "blocks",
    "invalid_metadata_format": "metadata",
    "invalid_metadata_schema": "metadata",
    "metadata_too_large": "metadata",
    "metadata_must_be_sent_from_app": "metadata",
}
"""Slack's code -> the argument that it is about."""
_REMARK = "(Slack refused the card itself.)"


async def whole_or_plain(
    say: Callable[..., Awaitable[AsyncSlackResponse]], body: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Says it whole, else without what Slack will never take; raises as `answer_of` for anything else."""
    try:
        return await answer_of(say(**body))
    except BadAnswer as refused:
        part = _PARTS.get(code_of(refused), "")
        if not body.get(part):
            raise
        _log.error("Slack refuses a part of a message; sending the rest", part=part, problem=str(refused))
        return await whole_or_plain(say, _without(part, body))


def _without(part: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """An empty list takes the old blocks from a card that is edited."""
    if part == "blocks":
        return {**body, "text": f"{body['text']}\n{_REMARK}", "blocks": []}
    return {name: value for name, value in body.items() if name != part}
