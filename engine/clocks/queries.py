"""Reading the clocks of cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select, true

from engine.clocks.clock import Clock, from_row
from engine.tables import case_clocks as table


def of_case(conn: Connection, case_id: int) -> list[Clock]:
    """All clocks of a case: those that run, the next due first, then the paused ones, then what
    is over, the latest first."""
    query = select(table).where(table.c.case_id == case_id)
    found = [from_row(dict(row)) for row in conn.execute(query).mappings()]
    going = sorted((one for one in found if one.state == "running"), key=lambda one: one.due_at)
    paused = sorted((one for one in found if one.state == "paused"), key=lambda one: one.due_at)
    over = [one for one in found if not one.open]
    over.sort(key=lambda one: (one.ended_at, one.key), reverse=True)
    return [*going, *paused, *over]


def of_cases(conn: Connection, case_ids: Iterable[int]) -> dict[int, list[Clock]]:
    """The open clocks of several cases, the next due first; one statement."""
    query = select(table).where(table.c.case_id.in_(list(case_ids)), table.c.ended_at.is_(None))
    found: dict[int, list[Clock]] = {}
    for row in conn.execute(query.order_by(table.c.due_at)).mappings():
        found.setdefault(row["case_id"], []).append(from_row(dict(row)))
    return found


def nearest(query: Select[Any], case_id: ColumnElement[int]) -> Select[Any]:
    """``query`` with the columns ``clock_name``, ``clock_due_at`` of the case's clock that runs
    out next; null where none runs."""
    open_ = (
        select(table.c.name.label("clock_name"), table.c.due_at.label("clock_due_at"))
        .where(and_(table.c.case_id == case_id, table.c.state == "running"))
        .order_by(table.c.due_at).limit(1).lateral("nearest")
    )
    return query.add_columns(open_.c.clock_name, open_.c.clock_due_at).outerjoin(open_, true())
