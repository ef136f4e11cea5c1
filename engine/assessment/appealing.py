"""Appeals against assessments, and what is decided of them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select, update

from engine import history
from engine.assessment.given import DECIDING, Assessment, get, led_by
from engine.assessment_tables import assessments as table
from engine.errors import Conflict, Forbidden, Invalid
from engine.model import Person
from engine.store.unit import Unit

_LONGEST = 1000


def appeal(unit: Unit, key: int, person: Person, reason: str) -> None:
    """The assessed, or who leads the unit, appeals once, in time and with a reason. NotFound,
    Forbidden, Conflict, Invalid."""
    found = _locked(unit, person, key)
    if not may_appeal(unit.conn, [found], person):
        raise Forbidden("只有被评的人员或其单位负责人可以申诉。",
                        "Only the assessed or who leads the unit may appeal.")
    if found.appealed_at is not None:
        raise Conflict("这条考核已经申诉过。", "This assessment has been appealed before.")
    if found.appeal_until is not None and unit.now > found.appeal_until:
        local = found.appeal_until.astimezone(unit.engine.zone)
        raise Conflict(f"申诉期已过（{local:%Y-%m-%d %H:%M} 止）。",
                       f"Appeals were possible until {local:%Y-%m-%d %H:%M}.")
    why = _text(reason, "请写明申诉理由。", "Say why.")
    unit.conn.execute(update(table).where(table.c.key == key).values(
        appealed_at=unit.now, appealed_by=person.login, appeal_reason=why,
    ))
    _tell(unit, found, "assessment.appealed", {"why": why})


def decide(unit: Unit, key: int, person: Person, stands: bool, note: str) -> None:
    """Who decides appeals keeps the assessment or takes it back; not who gave it, nor who
    appealed. NotFound, Forbidden, Conflict, Invalid."""
    found = _locked(unit, person, key)
    if not may_decide(person):
        raise Forbidden("申诉由督办专员或主管复议。", "Appeals are decided by the supervisors.")
    if not found.open_appeal:
        raise Conflict("这条考核没有待复议的申诉。", "No appeal waits to be decided here.")
    if person.login in (found.given_by, found.appealed_by, found.person):
        raise Forbidden("评分人和被评人不能复议自己的考核。",
                        "Neither who gave it nor whom it concerns decides.")
    why = _text(note, "请写明复议意见。", "Say why.")
    unit.conn.execute(update(table).where(table.c.key == key).values(
        decided_at=unit.now, decided_by=person.login, decision_note=why, stands=stands,
    ))
    _tell(unit, found, "assessment.decided", {"stands": stands, "why": why})


def may_appeal(conn: Connection, found: Iterable[Assessment], person: Person) -> set[int]:
    """The keys of those that concern the person or a unit that he leads."""
    led = {*led_by(conn, person.login)}
    return {one.key for one in found if one.person == person.login or one.unit in led}


def may_decide(person: Person) -> bool:
    """Whether the person decides appeals at all."""
    return bool(person.oversees or person.groups & DECIDING)


def _locked(unit: Unit, person: Person, key: int) -> Assessment:
    unit.conn.execute(select(table.c.key).where(table.c.key == key).with_for_update())
    return get(unit.conn, person, key)


def _text(said: str, zh: str, en: str) -> str:
    if not said.strip():
        raise Invalid(zh, en)
    return said.strip()[:_LONGEST]


def _tell(unit: Unit, found: Assessment, kind: str, data: dict[str, object]) -> None:
    history.record(unit, found.case_id, kind, {"role": found.role, "assessment": found.key} | data)
