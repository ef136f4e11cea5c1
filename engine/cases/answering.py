"""One consistent answer: what the same customer is being told, or has been told, about the same
matter in other cases. The kind's ``answers`` says what the same matter is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select

from engine.cases.kinds import Answers
from engine.cases.lookup import kind as kind_of
from engine.model import Json
from engine.tables import cases as table
from engine.tables import customers as customer_table


def same_matter(
    conn: Connection, case_id: int, at: datetime, number: int | None = None
) -> list[Json]:
    """Other cases of the case's customer, whatever the number, about the same matter that are
    being answered now, or were answered since ``days`` before ``at``; those being answered
    first, then the latest answer. Merged ones are not among them: their originals are.
    ``number`` is the highest deployment number, where the caller knows it.

    Each is a context ``{key, number, status, answering, answer, answered_at}``; ``answer`` and
    ``answered_at`` (a date and time) are null where nothing was answered."""
    rows = conn.execute(_OF_CUSTOMER, {"case_id": case_id}).all()
    own = next((row for row in rows if row.key == case_id), None)
    rule = kind_of(conn, own.kind, number).answers if own is not None else None
    if own is None or rule is None:
        return []
    same = {key: own.data.get(key) for key in rule.same}
    if any(value in (None, "") for value in same.values()):
        return []
    since = at - timedelta(days=rule.days)
    told = [
        _told(row, rule) for row in rows
        if row.key != case_id and {key: row.data.get(key) for key in rule.same} == same
    ]
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
"""Cases of one customer that are looked at, the latest received."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_own, _person, _record = table.alias("own"), customer_table.alias(), customer_table.alias()
_leads = func.coalesce(_person.c.merged_into, _person.c.key)
_OF_CUSTOMER = (
    select(table.c.key, table.c.number, table.c.kind, table.c.status, table.c.data,
           table.c.closed_at)
    .select_from(_own)
    .join(_person, _person.c.key == _own.c.customer_key)
    .join(_record, or_(_record.c.key == _leads, _record.c.merged_into == _leads))
    .join(table, and_(
        table.c.customer_key == _record.c.key, table.c.kind == _own.c.kind,
        or_(table.c.merged_into.is_(None), table.c.key == _own.c.key),
    ))
    .where(_own.c.key == bindparam("case_id"))
    .order_by((table.c.key == _own.c.key).desc(), table.c.received_at.desc()).limit(_MOST)
)
