"""Marks of attention: which hold by count when a case is opened, and those that people and
diagrams set. What marks there are and what they mean is said by the decisions that a case kind
names (``marks``); engine.customers.marks keeps them."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from engine import customers, definitions
from engine.cases.kinds import CaseKind
from engine.cases.lookup import kinds
from engine.customers import Met, marks
from engine.errors import Invalid
from engine.feel import to_json
from engine.model import Json
from engine.store.unit import Unit

_HALF_YEAR = 6


@dataclass(frozen=True, slots=True)
class MarkRule:
    """What the table says of a mark: ``months`` it is kept, None until it is taken away."""

    mark: str
    label: str
    automatic: bool
    months: int | None


def facts(
    unit: Unit, kind: CaseKind, ref: str, name: str, met: Met, at: datetime, counted: bool
) -> dict[str, Json]:
    """The variable ``customer`` of a case that is received at ``at``; automatic marks that begin
    to hold, or hold longer, are kept."""
    moments = (*met.counted, at) if counted else met.counted
    about: dict[str, Json] = {
        "ref": ref, "name": name, "level": met.level, "star": met.data.get("star"),
        "contact": met.data.get("contact"), "manager": met.data.get("manager"),
        "marks": list(met.marks),
        **_counts(moments, at.astimezone(unit.engine.zone)), "open": met.open, "past": met.past,
    }
    if kind.marks is not None and kind.marks.automatic is not None:
        held = _Automatic(unit, kind.marks.automatic, about, moments).keep(met, at)
        others = [one for one in met.marks if one not in held]
        # Two records that were one when a mark was set may be two by now.
        gone = marks.drop(unit, met.person, others) if others else set()
        about["marks"] = sorted({*met.marks, *held} - gone)
    return about


def rules(conn: Connection) -> list[MarkRule]:
    """All marks that the deployed kinds know, in the order of their files."""
    found: dict[str, MarkRule] = {}
    for kind in kinds(conn):
        for mark in kind.marks.all if kind.marks else ():
            found.setdefault(mark, _rule(conn, kind, mark))
    return list(found.values())


def mark(
    unit: Unit, customer_key: int, name: str, why: str, *, case_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """Mark the customer by hand, as long as the table says. Invalid for a mark that is unknown
    or set by count only, or without a reason."""
    knowing = (one for one in kinds(unit.conn) if one.marks and name in one.marks.all)
    rule = next((_rule(unit.conn, one, name) for one in knowing), None)
    if rule is None or rule.automatic:
        zh = f"标记 {name} 由系统按次数判定，不能手工设置。" if rule else f"没有标记 {name}。"
        en = f"Mark {name} is set by count only." if rule else f"There is no mark {name}."
        raise Invalid(zh, en, fields={"mark": zh})
    until = _months_later(at or unit.now, rule.months) if rule.months else None
    person = customers.person_of(unit.conn, customer_key)
    marks.set_(unit, person, name, why, expires_at=until, case_id=case_id)


def _rule(conn: Connection, kind: CaseKind, name: str) -> MarkRule:
    assert kind.marks is not None
    said = _decide(conn, kind.marks.mark, {"mark": name})
    entry = said if isinstance(said, Mapping) else {}
    months = entry.get("months")
    return MarkRule(
        name, str(entry.get("label") or name), entry.get("automatic") is True,
        int(months) if isinstance(months, (int, float)) and months > 0 else None,
    )


class _Automatic:
    """The marks that hold by count, now and at later moments without another case."""

    def __init__(
        self, unit: Unit, decision: str, about: Mapping[str, Json], moments: Sequence[datetime]
    ) -> None:
        self.unit = unit
        self.decision = decision
        self.about = dict(about)
        self.moments = moments
        self.zone = unit.engine.zone

    def keep(self, met: Met, at: datetime) -> set[str]:
        """Those of now, each kept in the customer's record until it will hold no more."""
        now = self.at(at.astimezone(self.zone))
        for one in sorted(now):
            until = self._until(one, at)
            if one in met.marks:
                marks.prolong(self.unit, met.person, one, until)
                continue
            about = self.about
            why = f"本月第 {about['month']} 件，六个月内第 {about['half_year']} 件"
            marks.set_(self.unit, met.person, one, why, automatic=True, expires_at=until)
        return now

    def at(self, moment: datetime) -> set[str]:
        """The marks at a local moment."""
        about = self.about | _counts(self.moments, moment)
        said = _decide(self.unit.conn, self.decision, {"customer": about})
        listed = said if isinstance(said, list) else [] if said is None else [said]
        return {str(one["mark"] if isinstance(one, Mapping) else one) for one in listed if one}

    def _until(self, mark_: str, at: datetime) -> datetime | None:
        """The first moment at which it will not hold: counts fall when a month begins, and when
        a case is half a year old."""
        start = _month_of(at.astimezone(self.zone))
        months = [_months_later(start, n) for n in range(1, _HALF_YEAR + 2)]
        ages = [_months_later(one.astimezone(self.zone), _HALF_YEAR) for one in self.moments]
        for moment in sorted({*months, *ages}):
            if moment > at and mark_ not in self.at(moment):
                return moment
        return None


def _counts(moments: Sequence[datetime], at: datetime) -> dict[str, int]:
    """How many lie in the calendar month of the local moment and in the six months before."""
    month, half_year = _month_of(at), _months_later(at, -_HALF_YEAR)
    return {
        "month": sum(month <= one <= at for one in moments),
        "half_year": sum(half_year < one <= at for one in moments),
    }


def _month_of(at: datetime) -> datetime:
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _months_later(at: datetime, months: int) -> datetime:
    """The same day and time so many months later, or that month's last day."""
    years, month = divmod(at.month - 1 + months, 12)
    year = at.year + years
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)


def _decide(conn: Connection, decision: str, context: Mapping[str, Json]) -> Json:
    number = definitions.number(conn)
    definition = definitions.resolve(conn, number, "decision", decision)
    if definition is None:
        raise definitions.missing("decision", decision)
    _, functions = definitions.functions_at(conn, number)
    model = definitions.decision_model(conn, definition)
    return to_json(model.evaluate(decision, context, functions).value)
