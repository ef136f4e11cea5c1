"""One record for each number that somebody complained from; several may be one person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from engine.errors import Invalid, NotFound
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import customers as table

_FILLING = re.compile(r"[\s\-–—()]")
_MOBILE_WITH_COUNTRY = re.compile(r"(?:\+|00)?86(1[3-9]\d{9})")
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Customer:
    """``ref`` is the normalised number; nothing here is masked."""

    key: int
    ref: str
    name: str
    level: str | None


@dataclass(frozen=True, slots=True)
class Met:
    """A customer as the opening of a case meets him. ``key`` is the record of the number,
    ``person`` the leading record of whoever has it: level, star, contact wishes and marks are
    the person's, as are the cases: ``counted`` are the receipts of those that count for marks,
    of the last six months."""

    key: int
    person: int
    level: str | None
    data: Mapping[str, Json]
    marks: tuple[str, ...]
    counted: tuple[datetime, ...]
    open: int
    past: int


@dataclass(frozen=True, slots=True)
class Known:
    """A person by his leading record: ``records`` are the keys of all, ``marks`` those in force.
    Nothing here is masked."""

    key: int
    ref: str
    name: str
    level: str | None
    data: Mapping[str, Json]
    records: tuple[int, ...]
    marks: tuple[str, ...]


def normalised(ref: str) -> str:
    """One spelling for a number: full-width digits, blanks, dashes and a leading +86 of a mobile
    number do not count. Invalid if nothing or too much is left."""
    found = _FILLING.sub("", unicodedata.normalize("NFKC", ref))
    mobile = _MOBILE_WITH_COUNTRY.fullmatch(found)
    found = mobile.group(1) if mobile else found
    if not found or len(found) > _LONGEST or not found.isprintable():
        raise Invalid(
            f"客户号码 {ref!r} 不能用：须为 1–{_LONGEST} 个字符。",
            f"The customer number {ref!r} will not do: it has 1 to {_LONGEST} signs.",
            fields={"customer": "客户号码不能用。"},
        )
    return found


def upsert(unit: Unit, ref: str, name: str, level: str | None) -> int:
    """The key of the customer with this number, created where missing; an empty name or level
    leaves what is known. A customer that is known so already is not locked: two cases of one
    customer can be opened at once."""
    return int(unit.conn.execute(_UPSERT, _said(unit, ref, name, level)).scalar_one())


def meet(unit: Unit, ref: str, name: str, level: str | None, at: datetime) -> Met:
    """``upsert``, and what is known of the customer at ``at``, in one statement."""
    values = _said(unit, ref, name, level) | {"at": at}
    row = unit.conn.execute(_MEET, values).one()
    return Met(
        row.key, row.person, level or row.level, row.data or {}, tuple(row.marks or ()),
        tuple(row.counted or ()), row.open or 0, row.past or 0,
    )


def get(conn: Connection, ref: str) -> Customer | None:
    """The customer with this number, in any spelling: the leading record of the person."""
    found = glance(conn, ref, datetime.now(UTC))
    return None if found is None else Customer(found.key, found.ref, found.name, found.level)


def glance(conn: Connection, ref: str, at: datetime) -> Known | None:
    """The person with this number, in any spelling, with the marks of that moment."""
    return _known(conn, _BY_REF, normalised(ref), at)


def glance_at(conn: Connection, key: int, at: datetime) -> Known:
    """The person whose record this is. NotFound."""
    found = _known(conn, _BY_KEY, key, at)
    if found is None:
        raise NotFound(f"没有客户 {key}。", f"There is no customer {key}.", key=key)
    return found


def _known(conn: Connection, query: Any, said: str | int, at: datetime) -> Known | None:
    row = conn.execute(query, {"said": said, "at": at}).first()
    if row is None:
        return None
    return Known(
        row.key, row.ref, row.name, row.level, row.data, tuple(row.records),
        tuple(row.marks or ()),
    )


def by_key(conn: Connection, key: int) -> Customer:
    """This very record. NotFound."""
    row = conn.execute(_QUERY.where(table.c.key == key)).first()
    if row is None:
        raise NotFound(f"没有客户 {key}。", f"There is no customer {key}.", key=key)
    return Customer(row.key, row.ref, row.name, row.level)


def person_of(conn: Connection, key: int) -> int:
    """The leading record of the person whose record this is. NotFound."""
    found = conn.execute(
        select(func.coalesce(table.c.merged_into, table.c.key)).where(table.c.key == key)
    ).scalar()
    if found is None:
        raise NotFound(f"没有客户 {key}。", f"There is no customer {key}.", key=key)
    return int(found)


def records_of(conn: Connection, person: int) -> list[int]:
    """Keys of all records of the person, the leading one first."""
    query = select(table.c.key).where(table.c.merged_into == person).order_by(table.c.key)
    return [person, *conn.scalars(query)]


def _said(unit: Unit, ref: str, name: str, level: str | None) -> dict[str, Any]:
    return {
        "key": unit.key(), "ref": normalised(ref), "name": name.strip(), "level": level,
        "now": unit.now,
    }


_MADE = """
    WITH found AS (
        SELECT key, name, level FROM customers WHERE ref = :ref
        UNION ALL
        SELECT c.key, c.name, c.level FROM customer_identities i
            JOIN customers c ON c.key = i.customer_key WHERE i.value = :ref
        LIMIT 1
    ), changed AS (
        UPDATE customers c SET
            name = coalesce(nullif(:name, ''), c.name),
            level = coalesce(CAST(:level AS varchar), c.level)
        FROM found WHERE c.key = found.key AND NOT (
            (:name = '' OR found.name = :name)
            AND (CAST(:level AS varchar) IS NULL OR found.level IS NOT DISTINCT FROM :level)
        )
    ), made AS (
        INSERT INTO customers (key, ref, name, level, data, created_at)
        SELECT :key, :ref, :name, :level, '{}', :now WHERE NOT EXISTS (SELECT FROM found)
        ON CONFLICT (ref) DO UPDATE SET
            name = coalesce(nullif(excluded.name, ''), customers.name),
            level = coalesce(excluded.level, customers.level)
        RETURNING key
    ), one AS (SELECT key FROM found UNION ALL SELECT key FROM made)
