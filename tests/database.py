"""The database of the tests: one embedded server a run, a migrated template, a copy a test.

Use the fixtures by importing them into a ``conftest.py``:
``from tests.database import engine, server, template  # noqa: F401``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy
from psycopg import sql

from engine import Engine
from engine.store import embedded
from engine.store.migrate import migrate


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the server's own database. Each xdist worker has a server of its own."""
    folder = tmp_path_factory.mktemp("postgres") / "data"
    url = _other(embedded.start(folder), "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        # Tests need commits to be real, not to survive a power cut.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield url
    embedded.stop(folder)


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """Name of a database at the present schema, to copy from."""
    embedded.create_database(server, "template_bihuan")
    migrate(_other(server, "template_bihuan"))
    return "template_bihuan"


@pytest.fixture
def database(server: str, template: str) -> Iterator[str]:
    """URL of a fresh database, dropped afterwards. Commits in it are real."""
    name = f"t_{uuid.uuid4().hex}"
    embedded.create_database(server, name, template)
    yield _other(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An engine on a fresh database, without local adapters."""
    engine = Engine(database)
    yield engine
    engine.close()


def _other(url: str, database: str) -> str:
    parsed = sqlalchemy.make_url(url).set(database=database)
    return parsed.render_as_string(hide_password=False)
