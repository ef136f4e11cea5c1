"""The assessments that somebody may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, true

from engine import groups
from engine.assessment_tables import assessments as table
from engine.errors import NotFound
from engine.model import Person
from engine.tables import cases, people

_MOST = 500


@dataclass(frozen=True, slots=True)
class Assessment:
    """``kind`` is score (1–5), error (of recording) or attitude; ``points`` are taken off the
    month; ``stands`` is false where an appeal was granted. ``case_number`` names the case."""

    key: int
    case_id: int
    case_number: str
    kind: str
    role: str
    person: str | None
    person_name: str
    unit: str | None
    vendor: str | None
    score: int | None
    points: Decimal
    veto: bool
    reasons: tuple[str, ...]
    note: str
    given_at: datetime
    given_by: str
    appeal_until: datetime | None
    appealed_at: datetime | None
    appealed_by: str | None
    appeal_reason: str | None
    decided_at: datetime | None
    decided_by: str | None
    decision_note: str | None
    stands: bool

    @property
    def open_appeal(self) -> bool:
        return self.appealed_at is not None and self.decided_at is None


def given(
    conn: Connection, person: Person, since: datetime, until: datetime, by: str = "",
    value: str | None = None,
) -> tuple[Assessment, ...]:
    """Those of the period that concern ``value`` of ``by`` (unit, role, person, vendor; "": all
    of it; None: where nothing is said), latest first; at most 500."""
    wanted = and_(table.c.given_at >= since, table.c.given_at < until)
    if by:
        column = table.c[by]
        wanted = and_(wanted, column.is_(None) if value is None else column == value)
    query = _QUERY.where(wanted, visible(conn, person)).limit(_MOST)
    return tuple(_of(row) for row in conn.execute(query.order_by(table.c.given_at.desc())))


def pending(conn: Connection, person: Person) -> tuple[Assessment, ...]:
    """The appeals that nobody has decided yet, the oldest first."""
    query = _QUERY.where(
        table.c.appealed_at.is_not(None), table.c.decided_at.is_(None), visible(conn, person)
    )
    found = conn.execute(query.order_by(table.c.appealed_at).limit(_MOST))
    return tuple(_of(row) for row in found)


def get(conn: Connection, person: Person, key: int) -> Assessment:
    """One of those the person may see; NotFound."""
    row = conn.execute(_QUERY.where(table.c.key == key, visible(conn, person))).first()
    if row is None:
        raise NotFound(f"没有编号为 {key} 的考核。", f"There is no assessment {key}.")
    return _of(row)


def visible(conn: Connection, person: Person) -> ColumnElement[bool]:
    """What concerns the person himself, the units he leads, and what he has given; supervisors,
    administrators and who decides appeals see everything."""
    if sees_all(person):
        return true()
    led = led_by(conn, person.login)
    return or_(
        table.c.person == person.login, table.c.given_by == person.login, table.c.unit.in_(led)
    )


def sees_all(person: Person) -> bool:
    """Supervisors, administrators and who decides appeals."""
    return bool(person.oversees or person.groups & DECIDING)


def led_by(conn: Connection, login: str) -> list[str]:
    """The units that the person leads or deputises, with all that is part of them."""
    known = groups.all_(conn)
    mine = [one.id for one in known.values() if login in (one.lead, one.deputy)]
    return list(dict.fromkeys(part for one in mine for part in groups.within(conn, one)))


DECIDING = frozenset({"oversight"})
"""Groups whose people decide appeals, besides supervisors and administrators."""


def _of(row: Any) -> Assessment:
    values = dict(row._mapping)
    values["reasons"] = tuple(values["reasons"])
    values["person_name"] = values["person_name"] or values["person"] or ""
    return Assessment(**values)


_COLUMNS = [
    table.c[name] for name in Assessment.__dataclass_fields__
    if name not in ("case_number", "person_name")
]
_QUERY: Select[Any] = (
    select(*_COLUMNS, cases.c.number.label("case_number"), people.c.name.label("person_name"))
    .join(cases, cases.c.key == table.c.case_id)
    .outerjoin(people, people.c.login == table.c.person)
)
