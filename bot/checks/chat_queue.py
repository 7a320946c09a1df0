"""Are agents assigned to the queue of each chat button? Without any, every chat there is Unavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.checks.registry import check
from bot.domain.crm_query import QueryAnswer, Row
from bot.domain.errors import NotFound
from bot.domain.finding import Finding, Outcome
from bot.domain.soql import literals
from bot.domain.target import Target
from bot.ports.estate import Estate

_CODES = ("ok", "no-agents", "missing", "cannot-tell")
_OUTCOMES = {"ok": Outcome.OK, "no-agents": Outcome.DEGRADED, "missing": Outcome.DEGRADED}
_USER = "005"
"""First characters of a user's id; other members of a queue are groups and roles."""


@dataclass(frozen=True, slots=True)
class _Queue:
    """Its members; `groups` are those that are no users, and whose own members are not counted."""

    agents: int
    inactive: int
    groups: int

    @property
    def is_empty(self) -> bool:
        return self.agents == 0 and self.groups == 0

    @property
    def words(self) -> str:
        parts = [f"{self.agents} active agents"]
        parts += [f"{self.inactive} inactive users"] if self.inactive else []
        parts += [f"{self.groups} groups or roles, whose members are not counted"] if self.groups else []
        return ", ".join(parts)


def _applies(target: Target, estate: Estate) -> bool:
    del estate
    return target.live_chat is not None and bool(target.live_chat.queues)


@check("chat-queue", component="live-chat", codes=tuple(f"chat-queue.{code}" for code in _CODES), applies=_applies)
async def chat_queue(target: Target, estate: Estate) -> Finding:
    """Looks the queue of each chat button up in the org, and counts the active agents assigned to it."""
    if target.live_chat is None:
        raise NotFound("no live chat is configured")
    queues = target.live_chat.queues
    names = tuple(dict.fromkeys(queues.values()))
    groups = await estate.crm.query(
        f"SELECT Id, Name, DeveloperName FROM Group WHERE Type = 'Queue'"  # noqa: S608  (literals() escapes)
        f" AND (DeveloperName IN {literals(names)} OR Name IN {literals(names)})"
    )
    if not groups.is_ok:
        return _cannot_tell(groups)
    ids = {name: _ids_of(name, groups.rows) for name in names}
    all_ids = tuple(identifier for found in ids.values() for identifier in found)
    if not all_ids:
        return _told(queues, {})
    members, active = await asyncio.gather(
        estate.crm.query(f"SELECT GroupId, UserOrGroupId FROM GroupMember WHERE GroupId IN {literals(all_ids)}"),  # noqa: S608
        estate.crm.query(
            "SELECT Id FROM User WHERE IsActive = true AND Id IN "  # noqa: S608
            f"(SELECT UserOrGroupId FROM GroupMember WHERE GroupId IN {literals(all_ids)})"
        ),
    )
    unread = next((answer for answer in (members, active) if not answer.is_ok), None)
    if unread is not None:
        return _cannot_tell(unread)
    online = {_short(row, "Id") for row in active.rows}
    return _told(queues, {name: _counted(found, members.rows, online) for name, found in ids.items() if found})


def _told(by_button: Mapping[str, str], found: Mapping[str, _Queue]) -> Finding:
    lines = tuple(
        f"{button}: queue {name}: {found[name].words if name in found else 'there is no such queue in the org'}"
        for button, name in by_button.items()
    )
    empty = sorted({name for name in by_button.values() if name in found and found[name].is_empty})
    missing = sorted({name for name in by_button.values() if name not in found})
    if empty:
        return _finding("no-agents", f"no agent is assigned to the queue {', '.join(empty)}", lines)
    if missing:
        return _finding("missing", f"the org has no queue {', '.join(missing)}", lines)
    return _finding("ok", "agents are assigned to every queue", lines)


def _cannot_tell(answer: QueryAnswer) -> Finding:
    """Not readable is not empty: Salesforce hides objects and fields that the user may not see."""
    blamed = f"may not read {answer.blamed}" if answer.blamed else f"got {answer.verdict}"
    said = " / ".join(part for part in (answer.error_code, answer.message) if part)
    summary = f"cannot tell who is assigned: the integration user {blamed}"
    return _finding("cannot-tell", summary, (said,) if said else ())


def _ids_of(name: str, rows: Iterable[Row]) -> tuple[str, ...]:
    """By the name's two forms, without regard to case, as Salesforce compares."""
    wanted = name.casefold()
    return tuple(
        str(row.get("Id"))
        for row in rows
        if wanted in (str(row.get("DeveloperName")).casefold(), str(row.get("Name")).casefold())
    )


def _counted(ids: tuple[str, ...], members: Iterable[Row], active: set[str]) -> _Queue:
    mine = {_short(row, "UserOrGroupId") for row in members if _short(row, "GroupId") in {one[:15] for one in ids}}
    users = {member for member in mine if member.startswith(_USER)}
    return _Queue(len(users & active), len(users - active), len(mine - users))


def _short(row: Row, name: str) -> str:
    return str(row.get(name))[:15]


def _finding(code: str, summary: str, evidence: tuple[str, ...]) -> Finding:
    outcome = _OUTCOMES.get(code, Outcome.UNKNOWN)
    return Finding("chat-queue", "live-chat", outcome, f"chat-queue.{code}", f"Chat queues: {summary}", evidence)
