"""Who asks, where, and what the configuration lets them do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A viewer reads; a requester may ask for a repair; an approver decides; an operator thaws."""

    VIEWER = "viewer"
    REQUESTER = "requester"
    APPROVER = "approver"
    OPERATOR = "operator"


EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in Slack. `is_guest` covers restricted and ultra-restricted accounts and bots."""

    user_id: str
    team_id: str
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The conversation that a request came from; `is_joined` is False where the bot is no member.

    `is_direct`: a direct message, to which nobody can be invited.
    """

    channel_id: str
    is_externally_shared: bool = False
    is_joined: bool = True
    is_direct: bool = False


@dataclass(frozen=True, slots=True)
class Roles:
    """Role -> user ids. An empty list means nobody; only `*` means every full member."""

    members: Mapping[Role, frozenset[str]]

    def holds(self, user_id: str, role: Role) -> bool:
        """True if the configuration names this user, or everybody, for the role."""
        named = self.members.get(role, frozenset())
        return user_id in named or EVERYBODY in named

    def named(self, role: Role) -> tuple[str, ...]:
        """The user ids that hold the role by name, sorted; used to say who may approve."""
        return tuple(sorted(self.members.get(role, frozenset()) - {EVERYBODY}))
