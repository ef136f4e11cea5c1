"""Showing personal data: never without a reason, never without a trace."""

from __future__ import annotations

from sqlalchemy import select

from engine import history
from engine.cases.lookup import kind as kind_of
from engine.errors import Invalid, NotFound
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import cases as table
from engine.tables import customers

_REASON_LENGTHS = (2, 200)


def reveal(unit: Unit, case_id: int, field: str, reason: str) -> Json:
    """The unmasked value of a field of the case, or of ``customer.ref`` and ``customer.name``.
    Who looked, at what and why goes into the case's history with the same transaction.
    NotFound for the case or the field, Invalid without a reason."""
    reason = " ".join(reason.split())
    if not _REASON_LENGTHS[0] <= len(reason) <= _REASON_LENGTHS[1]:
        zh = f"请写明查看原因（{_REASON_LENGTHS[0]}–{_REASON_LENGTHS[1]} 字）。"
        raise Invalid(zh, "Say why this has to be seen.", fields={"reason": zh})
    found = unit.conn.execute(
        select(table.c.kind, table.c.data, customers.c.ref, customers.c.name)
        .outerjoin(customers, customers.c.key == table.c.customer_key)
        .where(table.c.key == case_id)
    ).first()
    if found is None:
        raise NotFound(f"没有案件 {case_id}。", f"There is no case {case_id}.", key=case_id)
    known = {"customer.ref": found.ref, "customer.name": found.name}
    if field not in known and kind_of(unit.conn, found.kind).field(field) is None:
        raise NotFound(f"案件没有字段 {field}。", f"The case has no field {field}.", field=field)
    history.record(unit, case_id, "data.revealed", {"field": field, "reason": reason})
    return known[field] if field in known else found.data.get(field)
