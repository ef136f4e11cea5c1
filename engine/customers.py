"""Customers: one row for each phone or account number that a complaint came from."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from engine.errors import Invalid
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
    values = {
        "key": unit.key(), "ref": normalised(ref), "name": name.strip(), "level": level,
        "now": unit.now,
    }
    return int(unit.conn.execute(_UPSERT, values).scalar_one())


def get(conn: Connection, ref: str) -> Customer | None:
    """The customer with this number, in any spelling."""
    row = conn.execute(_QUERY.where(table.c.ref == normalised(ref))).first()
    return None if row is None else _customer(row)


_UPSERT = text("""
    WITH known AS (
        SELECT key FROM customers
        WHERE ref = :ref AND (:name = '' OR name = :name)
            AND (CAST(:level AS varchar) IS NULL OR level = :level)
    ), made AS (
        INSERT INTO customers (key, ref, name, level, data, created_at)
        SELECT :key, :ref, :name, :level, '{}', :now WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT (ref) DO UPDATE SET
            name = coalesce(nullif(excluded.name, ''), customers.name),
            level = coalesce(excluded.level, customers.level)
        RETURNING key
    )
    SELECT key FROM known UNION ALL SELECT key FROM made
""")

_QUERY = select(table.c.key, table.c.ref, table.c.name, table.c.level)


def _customer(row: Any) -> Customer:
    return Customer(row.key, row.ref, row.name, row.level)
