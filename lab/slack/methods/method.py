"""What a Web API method is: a name, who may call it how often, and its answer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.slack.arguments import Arguments
from lab.slack.errors import Json, SlackError
from lab.slack.workspace import Channel
from lab.slack.world import SlackWorld

Answer = Callable[[SlackWorld, Arguments], Json]


@dataclass(frozen=True)
class WebMethod:
    """`answer` returns the body without `ok`. `tier` is the documented rate limit tier, None for special ones."""

    name: str
    answer: Answer
    scope: str | None = None
    tier: int | None = None
    for_app_token: bool = False
    open_to_all: bool = False


def the_channel(world: SlackWorld, arguments: Arguments, *, joined: bool = True) -> Channel:
    """The channel that is meant; where the bot has to be in it, refused as Slack does."""
    wanted = arguments.required("channel", "channel_not_found")
    channel = world.channel(wanted)
    if channel is None:
        raise SlackError("channel_not_found")
    if channel.id not in world.bot_channels:
        if channel.is_private:
            raise SlackError("channel_not_found")
        if joined:
            raise SlackError("not_in_channel")
    return channel


def page_of(items: list[Any], arguments: Arguments, *, limit: int, most: int) -> tuple[list[Any], str]:
    """One page of a list and the cursor of the next, empty at the end."""
    wanted = arguments.integer("limit", limit)
    if wanted < 1 or wanted > most:
        raise SlackError("invalid_limit")
    start = _offset(arguments.text("cursor"))
    more = start + wanted < len(items)
    cursor = base64.b64encode(f"offset:{start + wanted}".encode()).decode() if more else ""
    return items[start : start + wanted], cursor


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("offset:"))
    except (binascii.Error, ValueError) as wrong:
        raise SlackError("invalid_cursor") from wrong
