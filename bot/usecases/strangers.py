"""Who gets nothing, whatever they ask for; judged before anything is parsed."""

from __future__ import annotations

from bot.domain.actor import Actor, Place, Role, Roles


def refusal(actor: Actor, place: Place, roles: Roles, home_team: str) -> str:
    """The reason in words; empty for somebody who may at least read."""
    if actor.team_id != home_team:
        return "you belong to another workspace"
    if actor.is_guest:
        return "guests and bots get nothing here"
    if place.is_externally_shared:
        return "this channel is shared with another organisation"
    if not roles.holds(actor.user_id, Role.VIEWER):
        return "you do not hold the role `viewer`"
    return ""
