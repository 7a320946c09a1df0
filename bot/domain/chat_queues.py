"""The queue behind a chat button: which one it is, and whether anybody is assigned to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_USER = "005"
"""First characters of a user's id; other members of a queue are groups and roles."""
_SHORT = 15
"""An id's last three of 18 characters are a check sum."""


def short(identifier: object) -> str:
    """The form in which ids can be compared; empty for none."""
    return str(identifier)[:_SHORT] if identifier else ""


@dataclass(frozen=True, slots=True)
class Members:
    """Who is assigned to a queue. `groups` are members that are no users, whose own members are not counted."""

    agents: int = 0
    inactive: int = 0
    groups: int = 0

    @property
    def is_nobody(self) -> bool:
        """True where no chat can be taken."""
        return self.agents == 0 and self.groups == 0

    @property
    def words(self) -> str:
        """For the evidence."""
        parts = ["1 active agent" if self.agents == 1 else f"{self.agents} active agents"]
        parts += [f"{self.inactive} inactive"] if self.inactive else []
        parts += [f"{self.groups} groups or roles, whose members are not counted"] if self.groups else []
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class ButtonQueue:
    """What is known of one button's queue; `problem` says why nothing is, or what is odd about it."""

    button: str
    queue: str = ""
    members: Members | None = None
    is_missing: bool = False
    """The queue that the settings name is not in the org."""
    leads_to: str = ""
    """The queue that the org's button really names, where that is another one."""
    problem: str = ""

    @property
    def line(self) -> str:
        """For the evidence."""
        queue = f"queue {self.queue}" if self.queue else "no queue known"
        state = (
            "there is no such queue in the org" if self.is_missing else self.members.words if self.members else ""
        )
        other = f"but the button leads to {self.leads_to}" if self.leads_to else ""
        return f"{self.button}: " + ", ".join(part for part in (queue, state, other, self.problem) if part)


def members_of(ids: Iterable[str], rows: Iterable[tuple[str, str]], active: frozenset[str]) -> Members:
    """Of the queues `ids`; `rows` are (queue, member), `active` those who may log in; ids in the short form."""
    wanted = frozenset(ids)
    mine = {member for queue, member in rows if queue in wanted}
    users = {member for member in mine if member.startswith(_USER)}
    return Members(len(users & active), len(users - active), len(mine - users))


def judge_queues(found: Sequence[ButtonQueue]) -> tuple[str, str]:
    """The code's tail, and words: a queue without agents before one that is missing, before what is not known."""
    empty = _named(each.queue for each in found if each.members is not None and each.members.is_nobody)
    missing = _named(each.queue for each in found if each.is_missing)
    other = _named(each.button for each in found if each.leads_to)
    dark = _named(each.button for each in found if each.members is None and not each.is_missing)
    if empty:
        return "no-agents", f"no agent is assigned to the queue {empty}"
    if missing:
        return "missing", f"the org has no queue {missing}"
    if other:
        return "other-queue", f"another queue than expected is behind the button {other}"
    if dark:
        return "cannot-tell", f"cannot tell who is assigned for the button {dark}"
    return "ok", "agents are assigned to every queue"


def _named(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def ids_by_name(rows: Iterable[Mapping[str, object]], name: str) -> tuple[str, ...]:
    """Queues of this developer name or label, without regard to case, as Salesforce compares."""
    wanted = name.casefold()
    return tuple(
        short(row.get("Id"))
        for row in rows
        if wanted in (str(row.get("DeveloperName")).casefold(), str(row.get("Name")).casefold())
    )
