"""Counting tries over a while, for all processes together: wrong passwords, what strangers send."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from engine.store.unit import Unit, store_of


def count(unit: Unit, what: str, seconds: float, more: int = 1) -> int:
    """Count ``more`` tries of this; returns how many there were within the while of ``seconds``
    that began with the first of them. Whose they are is kept as a hash only."""
    until = unit.now + timedelta(seconds=seconds)
    values = {"key": _hashed(what), "more": more, "now": unit.now, "until": until}
    return int(unit.conn.execute(_COUNT, values).scalar_one())


def counted(conn: Connection, what: str) -> tuple[int, datetime | None]:
    """How many tries there were, and until when they count."""
    values = {"key": _hashed(what), "now": store_of(conn).now()}
    row = conn.execute(_COUNTED, values).first()
    return (int(row[0]), row[1]) if row else (0, None)


def forget(unit: Unit, what: str) -> None:
    """Begin anew."""
    unit.conn.execute(text("DELETE FROM attempts WHERE key = :key"), {"key": _hashed(what)})


def _hashed(what: str) -> str:
    return hashlib.sha256(what.encode()).hexdigest()


# What is over is cleared away on the way, without waiting for who does the same.
_COUNT = text("""
    WITH over AS (
        DELETE FROM attempts WHERE key IN (
            SELECT key FROM attempts WHERE until <= :now AND key <> :key
            LIMIT 20 FOR UPDATE SKIP LOCKED
        )
    )
    INSERT INTO attempts AS a (key, count, until) VALUES (:key, :more, :until)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN a.until <= :now THEN :more ELSE a.count + :more END,
        until = CASE WHEN a.until <= :now THEN :until ELSE a.until END
    RETURNING count
""")
_COUNTED = text("SELECT count, until FROM attempts WHERE key = :key AND until > :now")
