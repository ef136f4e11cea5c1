"""The database of the tests: one embedded server a process, one database, emptied after each
test. Commits are real.

Use the fixtures by importing them into a ``conftest.py``:
``from tests.database import database, engine, server, template``. A test that starts a server
of its own puts it into ``folder``.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from psycopg import sql

from engine import Engine
from engine.store import embedded
from engine.store.migrate import migrate

_KEPT = ("alembic_version",)


@pytest.fixture(scope="session")
def server() -> str:
    """URL of the server's own database."""
    return _started()


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """Name of a database at the present schema."""
    return _migrated()


@pytest.fixture
def database(server: str, template: str) -> Iterator[str]:
    """URL of an empty database at the present schema."""
    url = _other(server, template)
    yield url
    empty(url)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a server of the test's own. Not below pytest's folder: each session of
    pytest closes that to other users, and as root the server runs as another user."""
    with tempfile.TemporaryDirectory(prefix="bihuan-tests-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An engine on an empty database, without local adapters."""
    engine = Engine(database)
    yield engine
    engine.close()


@cache
def _started() -> str:
    """One server for all conftests of a process. Its folder is not pytest's, which other runs
    of pytest may clear away."""
    folder = Path(tempfile.mkdtemp(prefix="bihuan-tests-"))
    url = _other(embedded.start(folder / "data"), "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        # Tests need commits to be real, not to survive a power cut.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(embedded.stop, folder / "data")
    return url


@cache
def _migrated() -> str:
    embedded.create_database(_started(), "bihuan_tests")
    migrate(_other(_started(), "bihuan_tests"))
    return "bihuan_tests"


def empty(url: str) -> None:
    """Delete all rows and what tests have created besides. Raises if a test left a transaction
    open that holds on to rows."""
    with psycopg.connect(url, autocommit=True, options="-c lock_timeout=10s") as connection:
        # Past the triggers and foreign keys: the history refuses to be deleted otherwise.
        connection.execute("SET session_replication_role = replica")
        for name in _names(connection, "r"):
            if name not in _KEPT:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for name in _names(connection, "S"):
            if name.startswith("case_number_"):
                connection.execute(sql.SQL("DROP SEQUENCE {}").format(sql.Identifier(name)))


def _names(connection: psycopg.Connection[tuple[str]], kind: str) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class"
        " WHERE relkind = %s AND relnamespace = 'public'::regnamespace ORDER BY relname",
        (kind,),
    )
    return [row[0] for row in rows]


def _other(url: str, database: str) -> str:
    parsed = sqlalchemy.make_url(url).set(database=database)
    return parsed.render_as_string(hide_password=False)
