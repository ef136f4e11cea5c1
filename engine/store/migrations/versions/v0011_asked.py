"""Figures are narrowed to a category of any level."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / "0011_asked.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
