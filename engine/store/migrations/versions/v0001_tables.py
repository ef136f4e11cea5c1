"""The tables, the search function, the guard of the history, the queue."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    for name in ("functions", "tables", "history"):
        _run((_SQL / f"0001_{name}.sql").read_text("utf-8"))
    _run((resources.files("procrastinate.sql") / "schema.sql").read_text("utf-8"))


def _run(statements: str) -> None:
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
