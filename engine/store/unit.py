"""The unit of work, and the store that gives it out: the one place where commits happen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import psycopg
import sqlalchemy
from sqlalchemy import Connection, event
from sqlalchemy.exc import InvalidRequestError, OperationalError

from engine.errors import Conflict
from engine.feel import Function
from engine.model import Finding, Json
from engine.store.chain import Chain
from engine.store.connection import connect
from engine.store.keys import Keys
from engine.store.pulse import Pulse
from engine.store.recent import Recent

Check = Callable[[bytes, str, Mapping[str, Function]], list[Finding]]
"""Checks a file: content, file name, FEEL functions of ours; raises nothing for bad content."""

_QUERY = re.compile(r"\s*(SELECT|WITH|VALUES|EXPLAIN|SHOW)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(INSERT INTO|DELETE FROM|UPDATE \w+ SET|FOR UPDATE)\b", re.IGNORECASE)
_CROWDED = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class Crowded(Conflict):
    """Another transaction held on to what this one needed; trying again may do."""


class Hooks:
    """What later rooms do in our steps; ``engine.wiring`` sets them, the rest only calls them."""

    def project(self, unit: Unit, case_id: int, variables: Json, status: str | None) -> None:
        """A step changed the root's variables or entered an element with a case status."""

    def ended(self, unit: Unit, case_id: int, how: str) -> None:
        """The root instance of a case ended: "completed", "terminated" or "error"."""

    def told(self, unit: Unit, case_id: int, values: Mapping[str, Json]) -> None:
        """An element of a case's process is done whose extension properties say something about
        the case or its customer (``customer.mark`` …); values by property."""


class Store:
    """A database with all that a process keeps about it. Threads share one."""

    def __init__(
        self,
        url: str,
        *,
        local_job_types: frozenset[str] = frozenset(),
        zone: str = "Asia/Shanghai",
        checks: Mapping[str, Check] | None = None,
        hooks: Hooks | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.url = url
        self.local_job_types = local_job_types
        self.zone = ZoneInfo(zone)
        self.checks = dict(checks or {})
        self.hooks = hooks or Hooks()
        self.clock = clock
        self.keys = Keys()
        self.programs = Recent(200)
        self.models = Recent(200)
        self.lookups = Recent(5000)
        self.prepared_month = ""
        self.pulse = Pulse(url)
        self.pool = connect(url)
        self._readers = _for_reading(self.pool)

    @contextmanager
    def unit(self, actor: str) -> Iterator[Unit]:
        """One transaction in the name of ``actor``: committed at the end, once; any error
        rolls all of it back. Raises Crowded where another writer holds on too long."""
        with self.pool.connect() as conn:
            unit = Unit(self, self._known(conn), actor)
            try:
                yield unit
                conn.commit()
            except OperationalError as error:
                if isinstance(error.orig, _CROWDED):
                    raise _crowded() from error
                raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries, each a transaction of its own; it refuses to write. What is
        deployed is asked once: for the queries of one reading it stands still."""
        with self._readers.connect() as conn:
            yield self._known(conn)

    def now(self) -> datetime:
        """The present moment, aware."""
        return self.clock() if self.clock else datetime.now(UTC)

    def close(self) -> None:
        """Give the connections back."""
        self.pulse.close()
        self.pool.dispose()

    def _known(self, conn: Connection) -> Connection:
        return conn.execution_options(bihuan_store=self, bihuan_noted={})


class Unit:
    """What a use case works with. ``now`` is one moment for the whole transaction."""

    __slots__ = ("actor", "chains", "conn", "engine", "now")

    def __init__(self, engine: Store, conn: Connection, actor: str) -> None:
        self.engine = engine
        self.conn = conn
        self.actor = actor
        self.now = engine.now()
        self.chains: dict[int, Chain] = {}
        """The histories of the cases that are in the middle of a step."""

    def key(self) -> int:
        """A new key."""
        return self.engine.keys.take(self.conn)


def store_of(conn: Connection) -> Store:
    """The store that gave out ``conn`` (by ``read`` or ``unit``)."""
    return cast(Store, conn.get_execution_options()["bihuan_store"])


def _for_reading(pool: sqlalchemy.Engine) -> sqlalchemy.Engine:
    """The same pool without BEGIN and ROLLBACK around queries: on a page that only reads they
    cost the server more than the queries do, and READ COMMITTED gives nothing for it."""
    readers = pool.execution_options(isolation_level="AUTOCOMMIT")
    event.listen(readers, "before_cursor_execute", _refuse_to_write)
    return readers


def _refuse_to_write(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
    if not _QUERY.match(statement) or _WRITES.search(statement):
        raise InvalidRequestError(f"a reading cannot write: {statement}")


def _crowded() -> Crowded:
    return Crowded(
        "其他人正在处理同一件事，本次操作没有执行。请稍后重试。",
        "Somebody else is working on the same thing; nothing was done. Try again shortly.",
    )
