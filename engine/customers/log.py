"""Who saw or changed what of a customer: append-only, told on the customer's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from engine.customer_tables import customer_log as table
from engine.model import Json
from engine.store.rows import insert
from engine.store.unit import Unit
from engine.tables import people

_SAME_LOOK = timedelta(minutes=10)
"""Looking again so soon is the same look."""


@dataclass(frozen=True, slots=True)
class Entry:
    """``kind``: viewed, revealed, marked, lifted, identified, forgotten, wishes, level, merged,
    unmerged; ``data`` says more, by kind."""

    at: datetime
    actor: str
    actor_name: str
    kind: str
    data: Mapping[str, Json]


def note(unit: Unit, customer_key: int, kind: str, data: Mapping[str, Json]) -> None:
    """One more entry, in the name of the unit's actor."""
    row = {
        "key": unit.key(), "customer_key": customer_key, "at": unit.now, "actor": unit.actor,
        "kind": kind, "data": dict(data),
    }
    insert(unit.conn, table, [row])


def viewed(unit: Unit, customer_key: int) -> None:
    """The unit's actor looks at the customer's page; said once in ten minutes."""
    before = unit.conn.execute(
        select(table.c.key).where(
            table.c.customer_key == customer_key, table.c.at > unit.now - _SAME_LOOK,
            table.c.actor == unit.actor, table.c.kind == "viewed",
        ).limit(1)
    ).first()
    if before is None:
        note(unit, customer_key, "viewed", {})


def entries(conn: Connection, records: list[int], limit: int = 200) -> list[Entry]:
    """What happened to these records of a person, the latest first."""
    found = conn.execute(
        select(table.c.at, table.c.actor, people.c.name, table.c.kind, table.c.data)
        .outerjoin(people, people.c.login == table.c.actor)
        .where(table.c.customer_key.in_(records))
        .order_by(table.c.at.desc(), table.c.key.desc()).limit(limit)
    )
    return [
        Entry(row.at, row.actor, row.name or row.actor, row.kind, row.data) for row in found
    ]
