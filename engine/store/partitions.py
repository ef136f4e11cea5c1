"""Monthly partitions of the history, made ahead of time.

Rows of a month without a partition go into ``history_default``: nothing is ever refused for
want of one. A month whose rows already lie there stays there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

MONTHS_AHEAD = 3


def prepare(conn: Connection, now: datetime) -> list[str]:
    """Create the missing partitions of this month (UTC) and those ahead; return their names."""
    made = []
    for ahead in range(MONTHS_AHEAD + 1):
        start, end = _month(now, ahead), _month(now, ahead + 1)
        name = f"history_{start:%Y_%m}"
        if not _exists(conn, name) and not _in_default(conn, start, end):
            _create(conn, name, start, end)
            made.append(name)
    return made


def _month(now: datetime, ahead: int) -> datetime:
    months = now.year * 12 + now.month - 1 + ahead
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=now.tzinfo)


def _exists(conn: Connection, name: str) -> bool:
    return conn.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar() is not None


def _in_default(conn: Connection, start: datetime, end: datetime) -> bool:
    query = text("SELECT EXISTS (SELECT FROM history_default WHERE at >= :start AND at < :end)")
    return bool(conn.execute(query, {"start": start, "end": end}).scalar())


def _create(conn: Connection, name: str, start: datetime, end: datetime) -> None:
    # Made apart and attached: that lets others go on writing to the history meanwhile.
    bounds = f"FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
    conn.exec_driver_sql(f"CREATE TABLE {name} (LIKE history INCLUDING DEFAULTS)")
    conn.exec_driver_sql(
        f"ALTER TABLE {name} ADD CONSTRAINT {name}_bounds"
        f" CHECK (at >= '{start.isoformat()}' AND at < '{end.isoformat()}')"
    )
    conn.exec_driver_sql(f"ALTER TABLE history ATTACH PARTITION {name} FOR VALUES {bounds}")
    conn.exec_driver_sql(f"ALTER TABLE {name} DROP CONSTRAINT {name}_bounds")
    # A statement that names the partition itself passes the parent's TRUNCATE trigger by.
    conn.exec_driver_sql(
        f"CREATE TRIGGER history_is_not_emptied BEFORE TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
