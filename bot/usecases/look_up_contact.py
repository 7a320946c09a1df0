"""`/sfint contact`: is this contact blocked in the CRM? The answer is masked before anybody sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.contact import Address, ContactRow, ContactRules, ContactVerdict, read_address, verdict_of
from bot.domain.contact_answer import ContactAnswer
from bot.domain.contact_query import Source, sources
from bot.domain.crm_query import QueryAnswer, QueryVerdict
from bot.domain.salesforce import CallVerdict
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.ports.crm import Crm
from bot.ports.estate import Estate
from bot.runbook.loader import Runbook
from bot.usecases.ask import Ask
from bot.usecases.contact_budget import is_within_budget
from bot.usecases.desk import Desk
from bot.usecases.record import record


@dataclass(frozen=True, slots=True)
class _Found:
    """What one object holds. `same_as` are ids of contacts that are a person account's other half."""

    answer: QueryAnswer
    rows: tuple[ContactRow, ...] = ()
    same_as: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


async def look_up_contact(desk: Desk, ask: Ask, target: Target, words: Sequence[str]) -> None:
    """Posts the masked answer, within the asker's budget.

    The audit says that somebody looked, by what, and what was found; not for whom.
    """
    if not await is_within_budget(desk, ask, target):
        return
    answer = await contact_answer(target, desk.estates[target.name], desk.runbook, words, ask.actor.user_id)
    await desk.chat.show(f"contact:{ask.key}", Where(ask.place.channel_id), answer)
    await record(
        desk,
        "contact.looked-up",
        actor=ask.actor.user_id,
        target=target.name,
        correlation_id=ask.key,
        by=answer.kind.value,
        verdict=answer.verdict.value,
        rows=str(len(answer.rows)),
    )


async def contact_answer(
    target: Target, estate: Estate, runbook: Runbook, words: Sequence[str], asked_by: str
) -> ContactAnswer:
    """Asks each object that may hold the contact, at once. Raises ValueError for what the grammar refuses."""
    address = read_address(" ".join(words))
    if address is None:
        raise ValueError("the words are no address, which the grammar should have seen")
    started_at, began = estate.clock.now(), estate.clock.monotonic()
    rules, patience = target.contact, target.timings.evidence_seconds
    shell = ContactAnswer(
        target=target.name,
        asked_by=asked_by,
        started_at=started_at,
        seconds=0.0,
        looked_for=address.masked,
        kind=address.kind,
        verdict=ContactVerdict.NOT_ASKED,
        blocked_field=rules.blocked_field,
    )
    try:
        async with asyncio.timeout(patience):
            found = await asyncio.gather(*(_ask(estate.crm, each, address, rules) for each in sources(rules)))
    except TimeoutError:
        found = [_Found(QueryAnswer(QueryVerdict.UNREACHABLE, message=f"no answer within {patience:g} s"))]
    answer = _joined(shell, found, rules)
    entry = runbook.explain(answer.code) if answer.code else None
    return replace(answer, entry=entry, seconds=estate.clock.monotonic() - began)


async def _ask(crm: Crm, source: Source, address: Address, rules: ContactRules) -> _Found:
    """Without the mark where it cannot be read: rows that say "cannot tell" are more than none."""
    for blocked_field in source.blocked_fields:
        answer = await crm.query(source.soql(address, rules, blocked_field))
        # Where the answer does not name the field, it may be this one: the next query tells.
        is_another = answer.blamed.lower() not in ("", blocked_field.lower())
        if answer.verdict is not QueryVerdict.INVALID_FIELD or is_another:
            return _read(source, answer)
    found = _read(source, await crm.query(source.soql(address, rules, "")))
    what = " and ".join(source.blocked_fields)
    note = f"{what} of {source.sobject} cannot be read: no such field, or no permission to see it"
    return replace(found, notes=(*found.notes, note))


def _read(source: Source, answer: QueryAnswer) -> _Found:
    if not answer.is_ok:
        return _Found(answer, notes=(_why_not(source, answer),))
    same_as = frozenset(str(row[source.contact_id]) for row in answer.rows if row.get(source.contact_id))
    return _Found(answer, tuple(source.row(row) for row in answer.rows), same_as)


def _why_not(source: Source, answer: QueryAnswer) -> str:
    if answer.verdict is QueryVerdict.NOT_ASKED and answer.token is not None:
        said = " / ".join(part for part in (answer.token.error, answer.token.description) if part)
        return f"Salesforce gave no token: {answer.token.verdict}{f' ({said})' if said else ''}"
    said = " / ".join(part for part in (answer.error_code, answer.message) if part)
    return f"{source.sobject} could not be read: {said or answer.verdict}"


def _joined(shell: ContactAnswer, found: Sequence[_Found], rules: ContactRules) -> ContactAnswer:
    notes = tuple(dict.fromkeys(note for each in found for note in each.notes))
    behind = frozenset().union(*(each.same_as for each in found))
    rows = tuple(row for each in found for row in each.rows if row.id not in behind or row.kind != "contact")
    if not any(each.answer.is_ok for each in found):
        return replace(shell, notes=notes, code=_code(found[0].answer))
    verdict = verdict_of(rows)
    if verdict in (ContactVerdict.NOT_FOUND, ContactVerdict.NOT_BLOCKED) and not all(
        each.answer.is_ok for each in found
    ):
        verdict = ContactVerdict.CANNOT_TELL
    ordered = sorted(rows, key=lambda row: {True: 0, None: 1, False: 2}[row.blocked])
    code = "contact.blocked" if verdict is ContactVerdict.BLOCKED else ""
    return replace(
        shell,
        verdict=verdict,
        rows=tuple(ordered[: rules.most_rows]),
        has_more=len(ordered) > rules.most_rows,
        notes=notes,
        code=code,
    )


def _code(answer: QueryAnswer) -> str:
    """The finding that explains why Salesforce could not be asked; empty where no page does."""
    if answer.verdict is QueryVerdict.NOT_ASKED:
        return f"token.{answer.token.verdict}" if answer.token is not None else ""
    return f"api.{answer.verdict.value}" if answer.verdict.value in list(CallVerdict) else ""
