"""Bringing a database to the present schema; safe to call at every start, by many at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from engine.store import partitions
from engine.store.connection import address, unreachable
from engine.tables import metadata

_LOCK = 0x6269_6875_616E  # "bihuan": of all who migrate, one does, the others wait
_NOT_OURS = ("procrastinate_", "history_", "alembic_version")


def migrate(url: str) -> str:
    """Apply all migrations that are missing, in one transaction; return the revision reached.
    Raises Unreachable where no server answers or lets us in."""
    pool = sqlalchemy.create_engine(address(url), connect_args={"options": "-c timezone=UTC"})
    try:
        with pool.begin() as conn:
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config = _config()
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
            partitions.prepare(conn, datetime.now(UTC))
            return current(conn) or ""
    except OperationalError as error:
        if not error.connection_invalidated and error.statement is not None:
            raise
        raise unreachable(error) from error
    finally:
        pool.dispose()


def current(conn: sqlalchemy.Connection) -> str | None:
    """The revision the database is at, None for an empty one."""
    return MigrationContext.configure(conn).get_current_revision()


def latest() -> str:
    """The revision this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def differences(conn: sqlalchemy.Connection) -> list[Any]:
    """What Alembic finds different between the database and ``engine.tables``."""
    context = MigrationContext.configure(
        conn, opts={"include_object": is_ours, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))


def is_ours(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Whether Alembic shall compare this: not the queue's tables, not partitions."""
    return not (kind == "table" and (name or "").startswith(_NOT_OURS))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
