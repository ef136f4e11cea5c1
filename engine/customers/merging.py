"""Two records that turn out to be one person, and the other way round.

Nothing moves: a record that follows another keeps its number, its cases and its marks, and is
read together with the leading one. So undoing brings back exactly what was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from engine.customer_tables import customer_merges as table
from engine.customers.log import note
from engine.customers.reasons import stated
from engine.customers.records import by_key, person_of, records_of
from engine.errors import Conflict, Forbidden
from engine.model import Person
from engine.store.rows import insert
from engine.store.unit import Unit
from engine.tables import customers, people



@dataclass(frozen=True, slots=True)
class Merge:
    """``customer_key`` follows ``into_key``; undone by whom and when, if it was."""

    key: int
    customer_key: int
    into_key: int
    why: str
    made_by: str
    made_by_name: str
    made_at: datetime
    undone_at: datetime | None
    undone_by: str | None


def merge(unit: Unit, customer_key: int, into_key: int, why: str, person: Person) -> int:
    """The person of one record and that of another are one from now on; returns the key of the
    leading record. Forbidden but for supervisors, Conflict if they are one already."""
    _allowed(person)
    reason = stated(why)
    _lock(unit, customer_key, into_key)
    follows, leads = person_of(unit.conn, customer_key), person_of(unit.conn, into_key)
    if follows == leads:
        raise Conflict("这两个号码已经是同一位客户。", "They are one customer already.")
    moved = records_of(unit.conn, follows)
    _point(unit, moved, leads)
    row = {
        "key": unit.key(), "customer_key": follows, "into_key": leads, "moved": moved,
        "why": reason, "made_by": unit.actor, "made_at": unit.now, "undone_at": None,
        "undone_by": None,
    }
    insert(unit.conn, table, [row])
    for key, other in ((follows, leads), (leads, follows)):
        note(unit, key, "merged", {"other": other, "why": reason})
    return leads


def unmerge(unit: Unit, merge_key: int, why: str, person: Person) -> tuple[int, int]:
    """Take a merging back; returns the two leading records. Conflict where it is taken back
    already, or a later merging stands on it."""
    _allowed(person)
    reason = stated(why)
    found = unit.conn.execute(
        select(table).where(table.c.key == merge_key, table.c.undone_at.is_(None)).with_for_update()
    ).first()
    if found is None:
        raise Conflict("这次合并已经撤销，请刷新页面。", "This merging is undone already.")
    _lock(unit, found.customer_key, found.into_key)
    if by_key(unit.conn, found.into_key).key != person_of(unit.conn, found.into_key):
        raise Conflict(
            "主客户后来又并入了别的客户，请先撤销那一次合并。",
            "The leading record was merged into another one later: undo that first.",
        )
    _point(unit, [key for key in found.moved if key != found.customer_key], found.customer_key)
    _point(unit, [found.customer_key], None)
    unit.conn.execute(
        update(table).where(table.c.key == merge_key)
        .values(undone_at=unit.now, undone_by=unit.actor)
    )
    pair = found.customer_key, found.into_key
    for key, other in (pair, pair[::-1]):
        note(unit, key, "unmerged", {"other": other, "why": reason})
    return pair


def of(conn: Connection, records: list[int]) -> list[Merge]:
    """The mergings that these records took part in, the latest first."""
    found = conn.execute(
        select(
            table.c.key, table.c.customer_key, table.c.into_key, table.c.why, table.c.made_by,
            people.c.name.label("made_by_name"), table.c.made_at, table.c.undone_at,
            table.c.undone_by,
        )
        .outerjoin(people, people.c.login == table.c.made_by)
        .where(or_(table.c.customer_key.in_(records), table.c.into_key.in_(records)))
        .order_by(table.c.made_at.desc())
    )
    return [
        Merge(**{**row, "made_by_name": row["made_by_name"] or row["made_by"]})
        for row in found.mappings()
    ]


def _allowed(person: Person) -> None:
    if not person.oversees:
        raise Forbidden(
            "合并客户或撤销合并要由主管办理。", "Supervisors merge customers and undo it."
        )


def _lock(unit: Unit, *keys: int) -> None:
    """One merging of a person at a time: the records and those they follow, in the order of
    their keys; once more where another merging has changed whom they follow meanwhile."""
    wanted = {*keys, *(person_of(unit.conn, key) for key in keys)}
    while True:
        found = unit.conn.execute(
            select(customers.c.key, customers.c.merged_into)
            .where(customers.c.key.in_(wanted)).order_by(customers.c.key).with_for_update()
        )
        leading = {row.merged_into for row in found if row.merged_into is not None}
        if leading <= wanted:
            return
        wanted |= leading


def _point(unit: Unit, keys: list[int], leads: int | None) -> None:
    if keys:
        unit.conn.execute(
            update(customers).where(customers.c.key.in_(keys)).values(merged_into=leads)
        )
