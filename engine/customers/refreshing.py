"""What another system (BOSS, CRM) knows of customers: many records brought up to date at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from engine.customer_tables import customer_log
from engine.model import Json
from engine.store.rows import as_json, insert
from engine.store.unit import Unit
from engine.tables import people

_KEPT_BY_US = ("star", "manager")
"""Held in ``customers.data``, beside what is ours alone (contact wishes)."""


@dataclass(slots=True)
class Refreshed:
    """How many customers were new, were changed, and were known so already."""

    added: int = 0
    changed: int = 0
    same: int = 0


def refresh(unit: Unit, said: Mapping[str, Mapping[str, Json]]) -> Refreshed:
    """Bring the customers with these numbers (normalised → what is said: name, level, star,
    manager) up to date, and keep those that are not known yet. What is not said stays as it is.
    A name is the number's record's, the rest the person's; what changes at a person is noted in
    the log. Four statements at most, however many customers."""
    rows = unit.conn.execute(_KNOWN, {"refs": sorted(said)}).all()
    result = Refreshed()
    named, changed, logged, new = [], [], [], []
    for row in rows:
        wanted = dict(said[row.ref])
        if row.key is None:
            new.append({"key": unit.key(), "ref": row.ref, **_columns(wanted)})
            continue
        name = wanted.pop("name", None)
        differs = {
            key: value for key, value in wanted.items()
            if value != (row.level if key == "level" else row.data.get(key))
        }
        if name and name != row.name:
            named.append({"key": row.key, "name": name})
        if differs:
            changed.append({"key": row.person, **_columns(differs)})
            before = {"before": row.level} if "level" in differs else {}
            logged.append({
                "key": unit.key(), "customer_key": row.person, "at": unit.now,
                "actor": unit.actor, "kind": "described", "data": {**differs, **before},
            })
        result.changed += bool(differs or (name and name != row.name))
    result.added, result.same = len(new), len(rows) - len(new) - result.changed
    if named:
        unit.conn.execute(_RENAME, {"rows": as_json(named)})
    if changed:
        unit.conn.execute(_CHANGE, {"rows": as_json(changed)})
        insert(unit.conn, customer_log, logged)
    if new:
        unit.conn.execute(_ADD, {"rows": as_json(new), "now": unit.now})
    return result


def managers(conn: Connection) -> frozenset[str]:
    """The logins that can be an account manager: those of active accounts."""
    return frozenset(conn.scalars(select(people.c.login).where(people.c.active)))


def _columns(said: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "name": said.get("name") or "", "level": said.get("level"),
        "data": {key: said[key] for key in _KEPT_BY_US if key in said},
    }


_KNOWN = text("""
    SELECT asked.ref, found.key, found.name, head.key AS person, head.level, head.data
    FROM unnest(CAST(:refs AS text[])) AS asked (ref)
    LEFT JOIN LATERAL (
        SELECT key, name, merged_into FROM customers WHERE ref = asked.ref
        UNION ALL
        SELECT c.key, c.name, c.merged_into FROM customer_identities i
            JOIN customers c ON c.key = i.customer_key WHERE i.value = asked.ref
        LIMIT 1
    ) found ON true
    LEFT JOIN customers head ON head.key = coalesce(found.merged_into, found.key)
    ORDER BY asked.ref
""")
_RENAME = text("""
    UPDATE customers c SET name = n.name
    FROM json_to_recordset(CAST(:rows AS json)) AS n (key bigint, name text) WHERE c.key = n.key
""")
_CHANGE = text("""
    UPDATE customers c SET level = coalesce(n.level, c.level), data = c.data || n.data
    FROM json_to_recordset(CAST(:rows AS json)) AS n (key bigint, level text, data jsonb)
    WHERE c.key = n.key
""")
_ADD = text("""
    INSERT INTO customers (key, ref, name, level, data, created_at)
    SELECT key, ref, name, level, data, :now
    FROM json_to_recordset(CAST(:rows AS json))
        AS n (key bigint, ref text, name text, level text, data jsonb)
    ON CONFLICT (ref) DO NOTHING
""")
