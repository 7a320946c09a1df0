"""Who and what exists in the pretended Slack workspace: people, channels, user groups."""

from __future__ import annotations

from dataclasses import dataclass, field

TEAM_ID = "T0ACME0001"
FOREIGN_TEAM_ID = "T0FOREIGN"


@dataclass(frozen=True)
class Person:
    """Somebody who can be impersonated at the page; a guest is `is_restricted`, as in Slack's user object."""

    id: str
    name: str
    real_name: str
    email: str
    is_restricted: bool = False
    team_id: str = TEAM_ID
    is_bot: bool = False
    grid_teams: tuple[str, ...] = ()
    """The workspaces of an Enterprise Grid that the account belongs to, where it is one of a grid."""


@dataclass(frozen=True)
class Channel:
    """A conversation. `bot_is_member` says how the world starts; who joins later is the directory's business."""

    id: str
    name: str
    is_shared: bool = False
    is_private: bool = False
    members: set[str] = field(default_factory=set)
    bot_is_member: bool = False
    is_im: bool = False
    topic: str = ""


@dataclass(frozen=True)
class UserGroup:
    """A mentionable team (`<!subteam^S…>`); `users` are its members in order."""

    id: str
    handle: str
    users: list[str] = field(default_factory=list)
    updated: int = 1_700_000_000


@dataclass(frozen=True)
class Workspace:
    """A team with its people, channels and groups, as it is when the stand-in starts."""

    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
    usergroups: tuple[UserGroup, ...]
    team_id: str = TEAM_ID
    name: str = "Acme"
    domain: str = "acme"


def acme_workspace() -> Workspace:
    """The workspace of every rehearsal: one incident channel, an audit channel, and people of every standing."""
    people = (
        Person("U0RITA001", "rita", "Rita Requester", "rita@acme.example.com"),
        Person("U0ARNO001", "arno", "Arno Approver", "arno@acme.example.com"),
        Person("U0ADA0001", "ada", "Ada Approver", "ada@acme.example.com"),
        Person("U0OLGA001", "olga", "Olga Operator", "olga@acme.example.com"),
        Person("U0IVAN001", "ivan", "Ivan Outsider", "ivan@acme.example.com"),
        Person("U0GUST001", "gus", "Gus Guest", "gus@guests.example.com", is_restricted=True),
        Person("U0FIONA01", "fiona", "Fiona Foreign", "fiona@vendor.example.com", team_id=FOREIGN_TEAM_ID),
    )
    home = {person.id for person in people if person.team_id == TEAM_ID}
    staff = {person.id for person in people if person.id in home and not person.is_restricted}
    channels = (
        Channel("C0INCSF001", "inc-salesforce", members=set(home), bot_is_member=True,
                topic="Salesforce integrations: what is broken right now"),
        Channel("C0OPSAUDIT", "ops-audit", members={"U0OLGA001", "U0ARNO001"}, bot_is_member=True,
                topic="The head of the audit chain"),
        Channel("C0RANDOM01", "random", members=set(staff), topic="Anything else"),
        Channel("C0VENDOR01", "shared-with-vendor", is_shared=True, members=staff | {"U0FIONA01"},
                bot_is_member=True, topic="Shared with another company"),
    )  # fmt: skip
    groups = (
        UserGroup("S0OPS00001", "ops", ["U0OLGA001", "U0ARNO001"]),
        UserGroup("S0PLAT0001", "platform", ["U0ADA0001"]),
        UserGroup("S0DEVOPS01", "devops", ["U0ADA0001", "U0OLGA001"]),
        UserGroup("S0INTEG001", "integrations", ["U0RITA001"]),
    )
    return Workspace(people, channels, groups)
