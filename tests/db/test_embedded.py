"""The embedded server: data outlives it, also when it is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import psutil
import psycopg
import pytest

from engine.store import embedded
from engine.store.embedded import ServerNotStarted


@pytest.fixture
def data(folder: Path) -> Iterator[Path]:
    """A folder for a server, with Chinese and a blank in its name, stopped at the end."""
    data = folder / "数据 目录" / "postgres"
    yield data
    embedded.stop(data)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_data_outlives_the_server(data: Path) -> None:
    url = embedded.start(data)
    assert query(url, "SHOW fsync") == [("on",)]
    assert query(url, "SHOW synchronous_commit") == [("on",)]
    assert query(url, "SHOW listen_addresses") == [("",)]
    query(url, "CREATE TABLE kept (n int)")
    query(url, "INSERT INTO kept VALUES (7)")
    assert embedded.start(data) == url
    embedded.stop(data)
    with pytest.raises(psycopg.OperationalError):
        query(url, "SELECT 1")
    assert query(embedded.start(data), "SELECT n FROM kept") == [(7,)]


def test_a_killed_server_comes_back_with_everything_committed(data: Path) -> None:
    url = embedded.start(data)
    query(url, "CREATE TABLE kept (n int)")
    query(url, "INSERT INTO kept SELECT generate_series(1, 1000)")
    postmaster = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    family = [postmaster, *postmaster.children(recursive=True)]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=30)
    assert query(embedded.start(data), "SELECT count(*) FROM kept") == [(1000,)]


def test_users_that_were_killed_do_not_keep_it_running(data: Path) -> None:
    embedded.start(data)
    users = data / ".handle_pids.json"
    gone = 2**22 - 1
    users.write_bytes(orjson.dumps([*orjson.loads(users.read_bytes()), gone]))
    embedded.start(data)
    assert gone not in orjson.loads(users.read_bytes())


def test_a_folder_that_is_no_database_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18\n")
    with pytest.raises(ServerNotStarted) as refused:
        embedded.start(folder)
    assert str(folder) in refused.value.zh
