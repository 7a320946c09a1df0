"""Asks the org which queue is behind each chat button and who is assigned to it: two round trips of SOQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.domain.chat_queues import ButtonQueue, ids_by_name, members_of, short
from bot.domain.crm_query import QueryAnswer, QueryVerdict, Row
from bot.domain.live_chat import LiveChat
from bot.domain.soql import literals
from bot.ports.crm import Crm

_NONE = QueryAnswer(QueryVerdict.OK, is_complete=True)


async def read_chat_queues(chat: LiveChat, crm: Crm) -> tuple[tuple[ButtonQueue, ...], QueryAnswer | None]:
    """One a button, and the first answer that could not be read: what it hides is then not known."""
    buttons, groups = await asyncio.gather(_buttons(chat, crm), _groups(chat, crm))
    rows = {short(row.get("Id")): row for row in buttons.rows}
    found = [
        _behind(name, chat.queues.get(name, ""), rows.get(short(identifier)), groups, buttons)
        for name, identifier in chat.buttons.items()
    ]
    members, active = await _assigned(tuple(sorted({one for _, ids in found for one in ids})), crm)
    unread = next((answer for answer in (groups, members, active, buttons) if not answer.is_whole), None)
    if not (members.is_whole and active.is_whole):  # whom an unread page names, is no less assigned
        return tuple(each for each, _ in found), unread
    pairs = [(short(row.get("GroupId")), short(row.get("UserOrGroupId"))) for row in members.rows]
    online = frozenset(short(row.get("Id")) for row in active.rows)
    counted = [replace(each, members=members_of(ids, pairs, online)) if ids else each for each, ids in found]
    return tuple(counted), unread


async def _buttons(chat: LiveChat, crm: Crm) -> QueryAnswer:
    ids = literals(tuple(chat.buttons.values()))
    fields = "Id, RoutingType, QueueId, Queue.Name"
    return await crm.query(f"SELECT {fields} FROM LiveChatButton WHERE Id IN {ids}")  # noqa: S608  (escaped)


async def _groups(chat: LiveChat, crm: Crm) -> QueryAnswer:
    """The queues that the settings name, by either of their names."""
    if not chat.queues:
        return _NONE
    names = literals(tuple(dict.fromkeys(chat.queues.values())))
    where = f"Type = 'Queue' AND (DeveloperName IN {names} OR Name IN {names})"
    return await crm.query(f"SELECT Id, Name, DeveloperName FROM Group WHERE {where}")  # noqa: S608  (escaped)


async def _assigned(queues: tuple[str, ...], crm: Crm) -> tuple[QueryAnswer, QueryAnswer]:
    """The members of all these queues, and the active users among them."""
    if not queues:
        return _NONE, _NONE
    where = f"FROM GroupMember WHERE GroupId IN {literals(queues)}"
    return await asyncio.gather(
        crm.query(f"SELECT GroupId, UserOrGroupId {where}"),
        crm.query(f"SELECT Id FROM User WHERE IsActive = true AND Id IN (SELECT UserOrGroupId {where})"),  # noqa: S608
    )


def _behind(
    button: str, expected: str, row: Row | None, groups: QueryAnswer, buttons: QueryAnswer
) -> tuple[ButtonQueue, tuple[str, ...]]:
    """The queue by the settings, checked against the org's button where that can be read; and its ids."""
    real, name = short((row or {}).get("QueueId")), str((row or {}).get("Queue.Name") or "")
    wanted = ids_by_name(groups.rows, expected) if expected else ()
    if expected and groups.is_ok:
        leads_to = name if real and real not in wanted else ""
        found = ButtonQueue(button, expected, is_missing=not wanted, leads_to=leads_to)
        return found, (real,) if leads_to else wanted
    if real:
        return ButtonQueue(button, name or expected), (real,)
    if expected:
        return ButtonQueue(button, expected, problem="the queue may not be read"), ()
    return ButtonQueue(button, problem=_why_none(row, buttons)), ()


def _why_none(row: Row | None, buttons: QueryAnswer) -> str:
    if not buttons.is_ok:
        return "the button may not be read: name its queue in the settings"
    if row is None:
        return "the org has no button of this id"
    return f"it routes by {row.get('RoutingType') or 'skill'}, not by a queue"
