"""A month summed up by unit, role, person or vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from sqlalchemy import Connection, and_, func, select

from engine import decisions, figures, groups, lists
from engine.assessment.given import led_by, sees_all, visible
from engine.assessment.noting import HIGHEST
from engine.assessment_tables import assessments as table
from engine.errors import BihuanError, NotFound
from engine.model import Json, Person
from engine.store.unit import store_of
from engine.tables import people

BY = ("unit", "role", "person", "vendor")
FIGURE = "assessment-score"
"""The figure whose target (docs/figures.md) the mean score is held against."""
MONTH = "assessment-month"
"""The decision that says of ``points``, ``vetoes``, ``mean`` and ``orders_grade`` (a vendor's):
``{result, grade}``."""
VENDOR_LIST, VENDOR_GRADE = "vendor-statement", "vendor-assessment"
_FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a vendor had to do in the month; rates are 0–1."""

    orders: int
    late_rate: Decimal
    unsolved_rate: Decimal
    grade: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """``value`` is the id of the unit, role …, None where it is not known. ``missing``: how many
    full scores more would reach the target; None where it is reached or there is none."""

    value: str | None
    name: str
    scores: int
    mean: Decimal | None
    low: int
    errors: int
    points: Decimal
    vetoes: int
    appeals: int
    taken_back: int
    result: Decimal
    grade: str
    target: Decimal | None
    missing: int | None
    orders: Orders | None = None


def sheet(
    conn: Connection, person: Person, since: datetime, until: datetime, by: str
) -> tuple[Line, ...]:
    """The month's lines that the person may see, the worst first. An assessment that an appeal
    has taken back counts in ``taken_back`` only. With a veto nothing is left of the month."""
    names = _names(conn, by)
    rows: dict[str | None, Any] = {
        row.value: row for row in conn.execute(_tallied(conn, person, since, until, by))
    }
    orders = _orders(conn, person, since, until) if by == "vendor" else {}
    known = dict.fromkeys([*rows, *orders])
    year = since.astimezone(store_of(conn).zone).year
    lines = []
    for value in known:
        aimed = figures.aim(conn, FIGURE, year, {by: value} if value else {})
        name = names.get(value or "", value or "（未注明）")
        lines.append(_line(conn, value, name, rows.get(value), aimed, orders.get(value or "")))
    return tuple(sorted(lines, key=lambda one: (one.result, one.mean or 0, one.name)))


def _tallied(conn: Connection, person: Person, since: datetime, until: datetime, by: str) -> Any:
    column, stands = table.c[by], table.c.stands
    where = and_(table.c.given_at >= since, table.c.given_at < until, visible(conn, person))
    if by == "vendor":
        where = and_(where, column.is_not(None))
    scored = and_(stands, table.c.score.is_not(None))
    return (
        select(
            column.label("value"),
            func.count().filter(scored).label("scores"),
            func.sum(table.c.score).filter(scored).label("total"),
            func.count().filter(and_(scored, table.c.score <= 2)).label("low"),
            func.count().filter(and_(stands, table.c.kind == "error")).label("errors"),
            func.coalesce(func.sum(table.c.points).filter(stands), 0).label("points"),
            func.count().filter(and_(stands, table.c.veto)).label("vetoes"),
            func.count().filter(
                and_(table.c.appealed_at.is_not(None), table.c.decided_at.is_(None))
            ).label("appeals"),
            func.count().filter(~stands).label("taken_back"),
        )
        .where(where).group_by(column)
    )


def _line(
    conn: Connection, value: str | None, name: str, row: Any, target: Decimal | None,
    orders: Orders | None,
) -> Line:
    scores, total = (row.scores, Decimal(row.total or 0)) if row else (0, Decimal())
    mean = total / scores if scores else None
    points = (Decimal(row.points) if row else Decimal()) + (orders.points if orders else 0)
    vetoes = row.vetoes if row else 0
    said = _said(conn, MONTH, {
        "points": float(points), "vetoes": vetoes, "mean": None if mean is None else float(mean),
        "orders_grade": orders.grade if orders else None,
    })
    kept = Decimal() if vetoes else max(Decimal(), _FULL - points)
    result = said.get("result")
    return Line(
        value, name, scores, mean, row.low if row else 0, row.errors if row else 0, points,
        vetoes, row.appeals if row else 0, row.taken_back if row else 0,
        Decimal(str(result)) if isinstance(result, (int, float)) else kept,
        str(said.get("grade") or ""), target, _missing(scores, total, target), orders,
    )


def _missing(scores: int, total: Decimal, target: Decimal | None) -> int | None:
    """How many more scores of 5 bring the mean to the target: the n for which
    (total + 5 n) / (scores + n) ≥ target, rounded up."""
    if target is None or not scores or total >= target * scores or target >= HIGHEST:
        return None
    short = (target * scores - total) / (HIGHEST - target)
    return int(short.to_integral_value(ROUND_CEILING))


def _orders(
    conn: Connection, person: Person, since: datetime, until: datetime
) -> dict[str, Orders]:
    """The vendors' month by the deployed list of orders and the decision that grades them (the
    ones that the monthly settlement uses); nothing where they are not deployed. As with
    assessments, who does not see everything sees the vendors he leads."""
    led = None if sees_all(person) else set(led_by(conn, person.login))
    if led is not None and not led:
        return {}
    try:
        rows = lists.run(conn, VENDOR_LIST, {
            "since": since.isoformat(), "until": until.isoformat()})
    except NotFound:
        return {}
    found = {}
    for row in rows:
        if led is not None and row["vendor"] not in led:
            continue
        said = _said(conn, VENDOR_GRADE, row)
        found[str(row["vendor"])] = Orders(
            int(row["orders"]), Decimal(str(row["late_rate"])), Decimal(str(row["unsolved_rate"])),
            str(said.get("grade") or ""), Decimal(str(said.get("points") or 0)),
        )
    return found


def _said(conn: Connection, decision: str, seen: Mapping[str, Json]) -> Mapping[str, Json]:
    try:
        said = decisions.decide(conn, decision, seen)
    except NotFound:
        return {}
    except BihuanError as error:
        return {"grade": f"没有算出来：{error.zh}"}
    return said if isinstance(said, Mapping) else {}


def _names(conn: Connection, by: str) -> dict[str, str]:
    if by == "person":
        rows = conn.execute(select(people.c.login, people.c.name))
        return {row.login: row.name for row in rows}
    return groups.names(conn) if by in ("unit", "vendor") else {}
