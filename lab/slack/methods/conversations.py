"""conversations: where the bot is and what was said there."""

from __future__ import annotations

from lab.slack.arguments import Arguments
from lab.slack.errors import Json, SlackError
from lab.slack.messages import StoredMessage
from lab.slack.methods.method import WebMethod, page_of, the_channel
from lab.slack.objects import channel_json, members_of, message_json
from lab.slack.workspace import Channel
from lab.slack.world import SlackWorld


def methods() -> list[WebMethod]:
    """This family."""
    return [
        WebMethod("conversations.list", _list, scope="channels:read", tier=2),
        WebMethod("conversations.info", _info, scope="channels:read", tier=3),
        WebMethod("conversations.members", _members, scope="channels:read", tier=4),
        WebMethod("conversations.history", _history, scope="channels:history", tier=3),
        WebMethod("conversations.replies", _replies, scope="channels:history", tier=3),
        WebMethod("conversations.join", _join, scope="channels:join", tier=3),
        WebMethod("conversations.open", _open, scope="im:write", tier=3),
    ]


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _list(world: SlackWorld, arguments: Arguments) -> Json:
    kinds = set(arguments.text("types", "public_channel").replace(" ", "").split(","))
    if kinds - {"public_channel", "private_channel", "mpim", "im"}:
        raise SlackError("invalid_types")
    listed = [
        channel
        for channel in world.channels
        if _kind(channel) in kinds and (not channel.is_private or channel.id in world.bot_channels)
    ]
    page, cursor = page_of(listed, arguments, limit=100, most=1000)
    channels = [channel_json(world, channel) for channel in page]
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


def _info(world: SlackWorld, arguments: Arguments) -> Json:
    channel = the_channel(world, arguments, joined=False)
    made = channel_json(world, channel)
    if not arguments.flag("include_num_members"):
        made.pop("num_members", None)
    return {"channel": made}


def _members(world: SlackWorld, arguments: Arguments) -> Json:
    channel = the_channel(world, arguments, joined=False)
    page, cursor = page_of(members_of(world, channel), arguments, limit=100, most=1000)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def _within(message: StoredMessage, arguments: Arguments) -> bool:
    oldest, latest = arguments.text("oldest"), arguments.text("latest")
    at = float(message.ts)
    if arguments.flag("inclusive"):
        return (not oldest or at >= float(oldest)) and (not latest or at <= float(latest))
    return (not oldest or at > float(oldest)) and (not latest or at < float(latest))


def _is_public(message: StoredMessage) -> bool:
    return not message.deleted and message.ephemeral_to is None


def _history(world: SlackWorld, arguments: Arguments) -> Json:
    channel = the_channel(world, arguments)
    _check_times(arguments)
    found = [
        message
        for message in reversed(world.messages.all(channel.id))
        if _is_public(message) and (not message.is_reply or message.broadcast) and _within(message, arguments)
    ]
    page, cursor = page_of(found, arguments, limit=100, most=999)
    return _messages(world, page, cursor, arguments) | {"pin_count": 0}


def _replies(world: SlackWorld, arguments: Arguments) -> Json:
    channel = the_channel(world, arguments)
    _check_times(arguments)
    ts = arguments.required("ts", "thread_not_found")
    found = world.messages.find(channel.id, ts)
    if found is None or found.ephemeral_to:
        raise SlackError("thread_not_found")
    parent = world.messages.find(channel.id, found.thread_ts or ts) or found
    replies = [one for one in world.messages.replies(channel.id, parent.ts) if _within(one, arguments)]
    page, cursor = page_of([parent, *replies], arguments, limit=1000, most=1000)
    return _messages(world, page, cursor, arguments)


def _messages(world: SlackWorld, page: list[StoredMessage], cursor: str, arguments: Arguments) -> Json:
    with_metadata = arguments.flag("include_all_metadata")
    made = [message_json(world, message, with_metadata=with_metadata) for message in page]
    answer: Json = {"messages": made, "has_more": bool(cursor)}
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def _check_times(arguments: Arguments) -> None:
    for name in ("oldest", "latest"):
        try:
            float(arguments.text(name) or 0)
        except ValueError as wrong:
            raise SlackError(f"invalid_ts_{name}") from wrong


def _join(world: SlackWorld, arguments: Arguments) -> Json:
    channel = the_channel(world, arguments, joined=False)
    if channel.is_private:
        raise SlackError("method_not_supported_for_channel_type")
    answer: Json = {}
    if channel.id in world.bot_channels:
        answer = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    world.join(channel.id)
    return {"channel": channel_json(world, channel), **answer}


def _open(world: SlackWorld, arguments: Arguments) -> Json:
    users = [user for user in arguments.text("users").split(",") if user]
    if arguments.has("channel"):
        return {"channel": {"id": the_channel(world, arguments).id}}
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        raise SlackError("method_not_supported_for_channel_type")
    person = world.person(users[0])
    if person is None:
        raise SlackError("user_not_found")
    channel = world.direct_message(person)
    full = channel_json(world, channel) if arguments.flag("return_im") else {"id": channel.id}
    return {"channel": full}
