"""Alembic runs this; ``engine.store.migrate`` hands over the connection."""

from __future__ import annotations

from alembic import context

from engine.store.migrate import is_ours
from engine.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=is_ours,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
