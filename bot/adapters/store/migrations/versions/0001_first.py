"""The first schema: inbox, outbox, pages, runs, ledger, freeze, logins; the ledger refuses changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table, then the triggers that keep the ledger append-only."""
    _queues()
    _books()
    _ledger()
    _small()
    if op.get_bind().dialect.name == "sqlite":
        _guard_ledger_sqlite()
    else:
        _guard_ledger_postgresql()


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer, primary_key=True, autoincrement=True)


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _optional(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _empty(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False, server_default="") for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in names]


def _queues() -> None:
    op.create_table(
        "inbox",
        _number(),
        *_words("key", "kind", "received_at"),
        *_optional("facts", "done_at"),
        *_counts("attempts"),
        *_empty("problem"),
        sa.UniqueConstraint("key", name="inbox_key"),
        sqlite_autoincrement=True,
    )
    _partial("inbox_pending", "inbox", ["number"], "done_at IS NULL")
    op.create_table(
        "outbox",
        _number(),
        *_words("key", "channel", "manner", "body", "put_at"),
        *_optional("thread", "sealed_url", "ts"),
        *_counts("version", "sent_version"),
        sa.Column("attempted", sa.Boolean, nullable=False),
        *_empty("problem"),
        sa.UniqueConstraint("key", name="outbox_key"),
        sqlite_autoincrement=True,
    )
    _partial("outbox_unsent", "outbox", ["channel", "number"], "sent_version < version")


def _books() -> None:
    op.create_table(
        "pages",
        _number(),
        *_words("key", "target", "entry", "team", "severity", "summary", "channel", "state", "created_at"),
        *_optional("thread"),
        *_empty("reason", "by", "problem", "told"),
        sqlite_autoincrement=True,
    )
    _partial("pages_one_open", "pages", ["key"], "state <> 'resolved'", unique=True)
    op.create_index("pages_by_key", "pages", ["key", "number"])
    op.create_table(
        "runs",
        _number(),
        *_words("run_id", "workload", "state", "request", "requested_at"),
        *_optional("decision", "ended_at"),
        *_empty("summary"),
        sa.UniqueConstraint("run_id", name="runs_run_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("runs_by_workload", "runs", ["workload", "state"])


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *_words("action", "actor", "target", "correlation_id", "at", "details", "previous", "hash"),
        sa.UniqueConstraint("hash", name="ledger_hash"),
    )


def _small() -> None:
    op.create_table(
        "freeze",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("is_frozen", sa.Boolean, nullable=False),
        *_words("by", "reason"),
        *_optional("since"),
    )
    op.create_table(
        "logins",
        _number(),
        *_words("target", "at", "fingerprint"),
        sa.Column("ok", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("logins_by_target", "logins", ["target", "at"])


def _partial(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _guard_ledger_sqlite() -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_no_{verb.lower()} BEFORE {verb} ON ledger "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def _guard_ledger_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
    )
