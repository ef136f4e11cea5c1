"""Writing down what the extension properties ``assess.…`` of an element say, in the step in
which the element is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, column, func, insert, select
from sqlalchemy import table as view_of

from engine import decisions, history
from engine.assessment_tables import assessments as table
from engine.bpmn.conventions import ASSESSMENTS
from engine.bpmn.timing import TimingError, moment
from engine.errors import BihuanError, NotFound
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import groups, user_tasks

RULE = "assessment-rule"
"""The decision that says of ``kind``, ``score``, ``role`` and ``at``: ``{points, veto,
appeal_until}``. Where it is not deployed nothing is taken off and appeals have no end."""

LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True, slots=True)
class _Assessed:
    """Whose work it was."""

    element_id: str | None
    role: str
    person: str | None
    unit: str | None
    vendor: str | None


@dataclass(frozen=True, slots=True)
class _Ruled:
    points: Decimal = Decimal()
    veto: bool = False
    appeal_until: datetime | None = None


def carry_out(unit: Unit, case_id: int, values: Mapping[str, Json]) -> None:
    """Write the assessment down, if there is one: a score, or reasons of an error of a fault
    or of a bad attitude. What cannot be written stops nobody's work: the history tells it."""
    kind = str(values.get("assess.kind") or "score")
    score, reasons = values.get("assess.score"), _reasons(values.get("assess.reasons"))
    if (score is None) if kind == "score" else not reasons:
        return
    points = _score(score)
    if kind not in ASSESSMENTS:
        _refuse(unit, case_id, f"没有考核种类 {kind}。")
    elif kind == "score" and points is None:
        _refuse(unit, case_id, f"评分 {score} 不是 {LOWEST} 到 {HIGHEST} 的整数。")
    else:
        note = str(values.get("assess.note") or "")
        _write(unit, case_id, kind, points if kind == "score" else None, reasons, note, values)


def _write(
    unit: Unit, case_id: int, kind: str, score: int | None, reasons: list[str], note: str,
    values: Mapping[str, Json],
) -> None:
    whose = _assessed(unit, case_id, values)
    if whose is None:
        _refuse(unit, case_id, "找不到被评的人员或单位。")
        return
    ruled = _ruled(unit, case_id, kind, score, whose.role)
    if isinstance(off := values.get("assess.points"), (int, float)) and not ruled.veto:
        ruled = replace(ruled, points=Decimal(str(max(0, off))))
    unit.conn.execute(insert(table), {
        "key": unit.key(), "case_id": case_id, "kind": kind, "element_id": whose.element_id,
        "role": whose.role, "person": whose.person, "unit": whose.unit, "vendor": whose.vendor,
        "score": score, "points": ruled.points, "veto": ruled.veto, "reasons": reasons,
        "note": note, "given_at": unit.now, "given_by": unit.actor,
        "appeal_until": ruled.appeal_until,
    })
    told = {
        "kind": kind, "role": whose.role, "person": whose.person, "unit": whose.unit,
        "score": score, "reasons": reasons, "points": float(ruled.points), "veto": ruled.veto,
    }
    history.record(unit, case_id, "assessment.given", told, element_id=whose.element_id)


def _assessed(unit: Unit, case_id: int, values: Mapping[str, Json]) -> _Assessed | None:
    """The one who did the task last that ``assess.of`` names, unless the diagram says whom; a
    login that nobody has is left out."""
    of = [part.strip() for part in str(values.get("assess.of") or "").split(",") if part.strip()]
    task: Any = unit.conn.execute(_TASK, {"case": case_id, "of": of}).first() if of else None
    role = str(values.get("assess.role") or (task.name if task else "") or "—")
    person, ours, vendor = None, None, False
    if task:
        person, ours, vendor = task.person, task.unit, task.kind == "vendor"
    if values.get("assess.person"):
        login = str(values["assess.person"]).strip()
        found: Any = unit.conn.execute(_PERSON, {"login": login}).first()
        if found:
            person, ours, vendor = login, found.unit, found.kind == "vendor"
    if values.get("assess.unit"):
        ours = str(values["assess.unit"])
        vendor = unit.conn.execute(_GROUP, {"id": ours}).scalar() == "vendor"
    if not person and not ours:
        return None
    element = task.element_id if task else None
    return _Assessed(element, role, person, ours, ours if vendor else None)


def _ruled(unit: Unit, case_id: int, kind: str, score: int | None, role: str) -> _Ruled:
    seen = {"kind": kind, "score": score, "role": role, "at": unit.now.isoformat()}
    try:
        said = decisions.decide(unit.conn, RULE, seen)
    except NotFound:
        return _Ruled()
    except BihuanError as error:
        _refuse(unit, case_id, f"考核规则 {RULE} 没有算出来，未扣分：{error.zh}")
        return _Ruled()
    entry = said if isinstance(said, Mapping) else {}
    points = entry.get("points")
    return _Ruled(
        Decimal(str(points)) if isinstance(points, (int, float)) and points > 0 else Decimal(),
        entry.get("veto") is True,
        _until(unit, case_id, entry.get("appeal_until")),
    )


def _until(unit: Unit, case_id: int, value: Json) -> datetime | None:
    try:
        return None if value is None else moment(str(value))
    except TimingError as error:
        _refuse(unit, case_id, f"考核规则 {RULE} 给出的申诉截止时间不对，申诉不限时：{error.zh}")
        return None


def _refuse(unit: Unit, case_id: int, zh: str) -> None:
    history.record(unit, case_id, "assessment.refused", {"zh": zh})


def _score(value: Json) -> int | None:
    text = str(value)
    return int(text) if text in "12345" and len(text) == 1 else None


def _reasons(value: Json) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [str(one).strip() for one in listed if one is not None and str(one).strip()]


_BELONGING = view_of("v_people", column("person"), column("unit"))
_DOER = func.coalesce(user_tasks.c.assignee, user_tasks.c.ended_by)
_TASK = (
    select(
        user_tasks.c.element_id, user_tasks.c.name, _DOER.label("person"), _BELONGING.c.unit,
        groups.c.kind,
    )
    .outerjoin(_BELONGING, _BELONGING.c.person == _DOER)
    .outerjoin(groups, groups.c.id == _BELONGING.c.unit)
    .where(
        user_tasks.c.case_id == bindparam("case"), user_tasks.c.state == "completed",
        user_tasks.c.element_id.in_(bindparam("of", expanding=True)),
    )
    .order_by(user_tasks.c.ended_at.desc()).limit(1)
)
_PERSON = (
    select(_BELONGING.c.unit, groups.c.kind)
    .outerjoin(groups, groups.c.id == _BELONGING.c.unit)
    .where(_BELONGING.c.person == bindparam("login"))
)
_GROUP = select(groups.c.kind).where(groups.c.id == bindparam("id"))
