"""The tables of the store, in types that SQLite and PostgreSQL both keep."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Boolean, Column, Dialect, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as ISO 8601 in UTC with microseconds: text that sorts as time does."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuses a naive datetime: nobody could say later when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the store keeps aware datetimes only")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """The same moment, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


metadata = MetaData()

inbox = Table(
    "inbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("facts", Text),  # encrypted; NULL once done
    Column("received_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("problem", Text, nullable=False, default=""),
    Column("done_at", Moment),
)
Index(
    "inbox_pending", inbox.c.number, sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("manner", Text, nullable=False),
    Column("thread", Text),
    Column("body", Text, nullable=False),
    Column("sealed_url", Text),  # encrypted response_url; NULL once sent
    Column("version", Integer, nullable=False),
    Column("sent_version", Integer, nullable=False, default=0),
    Column("ts", Text),
    Column("attempted", Boolean, nullable=False, default=False),
    Column("problem", Text, nullable=False, default=""),
    Column("put_at", Moment, nullable=False),
    Column("waiting_since", Moment),  # of its oldest unsent version; NULL once sent
)
Index(
    "outbox_unsent",
    outbox.c.channel,
    outbox.c.number,
    sqlite_where=text("sent_version < version"),
    postgresql_where=text("sent_version < version"),
)

pages = Table(
    "pages",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread", Text),
    Column("state", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("by", Text, nullable=False, default=""),
    Column("problem", Text, nullable=False, default=""),
    Column("told", Text, nullable=False, default=""),
)
Index(
    "pages_one_open",
    pages.c.key,
    unique=True,
    sqlite_where=text("state <> 'resolved'"),
    postgresql_where=text("state <> 'resolved'"),
)
Index("pages_by_key", pages.c.key, pages.c.number)

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run_id", Text, nullable=False, unique=True),
    Column("workload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("decision", Text),
    Column("requested_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("summary", Text, nullable=False, default=""),
)
Index("runs_by_workload", runs.c.workload, runs.c.state)

ledger = Table(
    "ledger",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("at", Text, nullable=False),  # ISO 8601 in UTC, exactly as it was hashed
    Column("details", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
)

freeze = Table(
    "freeze",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("is_frozen", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Moment),
)

logins = Table(
    "logins",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("target", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("fingerprint", Text, nullable=False),
)
Index("logins_by_target", logins.c.target, logins.c.at)

lookups = Table(
    "lookups",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("target", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
Index("lookups_by_person", lookups.c.target, lookups.c.person, lookups.c.at)