"""
_UPSERT = text(_MADE + "SELECT key FROM one")
_MEET = text(_MADE + """
    , person AS (
        SELECT one.key, coalesce(c.merged_into, one.key) AS person
        FROM one LEFT JOIN customers c ON c.key = one.key
    ), records AS (
        SELECT ARRAY(
            SELECT person FROM person
            UNION SELECT c.key FROM customers c JOIN person p ON c.merged_into = p.person
        ) AS keys
    )
    SELECT p.key, p.person, head.level, head.data, cases.*, set.marks
    FROM person p
    CROSS JOIN records
    LEFT JOIN customers head ON head.key = p.person
    CROSS JOIN LATERAL (
        SELECT
            array_agg(received_at) FILTER (
                WHERE counted AND received_at <= :at
                    AND received_at > CAST(:at AS timestamptz) - interval '6 months'
            ) AS counted,
            count(*) FILTER (WHERE closed_at IS NULL) AS open,
            count(*) FILTER (WHERE closed_at IS NOT NULL) AS past
        FROM cases WHERE customer_key = ANY (records.keys)
    ) AS cases
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT mark ORDER BY mark) AS marks FROM customer_marks
        WHERE customer_key = ANY (records.keys) AND lifted_at IS NULL AND set_at <= :at
            AND (expires_at IS NULL OR expires_at > :at)
    ) AS set
""")

_KNOWN = """
    , person AS (
        SELECT coalesce(c.merged_into, c.key) AS key
        FROM found JOIN customers c ON c.key = found.key LIMIT 1
    ), records AS (
        SELECT ARRAY(
            SELECT key FROM person
            UNION SELECT c.key FROM customers c JOIN person p ON c.merged_into = p.key
        ) AS keys
    )
    SELECT head.key, head.ref, head.name, head.level, head.data, records.keys AS records, (
        SELECT array_agg(DISTINCT mark ORDER BY mark) FROM customer_marks
        WHERE customer_key = ANY (records.keys) AND lifted_at IS NULL
            AND (expires_at IS NULL OR expires_at > :at)
    ) AS marks
    FROM person p JOIN customers head ON head.key = p.key CROSS JOIN records
"""
_BY_REF = text("""
    WITH found AS (
        SELECT key FROM customers WHERE ref = :said
        UNION ALL SELECT customer_key FROM customer_identities WHERE value = :said
    )""" + _KNOWN)
_BY_KEY = text("WITH found AS (SELECT key FROM customers WHERE key = :said)" + _KNOWN)
_QUERY = select(table.c.key, table.c.ref, table.c.name, table.c.level)
