"""One consistent answer: what the same customer is being told, or has been told, about the same
matter in other cases. The kind's ``answers`` says what the same matter is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from engine.cases.kinds import Answers
from engine.cases.lookup import kind as kind_of
from engine.model import Json
from engine.tables import cases as table
from engine.tables import customers as customer_table


def same_matter(conn: Connection, case_id: int, at: datetime) -> list[Json]:
    """Other cases of the case's customer, whatever the number, about the same matter that are
    being answered now, or were answered since ``days`` before ``at``; those being answered
    first, then the latest answer. Merged ones are not among them: their originals are.

    Each is a context ``{key, number, status, answering, answer, answered_at}``; ``answer`` and
    ``answered_at`` (a date and time) are null where nothing was answered."""
    found = conn.execute(_OWN.where(table.c.key == case_id)).first()
    rule = kind_of(conn, found.kind).answers if found is not None else None
    if found is None or rule is None or found.customer_key is None:
        return []
    same = {key: found.data.get(key) for key in rule.same}
    if any(value in (None, "") for value in same.values()):
        return []
    person = (
        select(func.coalesce(customer_table.c.merged_into, customer_table.c.key))
        .where(customer_table.c.key == found.customer_key).scalar_subquery()
    )
    record = customer_table.alias("record")
    records = select(record.c.key).where(
        or_(record.c.key == person, record.c.merged_into == person)
    )
    rows = conn.execute(
        _OWN.where(
            table.c.customer_key.in_(records), table.c.kind == found.kind,
            table.c.key != case_id, table.c.merged_into.is_(None),
            table.c.data.contains(same),
        ).order_by(table.c.received_at.desc()).limit(_MOST)
    )
    told = [_told(row, rule) for row in rows]
    since = at - timedelta(days=rule.days)
    counted = [
        one for one in told
        if one["answering"] or (_moment(one["answered_at"]) or _NEVER) >= since
    ]
    counted.sort(key=lambda one: _moment(one["answered_at"]) or _NEVER, reverse=True)
    counted.sort(key=lambda one: not one["answering"])
    return list(counted)


def _told(row: Row[*tuple[Any, ...]], rule: Answers) -> dict[str, Json]:
    return {
        "key": row.key, "number": row.number, "status": row.status,
        "answering": row.closed_at is None and row.status in rule.answering,
        "answer": row.data.get(rule.text), "answered_at": row.data.get(rule.at),
    }


def _moment(value: Json) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


_MOST = 50
_NEVER = datetime.min.replace(tzinfo=UTC)
_OWN = select(
    table.c.key, table.c.number, table.c.kind, table.c.status, table.c.data, table.c.closed_at,
    table.c.customer_key,
)
