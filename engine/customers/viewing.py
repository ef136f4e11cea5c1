"""A customer as people see him: everything masked; ``reveal`` shows one value, for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement, Connection, Select, String, cast, func, or_, select, true, union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from engine import privacy
from engine.customer_tables import customer_identities, customer_marks
from engine.customers import identities, log, marks, merging
from engine.customers.reasons import stated
from engine.customers.records import by_key, normalised, person_of, records_of
from engine.errors import Invalid, NotFound
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import cases
from engine.tables import customers as table

_KEY_DIGITS = 19
_MASKS = {"phone": privacy.phone, "account": privacy.identity, "email": privacy.email,
          "id": privacy.identity}


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A person in the list; ``marks`` are those in force."""

    key: int
    name: str
    ref: str
    level: str | None
    marks: tuple[str, ...]
    open: int
    all: int
    latest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the customer, masked; ``field`` is its name for ``reveal``. Those with a key
    can be taken away."""

    field: str
    kind: str
    text: str
    key: int | None = None


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A person with all records that were merged: ``records`` are their keys. ``manager``: the
    login of the customer's account manager."""

    key: int
    name: str
    level: str | None
    star: str | None
    contact: Mapping[str, Json]
    manager: str | None
    records: tuple[int, ...]
    numbers: tuple[Number, ...]
    marks: tuple[marks.Mark, ...]
    merges: tuple[merging.Merge, ...]
    names: Mapping[int, str]
    """Masked names and numbers of the records that the mergings speak of."""


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """``next`` goes into ``after`` for the following page; None at the end."""

    rows: tuple[CustomerRow, ...]
    next: str | None


def search(
    conn: Connection, text: str = "", *, at: datetime, mark: str = "", after: str | None = None,
    limit: int = 50,
) -> CustomerPage:
    """People by a number in any spelling, or by their whole name; all of them, the latest known
    first, without a text. ``mark``: only those marked so now; "*" with any mark."""
    query = _rows(at).where(table.c.merged_into.is_(None)).order_by(table.c.key.desc())
    if text.strip():
        query = query.where(_meant(text))
    if mark:
        query = query.where(_marked(mark, at))
    if after:
        if not (after.isascii() and after.isdecimal() and len(after) < _KEY_DIGITS):
            raise Invalid("翻页标记不对。", "The cursor is wrong.")
        query = query.where(table.c.key < int(after))
    found = conn.execute(query.limit(limit + 1)).all()
    rows = tuple(
        CustomerRow(
            one.key, privacy.name(one.name), privacy.phone(one.ref), one.level,
            tuple(one.marks or ()), one.open or 0, one.all or 0, one.latest,
        )
        for one in found[:limit]
    )
    return CustomerPage(rows, str(rows[-1].key) if len(found) > limit else None)


def view(conn: Connection, key: int) -> CustomerView:
    """The person of this record. NotFound."""
    person = person_of(conn, key)
    records = records_of(conn, person)
    rows = {row.key: row for row in conn.execute(select(table).where(table.c.key.in_(records)))}
    head = rows[person]
    mergings = merging.of(conn, records)
    return CustomerView(
        key=person, name=privacy.name(head.name), level=head.level, star=head.data.get("star"),
        contact=head.data.get("contact", {}), manager=head.data.get("manager"),
        records=tuple(records),
        numbers=tuple(_numbers(conn, records, {key: row.ref for key, row in rows.items()})),
        marks=tuple(marks.of(conn, records)), merges=tuple(mergings),
        names=_named(conn, mergings),
    )


def reveal(unit: Unit, key: int, field: str, reason: str) -> str:
    """The plain value of ``name``, ``record:KEY`` (its number) or ``identity:KEY``. Who looked
    and why is kept. NotFound, Invalid without a reason."""
    why = stated(reason)
    person = person_of(unit.conn, key)
    records = records_of(unit.conn, person)
    what, _, number = field.partition(":")
    found: str | None = None
    if field == "name":
        found = by_key(unit.conn, person).name
    elif what == "record" and number in map(str, records):
        found = by_key(unit.conn, int(number)).ref
    elif what == "identity":
        known = {str(one.key): one.value for one in identities.of(unit.conn, records)}
        found = known.get(number)
    if found is None:
        raise NotFound("客户没有这项资料。", "The customer has no such value.", field=field)
    log.note(unit, person, "revealed", {"field": field, "why": why})
    return found


def _numbers(conn: Connection, records: list[int], refs: Mapping[int, str]) -> list[Number]:
    own = [Number(f"record:{key}", "number", privacy.phone(refs[key])) for key in records]
    return own + [
        Number(f"identity:{one.key}", one.kind, _MASKS[one.kind](one.value), one.key)
        for one in identities.of(conn, records)
    ]


def _named(conn: Connection, mergings: list[merging.Merge]) -> dict[int, str]:
    keys = {key for one in mergings for key in (one.customer_key, one.into_key)}
    if not keys:
        return {}
    query = select(table.c.key, table.c.name, table.c.ref).where(table.c.key.in_(keys))
    return {
        row.key: f"{privacy.name(row.name)} {privacy.phone(row.ref)}".strip()
        for row in conn.execute(query)
    }


def _rows(at: datetime) -> Select[Any]:
    other = table.alias("other")
    mine = select(other.c.key).where(
        or_(other.c.key == table.c.key, other.c.merged_into == table.c.key)
    ).correlate(table)
    of_person = cases.c.customer_key.in_(mine)
    counts = (
        select(
            func.count().filter(cases.c.closed_at.is_(None)).label("open"),
            func.count().label("all"), func.max(cases.c.received_at).label("latest"),
        ).where(of_person).lateral("counts")
    )
    held = (
        select(func.array_agg(customer_marks.c.mark.distinct()).label("marks"))
        .where(customer_marks.c.customer_key.in_(mine), *_holding(at)).lateral("held")
    )
    return select(
        table.c.key, table.c.name, table.c.ref, table.c.level, counts.c.open, counts.c.all,
        counts.c.latest, cast(held.c.marks, ARRAY(String)).label("marks"),
    ).select_from(table).join(counts, true()).join(held, true())


def _holding(at: datetime) -> list[ColumnElement[bool]]:
    expires = customer_marks.c.expires_at
    return [customer_marks.c.lifted_at.is_(None), or_(expires.is_(None), expires > at)]


def _marked(mark: str, at: datetime) -> ColumnElement[bool]:
    """Whether one of the person's records has this mark now, or any ("*")."""
    other = table.alias("marked")
    marked = (
        select(func.coalesce(other.c.merged_into, other.c.key))
        .join(customer_marks, customer_marks.c.customer_key == other.c.key).where(*_holding(at))
    )
    if mark != "*":
        marked = marked.where(customer_marks.c.mark == mark)
    return table.c.key.in_(marked)


def _meant(text: str) -> ColumnElement[bool]:
    """Whether a number or the name of the person, or of a record merged into it, is the text."""
    said = text.strip()
    other, asked = table.alias("meant"), table.alias("asked")
    try:
        number = normalised(said)
    except Invalid:
        number = said
    named = select(customer_identities.c.customer_key).where(
        customer_identities.c.value.in_({number, number.lower()})
    )
    # Each by its index: with OR all records would be read.
    found = union_all(
        select(asked.c.key).where(asked.c.ref == number),
        select(asked.c.key).where(asked.c.name == said), named,
    ).scalar_subquery()
    return table.c.key.in_(
        select(func.coalesce(other.c.merged_into, other.c.key)).where(other.c.key.in_(found))
    )
