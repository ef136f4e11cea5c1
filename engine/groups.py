"""The groups that diagrams name as candidate groups, with the names people read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from engine.errors import Invalid
from engine.store.unit import Unit
from engine.tables import groups as table

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def names(conn: Connection) -> dict[str, str]:
    """Group id → name, by id."""
    rows = conn.execute(select(table).order_by(table.c.id))
    return {row.id: row.name for row in rows}


def set_names(unit: Unit, wanted: Mapping[str, str]) -> None:
    """Create the groups, or rename those that exist. Invalid for an id that no diagram could
    write or an empty name."""
    for key, name in wanted.items():
        if not _ID.fullmatch(key) or not name.strip():
            raise Invalid(
                f"组 {key!r}（{name}）不能用：标识只能用字母、数字和 . _ -，名称不能为空。",
                f"The group {key!r} ({name}) will not do: an id has letters, digits and . _ -, "
                "a name is not empty.",
            )
    if not wanted:
        return
    statement = insert(table).values([{"id": k, "name": v.strip()} for k, v in wanted.items()])
    unit.conn.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"name": statement.excluded.name}
        )
    )
