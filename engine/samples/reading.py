"""What people of a played year have been told, they read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from engine import notices
from engine.samples.staff import Staff
from engine.store.unit import Unit
from engine.tables import notice_people as readers
from engine.tables import notices as table


def catch_up(unit: Unit, staff: Staff, before: datetime) -> int:
    """Have everybody read what he was told before that moment; how much that was."""
    query = (
        select(readers.c.login, func.array_agg(readers.c.notice_key))
        .join(table, table.c.key == readers.c.notice_key)
        .where(
            readers.c.read_at.is_(None), readers.c.replaced_by.is_(None), table.c.sent_at < before
        )
        .group_by(readers.c.login).order_by(readers.c.login)
    )
    read = 0
    for login, keys in unit.conn.execute(query).all():
        person = staff.get(login)
        if person is not None:
            read += notices.read_all(unit, person, keys)
    return read
