"""The book of runs: each run once, one decision each, and final states that are never left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update

from bot.adapters.store.database import Database, insert_if_new
from bot.adapters.store.schema import runs
from bot.domain.approval import Decision
from bot.domain.codec import decode_decision, decode_request, encode_decision, encode_request
from bot.domain.errors import BadAnswer, NotFound
from bot.domain.redaction import Redactor
from bot.domain.run import RunRequest, RunState
from bot.ports.runs import RunRecord

_FINAL = [state.value for state in RunState if state.is_final]
_CHANGED = [RunState.SUCCEEDED.value, RunState.FAILED.value, RunState.RESTORED.value]
"""Ends after which the world may differ; the other ends (denied, expired, stopped) touched nothing."""


class SqlRunBook:
    """Fulfils `RunBook`."""

    def __init__(self, database: Database, redactor: Redactor) -> None:
        self._database = database
        self._redactor = redactor

    async def open(self, request: RunRequest) -> RunRecord:
        """Stores it in WAITING, or returns the record that has this run_id already."""
        kept = self._redacted(request)
        row = {
            "run_id": kept.run_id,
            "workload": kept.plan.binding.workload,
            "state": RunState.WAITING.value,
            "request": json.dumps(encode_request(kept)),
            "requested_at": kept.requested_at,
            "summary": "",
        }

        def work(connection: Connection) -> RunRecord:
            insert_if_new(connection, runs, row)
            return _one(connection, kept.run_id)

        return await self._database.run(work)

    async def get(self, run_id: str) -> RunRecord | None:
        """One record."""
        found = await self._where(runs.c.run_id == run_id)
        return found[0] if found else None

    async def decide(self, decision: Decision) -> Decision | None:
        """Stores the decision if the run waits for one; returns the one that stands, None where it ended without.

        Raises NotFound for an unknown run.
        """
        kept = replace(decision, reason=self._redactor.text(decision.reason))
        first_wins = (
            update(runs)
            .where(runs.c.run_id == kept.run_id, runs.c.decision.is_(None), runs.c.state == RunState.WAITING)
            .values(decision=json.dumps(encode_decision(kept)))
        )

        def work(connection: Connection) -> Decision | None:
            connection.execute(first_wins)
            return _one(connection, kept.run_id).decision

        return await self._database.run(work)

    async def move(self, run_id: str, state: RunState, *, at: datetime, summary: str = "") -> None:
        """Changes the state; a final state is never left, and a run that was decided does not expire."""
        values: dict[str, object] = {"state": state.value}
        if state.is_final:
            values["ended_at"] = at
        if summary:
            values["summary"] = self._redactor.text(summary)
        change = update(runs).where(runs.c.run_id == run_id, runs.c.state.not_in(_FINAL)).values(values)
        if state is RunState.EXPIRED:
            change = change.where(runs.c.decision.is_(None))
        await self._database.run(lambda connection: connection.execute(change))

    async def active(self, workload: str) -> tuple[RunRecord, ...]:
        """Runs on this workload that are not final, oldest first."""
        return await self._where(runs.c.workload == workload, runs.c.state.not_in(_FINAL))

    async def unfinished(self) -> tuple[RunRecord, ...]:
        """All runs that are not final, oldest first."""
        return await self._where(runs.c.state.not_in(_FINAL))

    async def last_change(self, workload: str) -> datetime | None:
        """When the last run that changed this workload ended; for the cooldown."""
        query = select(func.max(runs.c.ended_at, type_=runs.c.ended_at.type)).where(
            runs.c.workload == workload, runs.c.state.in_(_CHANGED)
        )
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())

    async def prune(self, older_than: datetime) -> int:
        """Forgets runs that ended before this moment; returns how many."""
        old = delete(runs).where(runs.c.state.in_(_FINAL), runs.c.ended_at < older_than)
        return await self._database.run(lambda connection: connection.execute(old).rowcount)

    async def _where(self, *conditions: ColumnElement[bool]) -> tuple[RunRecord, ...]:
        query = select(runs).where(*conditions).order_by(runs.c.number)
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return tuple(_decode(row) for row in rows)

    def _redacted(self, request: RunRequest) -> RunRequest:
        """What people read is redacted; what the engine acts on must not need it: such a plan is refused."""
        redacted = self._redactor.value(encode_request(request))
        if not isinstance(redacted, Mapping):
            raise BadAnswer("a redacted request is no object")
        kept = decode_request(redacted)
        acted_on = kept.run_id, kept.plan.binding, _calls(kept)
        if acted_on != (request.run_id, request.plan.binding, _calls(request)):
            raise BadAnswer(f"the plan of run {kept.run_id} carries a secret among what its steps act on")
        return kept


def _calls(request: RunRequest) -> list[tuple[str, Mapping[str, object]]]:
    return [(call.step, call.arguments) for call in (*request.plan.steps, *request.plan.compensation)]


def _one(connection: Connection, run_id: str) -> RunRecord:
    row = connection.execute(select(runs).where(runs.c.run_id == run_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no run {run_id}")
    return _decode(row)


def _decode(row: Row[tuple[object, ...]]) -> RunRecord:
    return RunRecord(
        request=decode_request(json.loads(row.request)),
        state=RunState(row.state),
        decision=None if row.decision is None else decode_decision(json.loads(row.decision)),
        ended_at=row.ended_at,
        summary=row.summary,
    )
