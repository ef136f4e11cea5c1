"""Connections to PostgreSQL: one pool a process, with the settings all our SQL relies on."""

from __future__ import annotations

import time
from typing import Any

import orjson
import psycopg
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DisconnectionError, OperationalError

from engine.errors import BihuanError, Invalid

_OPTIONS = " ".join(
    f"-c {setting}"
    for setting in (
        "timezone=UTC",
        "jit=off",  # our statements are short: compiling them costs more than running them
        "lock_timeout=10s",  # a writer that hangs must not hang the others for ever
        "idle_in_transaction_session_timeout=5min",
    )
)
_IDLE_BEFORE_PING_S = 10.0
_PREPARED_AFTER = 2
_PREPARED_AT_MOST = 400
"""Plans a connection keeps; psycopg's 100 would be too few for all that pages ask."""


def connect(url: str, *, pool_size: int = 10) -> sqlalchemy.Engine:
    """Return a pool for ``url`` (``postgresql://…``). Nothing is opened until it is used.

    JSON goes in and out by orjson; moments come back aware, in UTC. Raises Invalid for a URL
    that is none of PostgreSQL.
    """
    pool = sqlalchemy.create_engine(
        address(url),
        pool_size=pool_size,
        max_overflow=20,
        connect_args={
            "options": _OPTIONS,
            "application_name": "bihuan",
            "prepare_threshold": _PREPARED_AFTER,
        },
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
    event.listen(pool, "connect", _keep_plans)
    event.listen(pool, "checkin", _note_idle)
    event.listen(pool, "checkout", _ping_after_idling)
    return pool


def address(url: str) -> sqlalchemy.URL:
    """The URL as SQLAlchemy's psycopg dialect wants it; raises Invalid."""
    try:
        parsed = sqlalchemy.make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise Invalid(
            "数据库地址应为 postgresql://用户:密码@主机/库名 的形式，请检查 DATABASE_URL。",
            "The database address must read postgresql://user:password@host/name; "
            "check DATABASE_URL.",
        )
    return parsed.set(drivername="postgresql+psycopg")


class Unreachable(BihuanError):
    """No database server answers at the address, or it does not let us in."""

    code = "database-unreachable"


def unreachable(error: OperationalError) -> Unreachable:
    """The error for a connection that could not be made."""
    reason = str(error.orig).strip().splitlines()[0]
    return Unreachable(
        f"连不上数据库。请检查 DATABASE_URL 以及数据库是否已启动。原因：{reason}",
        f"The database cannot be reached; check DATABASE_URL and the server: {reason}",
    )


def _keep_plans(connection: psycopg.Connection[Any], _record: Any) -> None:
    connection.prepared_max = _PREPARED_AT_MOST


def _note_idle(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_after_idling(connection: psycopg.Connection[Any], record: Any, _proxy: Any) -> None:
    """Only a connection that has idled is asked whether it lives: a busy one costs no ping."""
    idle_since = record.info.get("idle_since")
    if idle_since is None or time.monotonic() - idle_since < _IDLE_BEFORE_PING_S:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError("the server closed this connection") from error
