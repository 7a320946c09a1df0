"""How people, channels and messages look in JSON, in answers and in payloads."""

from __future__ import annotations

from lab.slack.errors import Json
from lab.slack.messages import StoredMessage
from lab.slack.workspace import Channel, Person, UserGroup
from lab.slack.world import SlackWorld


def user_json(world: SlackWorld, person: Person) -> Json:
    """The user object; a person of another team is a stranger."""
    foreign = world.workspace.team_id not in (person.team_id, *person.grid_teams)
    profile: Json = {
        "real_name": person.real_name,
        "display_name": person.name,
        "real_name_normalized": person.real_name,
        "display_name_normalized": person.name,
        "team": person.team_id,
    }
    if person.is_bot:
        profile |= {"bot_id": world.identity.bot_id, "api_app_id": world.identity.app_id}
    else:
        profile["email"] = person.email
    grid = {"enterprise_user": _grid_account(person)} if person.grid_teams else {}
    return grid | {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": False,
        "real_name": person.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_stranger": foreign,
        "updated": 1_700_000_000,
    }


def _grid_account(person: Person) -> Json:
    return {
        "id": person.id,
        "enterprise_id": "E0ACME0001",
        "enterprise_name": "Acme Group",
        "is_admin": False,
        "is_owner": False,
        "teams": list(person.grid_teams),
    }


def channel_json(world: SlackWorld, channel: Channel) -> Json:
    """The conversation object."""
    if channel.is_im:
        other = next(iter(channel.members - {world.identity.bot_user_id}))
        return {"id": channel.id, "created": 1_700_000_000, "is_im": True, "is_archived": False, "user": other,
                "is_org_shared": False, "is_user_deleted": False}  # fmt: skip
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": False,
        "is_general": False,
        "is_member": channel.id in world.bot_channels,
        "is_shared": channel.is_shared,
        "is_ext_shared": channel.is_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "context_team_id": world.workspace.team_id,
        "created": 1_700_000_000,
        "num_members": len(members_of(world, channel)),
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def members_of(world: SlackWorld, channel: Channel) -> list[str]:
    """Who is in a channel now, the bot included where it joined."""
    bot = {world.identity.bot_user_id} if channel.id in world.bot_channels else set()
    return sorted(channel.members | bot)


def usergroup_json(world: SlackWorld, group: UserGroup) -> Json:
    """The user group object, without its members."""
    return {
        "id": group.id,
        "team_id": world.workspace.team_id,
        "is_usergroup": True,
        "name": group.handle.capitalize(),
        "handle": group.handle,
        "description": "",
        "is_external": False,
        "date_create": 1_600_000_000,
        "date_update": group.updated,
        "date_delete": 0,
        "user_count": len(group.users),
    }


def message_json(world: SlackWorld, message: StoredMessage, *, with_metadata: bool = False) -> Json:
    """The message object of histories, answers and payloads."""
    made: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": world.workspace.team_id,
    }
    if message.bot_id:
        made |= {"bot_id": message.bot_id, "app_id": world.identity.app_id, "bot_profile": bot_json(world)}
    if message.subtype:
        made["subtype"] = message.subtype
    if message.blocks:
        made["blocks"] = message.blocks
    if message.files:
        made["files"] = message.files
    if message.edited_at is not None:
        made["edited"] = {"user": message.bot_id or message.user, "ts": f"{message.edited_at:.6f}"}
    if message.reactions:
        made["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()
        ]
    if with_metadata and message.metadata:
        made["metadata"] = message.metadata
    return made | _thread_json(world, message)


def _thread_json(world: SlackWorld, message: StoredMessage) -> Json:
    if message.is_reply:
        return {"thread_ts": message.thread_ts}
    replies = world.messages.replies(message.channel, message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users[:5],
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": True,
    }


def bot_json(world: SlackWorld) -> Json:
    """The bot object."""
    return {
        "id": world.identity.bot_id,
        "app_id": world.identity.app_id,
        "user_id": world.identity.bot_user_id,
        "name": world.identity.name,
        "deleted": False,
        "updated": 1_700_000_000,
        "team_id": world.workspace.team_id,
        "icons": {"image_36": "", "image_48": "", "image_72": ""},
    }
