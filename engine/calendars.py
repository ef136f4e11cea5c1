"""Deployed working calendars, each read once."""

from __future__ import annotations

from sqlalchemy import Connection

from engine import definitions
from engine.calendar import Calendar, parse, plain
from engine.store.unit import store_of


def at(conn: Connection, number: int) -> tuple[int, Calendar]:
    """The default calendar with the key of its version; before one is deployed 0 and the plain
    one. ``number`` is the highest deployment number."""
    deployed = definitions.resolve(conn, number, "calendar", "default")
    key = deployed.key if deployed else 0
    return key, of(conn, key)


def of(conn: Connection, key: int) -> Calendar:
    """A version of a calendar; 0: the plain one. Raises NotFound."""
    return store_of(conn).lookups.get(("calendar", key), lambda: _read(conn, key))


def _read(conn: Connection, key: int) -> Calendar:
    if not key:
        return plain(store_of(conn).zone.key)
    name, content = definitions.content(conn, key)
    return parse(content, name)
