"""Rows into tables, many in one statement: the rows travel as one JSON parameter.

One fixed text a table serves any number of rows, so that PostgreSQL keeps its plan, and
building the parameter costs a fraction of what many parameters cost. A ``Batch`` sends
several such statements as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, Table

Row = Mapping[str, Any]


class Batch:
    """Statements that change rows, carried out as one, on one snapshot: no two of them may
    touch the same row, and none sees what another does."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._parameters: dict[str, Any] = {}

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert ``rows``; each names all columns it does not want null (defaults do not apply).

        Values are JSON, aware datetimes, or bytes for ``bytea``; ``orjson.Fragment`` is put in
        as it is."""
        if rows:
            self.add(_insertion(table), {f"rows_{table.name}": as_json(rows)})

    def add(self, statement: str, parameters: Mapping[str, Any]) -> None:
        """A data-changing statement in psycopg's style (``%(name)s``). Different statements of
        a batch use different names."""
        self._parts.append(statement)
        self._parameters |= parameters

    def execute(self, conn: Connection) -> bool:
        """Carry everything out; False if there was nothing to do."""
        if not self._parts:
            return False
        conn.exec_driver_sql(_together(tuple(self._parts)), self._parameters)
        return True


def insert(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows``, as in a batch of its own."""
    batch = Batch()
    batch.insert(table, rows)
    batch.execute(conn)


def as_json(rows: Sequence[Row]) -> str:
    """The parameter for ``json_populate_recordset``."""
    return orjson.dumps(rows, default=_other).decode()


@cache
def _insertion(table: Table) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {columns}"
        f" FROM json_populate_recordset(NULL::{table.name}, %(rows_{table.name})s::json)"
    )


@cache
def _together(parts: tuple[str, ...]) -> str:
    if len(parts) == 1:
        return parts[0]
    named = ", ".join(f"part_{n} AS ({part})" for n, part in enumerate(parts))
    return f"WITH {named} SELECT 1"


def _other(value: object) -> object:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"no column holds a {type(value).__name__}")
