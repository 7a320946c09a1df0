"""What Slack sends: slash commands, interactions and events, field by field."""

from __future__ import annotations

import secrets

from lab.slack.errors import Json
from lab.slack.messages import StoredMessage
from lab.slack.objects import message_json
from lab.slack.views import OpenView
from lab.slack.workspace import Channel, Person
from lab.slack.world import SlackWorld


def channel_name(channel: Channel) -> str:
    """The name as payloads have it: private conversations go without theirs."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def slash_command(
    world: SlackWorld, person: Person, channel: Channel, typed: str, *, trigger_id: str, response_url: str
) -> Json:
    """The fields of a slash command; all are text, as in a form, and what was typed has Slack's three entities."""
    command, _, text = typed.partition(" ")
    return {
        "token": world.identity.verification_token,
        "team_id": person.team_id,
        "team_domain": world.workspace.domain if person.team_id == world.workspace.team_id else "vendor",
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text.strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "api_app_id": world.identity.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def _interaction(world: SlackWorld, kind: str, person: Person) -> Json:
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": world.identity.app_id,
        "token": world.identity.verification_token,
        "team": {"id": world.workspace.team_id, "domain": world.workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


# What Slack echoes of an element in `actions`.
_ECHOED = ("type", "action_id", "text", "value", "style", "url", "confirm")


def action_of(world: SlackWorld, element: Json, block_id: str, chosen: Json) -> Json:
    """One entry of `actions`: what was clicked or chosen."""
    kept: Json = {name: element[name] for name in _ECHOED if name in element}
    return {**kept, "block_id": block_id, **chosen, "action_ts": f"{world.clock():.6f}"}


def block_actions(
    world: SlackWorld,
    person: Person,
    channel: Channel,
    message: StoredMessage,
    action: Json,
    *,
    state: Json,
    trigger_id: str,
    response_url: str,
) -> Json:
    """A click in a message; ephemeral messages are not included in the payload."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = _interaction(world, "block_actions", person) | {
        "container": container,
        "trigger_id": trigger_id,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": state},
        "response_url": response_url,
        "actions": [action],
    }
    if message.ephemeral_to is None:
        payload["message"] = message_json(world, message, with_metadata=True)
    return payload


def message_action(
    world: SlackWorld,
    person: Person,
    channel: Channel,
    message: StoredMessage,
    callback_id: str,
    *,
    trigger_id: str,
    response_url: str,
) -> Json:
    """An app's entry in the menu of a message; the whole message comes along."""
    return _interaction(world, "message_action", person) | {
        "action_ts": f"{world.clock():.6f}",
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "response_url": response_url,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message_ts": message.ts,
        "message": message_json(world, message, with_metadata=True),
    }


def view_actions(world: SlackWorld, person: Person, found: OpenView, action: Json, *, trigger_id: str) -> Json:
    """A click inside a modal or a home tab."""
    return _interaction(world, "block_actions", person) | {
        "container": {"type": "view", "view_id": found.id},
        "trigger_id": trigger_id,
        "view": world.views.as_slack(found),
        "actions": [action],
    }


def view_submission(world: SlackWorld, person: Person, found: OpenView, *, trigger_id: str) -> Json:
    """The submit button of a modal."""
    return _interaction(world, "view_submission", person) | {
        "trigger_id": trigger_id,
        "view": world.views.as_slack(found),
        "response_urls": [],
    }


def view_closed(world: SlackWorld, person: Person, found: OpenView, *, is_cleared: bool) -> Json:
    """A modal that was closed and wants to be told."""
    return _interaction(world, "view_closed", person) | {
        "view": world.views.as_slack(found),
        "is_cleared": is_cleared,
    }


def app_mention(world: SlackWorld, message: StoredMessage) -> Json:
    """Somebody wrote the bot's name in a channel that it is in."""
    event: Json = {
        "type": "app_mention",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "channel": message.channel,
        "event_ts": message.ts,
        "team": world.workspace.team_id,
    }
    if message.thread_ts:
        event["thread_ts"] = message.thread_ts
    authorization = {
        "enterprise_id": None,
        "team_id": world.workspace.team_id,
        "user_id": world.identity.bot_user_id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": world.identity.verification_token,
        "team_id": world.workspace.team_id,
        "api_app_id": world.identity.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(world.clock()),
        "authorizations": [authorization],
        "is_ext_shared_channel": bool((channel := world.channel(message.channel)) and channel.is_shared),
    }
