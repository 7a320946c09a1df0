"""The store remembers who looked contacts up and when: a person has a budget, which a restart does not renew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everybody begins with the whole budget."""
    op.create_table(
        "lookups",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("key", "target", "person", "at")),
        sa.UniqueConstraint("key", name="lookups_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("lookups_by_person", "lookups", ["target", "person", "at"])
