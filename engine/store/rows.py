"""Rows into tables, many in one statement: the rows travel as one JSON parameter.

One fixed text a table serves any number of rows, so that PostgreSQL keeps its plan, and
building the parameter costs a fraction of what many parameters cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, Table, TextClause, text

Row = Mapping[str, Any]


def insert(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows``; each names all columns it does not want null (defaults do not apply).

    Values are JSON, aware datetimes, or bytes for ``bytea``; ``orjson.Fragment`` is put in as
    it is.
    """
    if rows:
        conn.execute(_statement(table), {"rows": orjson.dumps(rows, default=_other).decode()})


@cache
def _statement(table: Table) -> TextClause:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    return text(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns}"
        f" FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json))"
    )


def _other(value: object) -> object:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"no column holds a {type(value).__name__}")
