"""What extension properties of a diagram say about the case and its customer, carried out in the
step in which the element is done (docs/customers.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select, text

from engine import history
from engine.cases import linking, marking, merging
from engine.errors import Invalid
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import cases

_MARK_WHY = "流程判定"


def carry_out(unit: Unit, case_id: int, values: Mapping[str, Json]) -> None:
    """Marks, links and merging as the properties say. A mark or a number that is unknown stops
    nobody's work: the history tells it. A merging that is not possible raises: who asked for it
    has to know."""
    if values.get("customer.mark"):
        _mark(unit, case_id, values)
    kind = values.get("case.link")
    if kind:
        asked = values.get("case.link.to"), values.get("case.link.from")
        unknown = linking.by_diagram(unit, case_id, str(kind), *asked)
        if unknown:
            history.record(unit, case_id, "case.link-unknown", {"numbers": unknown})
    if values.get("case.merge"):
        undo = values.get("case.merge.undo")
        merging.by_diagram(unit, case_id, values["case.merge"], str(undo) if undo else None)


def repeats(unit: Unit, case_id: int, number: Json) -> None:
    """The case repeats the one with this number, where it is a case here."""
    other = linking.find(unit.conn, number)
    if other is not None and other != case_id:
        linking.link(unit, case_id, other, "repeat")


def _mark(unit: Unit, case_id: int, values: Mapping[str, Json]) -> None:
    said = values["customer.mark"]
    names = [str(one) for one in said] if isinstance(said, list) else _split(str(said))
    why = str(values.get("customer.mark.why") or _MARK_WHY)
    row: Any = unit.conn.execute(_CUSTOMER, {"key": case_id}).first()
    if row is None or row.customer_key is None:
        return
    done: list[str] = []
    for name in names:
        try:
            marking.mark(unit, row.customer_key, name, why, case_id=case_id)
            done.append(name)
        except Invalid as error:
            history.record(unit, case_id, "case.mark-refused", {"mark": name, "zh": error.zh})
    if done:
        unit.conn.execute(_MARKED, {"key": case_id, "marks": done})
        history.record(unit, case_id, "case.marked", {"marks": done, "why": why})


def _split(said: str) -> list[str]:
    return [part.strip() for part in said.split(",") if part.strip()]


_CUSTOMER = select(cases.c.customer_key).where(cases.c.key == bindparam("key"))
_MARKED = text(
    "UPDATE cases SET marks = ARRAY(SELECT DISTINCT unnest(marks || CAST(:marks AS varchar[]))"
    " ORDER BY 1) WHERE key = :key"
)
