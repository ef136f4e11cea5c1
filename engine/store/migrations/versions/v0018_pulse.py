"""Changes are told to who listens."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0018"
down_revision = "0017"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / "0018_pulse.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
