"""auth, api, apps, team, bots: who am I and where."""

from __future__ import annotations

import secrets

from lab.slack.arguments import Arguments
from lab.slack.errors import Json, SlackError
from lab.slack.methods.method import WebMethod
from lab.slack.objects import bot_json
from lab.slack.world import SlackWorld


def methods() -> list[WebMethod]:
    """This family."""
    return [
        WebMethod("api.test", _api_test, open_to_all=True),
        WebMethod("auth.test", _auth_test),
        WebMethod("apps.connections.open", _connections_open, for_app_token=True),
        WebMethod("team.info", _team_info, scope="team:read", tier=3),
        WebMethod("bots.info", _bots_info, scope="users:read", tier=3),
    ]


def _api_test(_world: SlackWorld, arguments: Arguments) -> Json:
    if arguments.has("error"):
        raise SlackError(arguments.text("error"), args=arguments.values)
    return {"args": arguments.values}


def _auth_test(world: SlackWorld, _arguments: Arguments) -> Json:
    return {
        "url": world.base_url,
        "team": world.workspace.name,
        "user": world.identity.name,
        "team_id": world.workspace.team_id,
        "user_id": world.identity.bot_user_id,
        "bot_id": world.identity.bot_id,
        "is_enterprise_install": False,
    }


def _connections_open(world: SlackWorld, _arguments: Arguments) -> Json:
    ticket = secrets.token_urlsafe(24)
    world.socket_tickets.add(ticket)
    base = world.base_url.replace("http://", "ws://", 1)
    return {"url": f"{base}link/?ticket={ticket}&app_id={world.identity.app_id}"}


def _team_info(world: SlackWorld, _arguments: Arguments) -> Json:
    team = world.workspace
    return {"team": {"id": team.team_id, "name": team.name, "domain": team.domain, "email_domain": "",
                     "url": world.base_url}}  # fmt: skip


def _bots_info(world: SlackWorld, arguments: Arguments) -> Json:
    if arguments.text("bot", world.identity.bot_id) != world.identity.bot_id:
        raise SlackError("bot_not_found")
    return {"bot": bot_json(world)}
