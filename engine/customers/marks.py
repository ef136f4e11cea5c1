"""Marks of attention on customers (关注客户): who set which, why, until when. What a mark means,
how long it is kept and which hold by count is said by decision tables: ``engine.cases.marking``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from engine.customer_tables import customer_marks as table
from engine.customers.log import note
from engine.customers.records import records_of
from engine.customers.reasons import stated
from engine.errors import Conflict
from engine.store.rows import insert
from engine.store.unit import Unit
from engine.tables import people

_RENEWED = "续期"
_TOO_FEW = "次数不再达到"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that was set; in force until it expires or is lifted (None: neither yet)."""

    key: int
    mark: str
    automatic: bool
    why: str
    case_id: int | None
    set_by: str
    set_by_name: str
    set_at: datetime
    expires_at: datetime | None
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_why: str | None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at a moment."""
        over = self.expires_at is not None and self.expires_at <= at
        return self.lifted_at is None and not over


def of(conn: Connection, records: Sequence[int]) -> list[Mark]:
    """All marks ever set on these records of a person, the latest first."""
    found = conn.execute(
        select(
            table.c.key, table.c.mark, table.c.automatic, table.c.why, table.c.case_id,
            table.c.set_by, people.c.name.label("set_by_name"), table.c.set_at,
            table.c.expires_at, table.c.lifted_at,
            table.c.lifted_by, table.c.lifted_why,
        )
        .outerjoin(people, people.c.login == table.c.set_by)
        .where(table.c.customer_key.in_(records))
        .order_by(table.c.set_at.desc(), table.c.key.desc())
    )
    return [
        Mark(**{**row, "set_by_name": row["set_by_name"] or row["set_by"]})
        for row in found.mappings()
    ]


def set_(
    unit: Unit, person: int, mark: str, why: str, *, automatic: bool = False,
    expires_at: datetime | None = None, case_id: int | None = None,
) -> None:
    """Mark the person (a leading record); a mark of this name that holds already is followed by
    this one. Invalid without a reason."""
    reason = stated(why)
    holding = [one for one in of(unit.conn, records_of(unit.conn, person))
               if one.mark == mark and one.holds(unit.now)]
    _close(unit, [one.key for one in holding], _RENEWED)
    row = {
        "key": unit.key(), "customer_key": person, "mark": mark, "automatic": automatic,
        "why": reason, "case_id": case_id, "set_by": unit.actor, "set_at": unit.now,
        "expires_at": expires_at, "lifted_at": None, "lifted_by": None, "lifted_why": None,
    }
    insert(unit.conn, table, [row])
    until = expires_at.isoformat() if expires_at else None
    data = {"mark": mark, "why": reason, "until": until, "case": case_id}
    note(unit, person, "marked", {key: value for key, value in data.items() if value})


def lift(unit: Unit, person: int, mark_key: int, why: str) -> None:
    """Take a mark of the person away, for a reason that is kept. Conflict if it holds no more,
    Invalid without a reason."""
    reason = stated(why)
    found = next((one for one in of(unit.conn, records_of(unit.conn, person))
                  if one.key == mark_key and one.holds(unit.now)), None)
    if found is None:
        raise Conflict(
            "这个标记已经失效或已被取消，请刷新页面。", "This mark holds no more; reload the page."
        )
    _close(unit, [mark_key], reason)
    note(unit, person, "lifted", {"mark": found.mark, "why": reason})


def prolong(unit: Unit, person: int, mark: str, expires_at: datetime | None) -> None:
    """An automatic mark of the person that holds now holds until then."""
    unit.conn.execute(
        update(table)
        .where(
            table.c.customer_key.in_(records_of(unit.conn, person)), table.c.mark == mark,
            table.c.automatic, table.c.lifted_at.is_(None), table.c.expires_at > unit.now,
        )
        .values(expires_at=expires_at)
    )


def drop(unit: Unit, person: int, names: Sequence[str]) -> set[str]:
    """Those of these marks that were set by count hold no more; returns which they were."""
    found = unit.conn.execute(
        update(table)
        .where(
            table.c.customer_key.in_(records_of(unit.conn, person)), table.c.mark.in_(names),
            table.c.automatic, table.c.lifted_at.is_(None), table.c.expires_at > unit.now,
        )
        .values(lifted_at=unit.now, lifted_by=unit.actor, lifted_why=_TOO_FEW)
        .returning(table.c.mark)
    )
    return set(found.scalars())


def _close(unit: Unit, keys: Sequence[int], why: str) -> None:
    if keys:
        unit.conn.execute(
            update(table).where(table.c.key.in_(keys))
            .values(lifted_at=unit.now, lifted_by=unit.actor, lifted_why=why)
        )
