"""The outbox knows since when a card has waited: `put_at` is older for one that was sent and then edited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What waits now has waited since it was put, as far as anybody knows."""
    op.add_column("outbox", sa.Column("waiting_since", sa.Text, nullable=True))
    op.execute("UPDATE outbox SET waiting_since = put_at WHERE sent_version < version")
