"""Whom to mention for a team: the Slack user group, the leader and the contacts, as configured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.runbook import Team
from bot.views.text import user

_GROUP = re.compile(r"S[A-Z0-9]{2,20}")
_NAMES = {
    Team.OPS: "Ops",
    Team.PLATFORM: "Platform",
    Team.DEVOPS: "DevOps",
    Team.INTEGRATIONS: "Integrations",
    Team.CLIENT_ADMIN: "the client's admin",
    Team.SALESFORCE: "the Salesforce team",
}


@dataclass(frozen=True, slots=True)
class Mentions:
    """Team -> id of its user group (`S…`), of its leader, of its contacts in the order in which to call them."""

    groups: Mapping[Team, str] = field(default_factory=dict)
    leaders: Mapping[Team, str] = field(default_factory=dict)
    contacts: Mapping[Team, Sequence[str]] = field(default_factory=dict)

    def group(self, team: Team) -> str:
        """A mention that notifies the whole group; the team's name where no group is configured."""
        group_id = self.groups.get(team, "")
        return f"<!subteam^{group_id}>" if _GROUP.fullmatch(group_id) else team_name(team)

    def leader(self, team: Team) -> str:
        """A mention of the leader; empty where none is configured."""
        leader = self.leaders.get(team, "")
        return user(leader) if leader else ""

    def contacts_of(self, team: Team) -> str:
        """Mentions of the contacts, the first to call first; empty where none are configured."""
        return ", then ".join(user(each) for each in self.contacts.get(team, ()))


def team_name(team: Team) -> str:
    """How people call the team."""
    return _NAMES[team]
