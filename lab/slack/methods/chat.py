"""chat and reactions: what the bot says."""

from __future__ import annotations

import re
import secrets
from typing import Any

from lab.slack.arguments import Arguments
from lab.slack.blocks import check_message_blocks
from lab.slack.errors import Json, SlackError
from lab.slack.messages import StoredMessage
from lab.slack.methods.method import WebMethod, the_channel
from lab.slack.objects import members_of, message_json
from lab.slack.workspace import Channel
from lab.slack.world import SlackWorld

TEXT_CHARACTERS = 40_000
SCHEDULE_SECONDS = 120 * 24 * 3600
_TS = re.compile(r"\d{10}\.\d{6}")


def methods() -> list[WebMethod]:
    """This family."""
    return [
        WebMethod("chat.postMessage", _post, scope="chat:write"),
        WebMethod("chat.scheduleMessage", _schedule, scope="chat:write", tier=3),
        WebMethod("chat.update", _update, scope="chat:write", tier=3),
        WebMethod("chat.delete", _delete, scope="chat:write", tier=3),
        WebMethod("chat.postEphemeral", _post_ephemeral, scope="chat:write", tier=4),
        WebMethod("reactions.add", _react, scope="reactions:write", tier=3),
    ]


def _post(world: SlackWorld, arguments: Arguments) -> Json:
    channel, text, fields = _new_message(world, arguments)
    message = world.post_as_bot(channel.id, text, **fields)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(world, message)}


def _new_message(world: SlackWorld, arguments: Arguments) -> tuple[Channel, str, Json]:
    channel = _addressed(world, arguments)
    text, blocks = _contents(arguments)
    if not text and not blocks:
        raise SlackError("no_text")
    is_loud = arguments.flag("reply_broadcast")
    fields: Json = {
        "blocks": blocks,
        "thread_ts": _thread(world, channel, arguments),
        "broadcast": is_loud,
        "subtype": "thread_broadcast" if is_loud else None,
        "metadata": _metadata(arguments),
    }
    return channel, text, fields


def _schedule(world: SlackWorld, arguments: Arguments) -> Json:
    channel, text, fields = _new_message(world, arguments)
    delay_seconds = arguments.integer("post_at", 0) - world.clock()
    if delay_seconds < 0:
        raise SlackError("time_in_past")
    if delay_seconds > SCHEDULE_SECONDS:
        raise SlackError("time_too_far")
    scheduled_id = f"Q{secrets.token_hex(5).upper()}"
    world.later(delay_seconds, lambda: world.post_as_bot(channel.id, text, **fields))
    return {
        "channel": channel.id,
        "scheduled_message_id": scheduled_id,
        "post_at": arguments.integer("post_at", 0),
        "message": {"text": text, "type": "delayed_message", "bot_id": world.identity.bot_id},
    }


def _addressed(world: SlackWorld, arguments: Arguments) -> Channel:
    person = world.person(arguments.text("channel"))
    return world.direct_message(person) if person else the_channel(world, arguments)


def _contents(arguments: Arguments) -> tuple[str, list[Json]]:
    text = arguments.text("text")
    if len(text) > TEXT_CHARACTERS:
        raise SlackError("msg_too_long")
    blocks = arguments.structure("blocks", "invalid_blocks_format")
    return text, check_message_blocks(blocks) if blocks is not None else []


def _thread(world: SlackWorld, channel: Channel, arguments: Arguments) -> str | None:
    thread_ts = arguments.text("thread_ts")
    if not thread_ts:
        return None
    if not _TS.fullmatch(thread_ts):
        raise SlackError("invalid_thread_ts")
    parent = world.messages.find(channel.id, thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    if parent.is_reply or parent.ephemeral_to:
        raise SlackError("cannot_reply_to_message")
    return thread_ts


def _metadata(arguments: Arguments) -> Json | None:
    metadata: Any = arguments.structure("metadata", "invalid_metadata_format")
    if not metadata:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    return metadata


def _own(world: SlackWorld, channel: Channel, arguments: Arguments, refusal: str) -> StoredMessage:
    message = world.messages.find(channel.id, arguments.text("ts"))
    if message is None or message.ephemeral_to:
        raise SlackError("message_not_found")
    if message.bot_id != world.identity.bot_id:
        raise SlackError(refusal)
    return message


def _update(world: SlackWorld, arguments: Arguments) -> Json:
    channel = the_channel(world, arguments)
    message = _own(world, channel, arguments, "cant_update_message")
    text, blocks = _contents(arguments)
    if not arguments.has("text") and not arguments.has("blocks"):
        raise SlackError("no_text")
    world.messages.edit(
        message,
        text=text if arguments.has("text") else message.text,
        blocks=blocks if arguments.has("blocks") else message.blocks,
        metadata=_metadata(arguments) if arguments.has("metadata") else message.metadata,
    )
    return {"channel": channel.id, "ts": message.ts, "text": message.text,
            "message": message_json(world, message)}  # fmt: skip


def _delete(world: SlackWorld, arguments: Arguments) -> Json:
    channel = the_channel(world, arguments)
    message = _own(world, channel, arguments, "cant_delete_message")
    world.messages.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def _post_ephemeral(world: SlackWorld, arguments: Arguments) -> Json:
    channel = the_channel(world, arguments)
    user = arguments.required("user", "user_not_in_channel")
    if user not in members_of(world, channel):
        raise SlackError("user_not_in_channel")
    text, blocks = _contents(arguments)
    if not text and not blocks:
        raise SlackError("no_text")
    thread_ts = _thread(world, channel, arguments)
    message = world.post_as_bot(channel.id, text, blocks=blocks, thread_ts=thread_ts, ephemeral_to=user)
    return {"message_ts": message.ts}


def _react(world: SlackWorld, arguments: Arguments) -> Json:
    channel = the_channel(world, arguments)
    name = arguments.required("name", "invalid_name").strip(":")
    message = world.messages.find(channel.id, arguments.required("timestamp", "no_item_specified"))
    if message is None:
        raise SlackError("message_not_found")
    if not world.messages.react(message, name, world.identity.bot_user_id):
        raise SlackError("already_reacted")
    return {}
