"""The outbox: one row a card, numbered in order of arrival; a later edit replaces the body."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime

import structlog
from cryptography.fernet import InvalidToken, MultiFernet
from sqlalchemy import Connection, Row, delete, func, literal, select, update

from bot.adapters.store.database import Database, insert_if_new
from bot.adapters.store.schema import Moment, outbox
from bot.domain.redaction import Redactor
from bot.ports.clock import Clock
from bot.ports.outbox import Manner, OutboxRow

_log = structlog.get_logger(__name__)

_URL = "response_url"
_unsent = outbox.c.sent_version < outbox.c.version


class SqlOutbox:
    """Fulfils `Outbox`. Bodies are redacted; `response_url`, a secret that we need, is sealed until used."""

    def __init__(self, database: Database, fernet: MultiFernet, redactor: Redactor, clock: Clock) -> None:
        self._database = database
        self._fernet = fernet
        self._redactor = redactor
        self._clock = clock

    async def put(
        self, key: str, channel: str, manner: Manner, thread: str | None, body: Mapping[str, object]
    ) -> None:
        """Adds the row, or replaces the body of the one with this key and raises its version."""
        said = {name: body[name] for name in body if name != _URL}
        # A file may hold a megabyte, which takes seconds: not in the way of acknowledgements.
        is_long = manner is Manner.FILE
        kept = await asyncio.to_thread(self._redactor.value, said) if is_long else self._redactor.value(said)
        content = {
            "body": json.dumps(kept),
            "sealed_url": self._seal(body.get(_URL)),
        }
        first = {
            "key": key,
            "channel": channel,
            "manner": manner.value,
            "thread": thread,
            "version": 1,
            "sent_version": 0,
            "attempted": False,
            "problem": "",
            "put_at": self._clock.now(),
            "waiting_since": self._clock.now(),
            **content,
        }
        waiting = func.coalesce(outbox.c.waiting_since, literal(self._clock.now(), Moment()))
        change = {"version": outbox.c.version + 1, "waiting_since": waiting, **content}
        edit = update(outbox).where(outbox.c.key == key).values(change)

        def work(connection: Connection) -> None:
            if not insert_if_new(connection, outbox, first):
                connection.execute(edit)

        await self._database.run(work)

    async def unsent_channels(self) -> tuple[str, ...]:
        """Channels that have something to send, the longest waiting first."""
        query = (
            select(outbox.c.channel).where(_unsent).group_by(outbox.c.channel).order_by(func.min(outbox.c.number))
        )
        return await self._database.run(lambda connection: tuple(connection.execute(query).scalars()))

    async def next(self, channel: str) -> OutboxRow | None:
        """The oldest row of the channel that is not in Slack yet, else the oldest edit.

        Edits come last: a progress card that changes every second must not hold back what is new.
        """
        query = select(outbox).where(outbox.c.channel == channel, _unsent)
        query = query.order_by(outbox.c.ts.is_not(None), outbox.c.number).limit(1)
        row = await self._database.run(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else self._decode(row)

    async def attempting(self, key: str) -> None:
        """Recorded before the call to Slack."""
        change = update(outbox).where(outbox.c.key == key).values(attempted=True)
        await self._database.run(lambda connection: connection.execute(change))

    async def sent(self, key: str, version: int, ts: str | None) -> None:
        """Recorded after Slack said ok; an edit that came meanwhile is still to be sent."""
        await self._settle(key, version, ts, "")

    async def refused(self, key: str, version: int, problem: str) -> None:
        """Given up, and kept with its problem; a later edit is tried anew."""
        await self._settle(key, version, None, self._redactor.text(problem))

    async def row(self, key: str) -> OutboxRow | None:
        """One row."""
        query = select(outbox).where(outbox.c.key == key)
        row = await self._database.run(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else self._decode(row)

    async def lag(self) -> int:
        """How many rows wait to be sent."""
        query = select(func.count()).select_from(outbox).where(_unsent)
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())

    async def oldest_unsent(self) -> datetime | None:
        """Since when the row that waits longest has waited; None where none waits."""
        query = select(func.min(outbox.c.waiting_since)).where(_unsent)
        return await self._database.run(lambda connection: connection.execute(query).scalar_one_or_none())

    async def prune(self, older_than: datetime) -> int:
        """Forgets cards put before this moment that have nothing left to send; returns how many."""
        old = delete(outbox).where(outbox.c.put_at < older_than, ~_unsent)
        return await self._database.run(lambda connection: connection.execute(old).rowcount)

    async def _settle(self, key: str, version: int, ts: str | None, problem: str) -> None:
        mine = (outbox.c.key == key, outbox.c.sent_version < version)
        outcome = (
            update(outbox)
            .where(*mine)
            .values(
                sent_version=version,
                ts=func.coalesce(ts, outbox.c.ts),
                attempted=False,
                problem=problem,
                waiting_since=self._clock.now(),  # of an edit that came meanwhile
            )
        )
        used_up = update(outbox).where(outbox.c.key == key, ~_unsent).values(sealed_url=None, waiting_since=None)
        await self._database.run(lambda connection: (connection.execute(outcome), connection.execute(used_up)))

    def _seal(self, url: object) -> str | None:
        return self._fernet.encrypt(url.encode()).decode() if isinstance(url, str) and url else None

    def _unseal(self, key: str, sealed: str) -> str:
        """Empty where its key is not configured any more: the answer is whispered instead, and blocks nobody."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            _log.error("a response_url is sealed with a key that is not configured any more", key=key)
            return ""

    def _decode(self, row: Row[tuple[object, ...]]) -> OutboxRow:
        body: dict[str, object] = json.loads(row.body)
        if row.sealed_url is not None:
            body[_URL] = self._unseal(row.key, row.sealed_url)
        return OutboxRow(
            key=row.key,
            number=row.number,
            channel=row.channel,
            manner=Manner(row.manner),
            thread=row.thread,
            body=body,
            version=row.version,
            sent_version=row.sent_version,
            ts=row.ts,
            attempted=row.attempted,
        )
