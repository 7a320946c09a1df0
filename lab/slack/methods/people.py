"""users and usergroups: the directory."""

from __future__ import annotations

from lab.slack.arguments import Arguments
from lab.slack.errors import Json, SlackError
from lab.slack.methods.method import WebMethod, page_of
from lab.slack.objects import user_json, usergroup_json
from lab.slack.world import SlackWorld


def methods() -> list[WebMethod]:
    """This family."""
    return [
        WebMethod("users.info", _info, scope="users:read", tier=4),
        WebMethod("users.list", _list, scope="users:read", tier=2),
        WebMethod("users.lookupByEmail", _lookup, scope="users:read.email", tier=3),
        WebMethod("usergroups.list", _groups, scope="usergroups:read", tier=2),
        WebMethod("usergroups.users.list", _group_users, scope="usergroups:read", tier=2),
    ]


def _seen(world: SlackWorld, user: Json) -> Json:
    if "users:read.email" not in world.identity.scopes:
        user["profile"].pop("email", None)
    return user


def _info(world: SlackWorld, arguments: Arguments) -> Json:
    person = world.person(arguments.required("user", "user_not_found"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": _seen(world, user_json(world, person))}


def _list(world: SlackWorld, arguments: Arguments) -> Json:
    everybody = [*world.workspace.people, world.bot]
    page, cursor = page_of(everybody, arguments, limit=1000, most=1000)
    return {
        "members": [_seen(world, user_json(world, person)) for person in page],
        "cache_ts": int(world.clock()),
        "response_metadata": {"next_cursor": cursor},
    }


def _lookup(world: SlackWorld, arguments: Arguments) -> Json:
    wanted = arguments.required("email", "users_not_found").lower()
    for person in world.workspace.people:
        if person.email.lower() == wanted and person.team_id == world.workspace.team_id:
            return {"user": user_json(world, person)}
    raise SlackError("users_not_found")


def _groups(world: SlackWorld, arguments: Arguments) -> Json:
    groups = []
    for group in world.usergroups:
        made = usergroup_json(world, group)
        if arguments.flag("include_users"):
            made["users"] = list(group.users)
        if not arguments.flag("include_count"):
            made.pop("user_count")
        groups.append(made)
    return {"usergroups": groups}


def _group_users(world: SlackWorld, arguments: Arguments) -> Json:
    wanted = arguments.required("usergroup", "no_such_subteam")
    for group in world.usergroups:
        if group.id == wanted:
            return {"users": list(group.users)}
    raise SlackError("no_such_subteam")
