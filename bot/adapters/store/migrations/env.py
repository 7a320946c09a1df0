"""What Alembic runs for an upgrade: the connection comes from `Database`, inside its transaction."""

from __future__ import annotations

from alembic import context

from bot.adapters.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
