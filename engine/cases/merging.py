"""Merging a case into its original, and undoing it.

The merged case is closed for everybody: its processes are set aside (or have ended by
themselves, where a diagram merges), its contact counts on the original, and whoever looks at it
sees the original's answer. Undoing, as long as the original is open, brings it back as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from engine import history, parking, run
from engine.cases import linking
from engine.cases.lookup import kind as kind_of
from engine.customer_tables import case_links
from engine.customer_tables import case_merges as table
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.model import Json, Person
from engine.store.rows import insert
from engine.store.unit import Unit
from engine.tables import cases, people, user_tasks

_REASON_LENGTHS = (2, 200)
_VARIABLE = "merged_cases"
_AT_INTAKE = "受理时判定为重复"
_BY_DIAGRAM = "流程判定为重复"


@dataclass(frozen=True, slots=True)
class Merged:
    """That a case is merged: into which, since when, by whom, and why it cannot be undone now
    (empty: it can)."""

    into: int
    why: str
    made_by: str
    made_at: datetime
    obstacle: str


def merge(unit: Unit, case_id: int, into: Json, why: str, person: Person) -> int:
    """Merge the case into the one with this number or key, by hand; returns the original's key.

    Supervisors may, and who works on a task of the case (Forbidden for others). NotFound for
    the original, Conflict where one of them is closed or merged, Invalid without a reason or
    for a case into itself."""
    reason = _stated(why)
    original = linking.found(unit.conn, into)
    case, other = _locked(unit, case_id, original)
    if not may(unit.conn, case_id, person):
        raise Forbidden(
            "并单要由该案件的办理人或主管操作。", "Who handles the case or a supervisor merges it."
        )
    _possible(unit.conn, case, other)
    parked = parking.park(unit, case_id)
    _carry_out(unit, case, other, reason, parked, None)
    return original


def at_intake(unit: Unit, case_id: int, into: Json) -> None:
    """Merge a case that was opened in this transaction, to keep the contact on record. Conflict
    where its process is over already, or the original closed or merged meanwhile."""
    original = linking.found(unit.conn, into)
    case, other = _locked(unit, case_id, original)
    _possible(unit.conn, case, other)
    _carry_out(unit, case, other, _AT_INTAKE, parking.park(unit, case_id), None)


def by_diagram(
    unit: Unit, case_id: int, into: Json, restart_at: str | None
) -> None:
    """The same at the wish of the case's process, which has ended or waits for nothing more.
    ``restart_at`` is the element at which it begins again when this is undone."""
    original = linking.found(unit.conn, into)
    case, other = _locked(unit, case_id, original)
    _possible(unit.conn, case, other, by_itself=True)
    clocks = {"case_clocks": parking.clocks(unit, case_id)}
    _carry_out(unit, case, other, _BY_DIAGRAM, clocks, restart_at)


def unmerge(unit: Unit, case_id: int, why: str, person: Person) -> None:
    """Undo the merging: the case goes on as it was. Only while the original is open; Conflict
    otherwise, Forbidden but for supervisors and who merged it."""
    reason = _stated(why)
    found = _standing(unit.conn, case_id)
    if found is None:
        raise Conflict("该案件没有被并单，请刷新页面。", "This case is not merged.")
    if found.made_by != person.login and not person.oversees:
        raise Forbidden("撤销并单要由并单人或主管操作。", "Supervisors and who merged it undo it.")
    case, other = _locked(unit, case_id, found.into_case)
    obstacle = _obstacle(unit.conn, found)
    if obstacle:
        raise Conflict(obstacle, "The merging cannot be undone any more.")
    if found.restart_at:
        if case.process == "active":
            run.cancel(unit, case_id, "撤销并单")
        parking.restart(unit, case_id, found.restart_at)
        parking.wind_up(unit, found.parked.get("case_clocks", []))
    else:
        parking.unpark(unit, case_id, found.parked)
    _undo(unit, case, found)
    _count(unit, found.into_case, -case.contacts)
    data = {"number": other.number, "why": reason}
    history.record(unit, case_id, "case.unmerged", data)
    history.record(unit, found.into_case, "case.received-back", {**data, "number": case.number})
    _tell(unit, found.into_case)


def merged(conn: Connection, case_id: int) -> Merged | None:
    """Whether the case is merged, and whether that can be undone."""
    found = _standing(conn, case_id)
    if found is None:
        return None
    name = conn.execute(select(people.c.name).where(people.c.login == found.made_by)).scalar()
    return Merged(
        found.into_case, found.why, name or found.made_by, found.made_at, _obstacle(conn, found)
    )


def may(conn: Connection, case_id: int, person: Person) -> bool:
    """Whether the person may merge this case into another one."""
    if person.oversees:
        return True
    mine = select(user_tasks.c.key).where(
        user_tasks.c.case_id == case_id, user_tasks.c.state == "created",
        user_tasks.c.assignee == person.login,
    )
    return conn.execute(mine.limit(1)).first() is not None


def _possible(
    conn: Connection, case: Row[Any], other: Row[Any], *, by_itself: bool = False
) -> None:
    if case.key == other.key:
        raise Invalid("案件不能并入自己。", "A case cannot be merged into itself.",
                      fields={"into": "案件不能并入自己。"})
    if case.merged_into is not None or (case.closed_at is not None and not by_itself):
        raise Conflict("该案件已经结案或已并单。", "This case is closed or merged already.")
    if other.merged_into is not None:
        number = conn.execute(select(cases.c.number).where(cases.c.key == other.merged_into))
        raise Conflict(
            f"{other.number} 已并入 {number.scalar()}，请并入后者。",
            f"{other.number} is merged itself; merge into its original.",
        )
    if other.closed_at is not None:
        raise Conflict(
            f"{other.number} 已经结案，不能再并入；请按重复投诉办理。",
            f"{other.number} is closed: a new complaint about it is a repeat.",
        )


def _carry_out(
    unit: Unit, case: Row[Any], other: Row[Any], why: str, parked: dict[str, Json],
    restart_at: str | None,
) -> None:
    row = {
        "key": unit.key(), "case_id": case.key, "into_case": other.key,
        "restart_at": restart_at, "parked": parked, "before": {"status": case.status},
        "why": why, "made_by": unit.actor, "made_at": unit.now, "undone_at": None,
        "undone_by": None,
    }
    insert(unit.conn, table, [row])
    status = kind_of(unit.conn, case.kind).ended.get("merged", case.status)
    unit.conn.execute(update(cases).where(cases.c.key == case.key).values(
        merged_into=other.key, closed_at=unit.now, status=status
    ))
    linking.link(unit, case.key, other.key, "duplicate", why)
    _count(unit, other.key, case.contacts)
    history.record(unit, case.key, "case.merged", {"number": other.number, "why": why})
    history.record(unit, other.key, "case.received", {"number": case.number, "why": why})
    _tell(unit, other.key)


def _undo(unit: Unit, case: Row[Any], found: Row[Any]) -> None:
    values: dict[str, Any] = {"merged_into": None, "closed_at": None}
    if not found.restart_at:
        values["status"] = found.before["status"]
    unit.conn.execute(update(cases).where(cases.c.key == case.key).values(values))
    unit.conn.execute(
        update(table).where(table.c.key == found.key)
        .values(undone_at=unit.now, undone_by=unit.actor)
    )
    unit.conn.execute(
        update(case_links)
        .where(
            case_links.c.case_id == case.key, case_links.c.to_case == found.into_case,
            case_links.c.kind == "duplicate", case_links.c.undone_at.is_(None),
        )
        .values(undone_at=unit.now, undone_by=unit.actor)
    )


def _count(unit: Unit, case_id: int, contacts: int) -> None:
    """Count contacts on the case, and on those it is merged into itself."""
    unit.conn.execute(_COUNT, {"case_id": case_id, "contacts": contacts})


def _tell(unit: Unit, case_id: int) -> None:
    """Give the original's process, and whatever it has called, the list of who waits for its
    answer, too."""
    status = unit.conn.execute(_STATUS, {"case_id": case_id}).scalar()
    if status != "active":
        return
    found = unit.conn.execute(_MERGED_INTO, {"case_id": case_id}).all()
    listed = [
        {"key": str(one.key), "number": one.number, "ref": one.ref,
         "received_at": one.received_at.astimezone(unit.engine.zone).isoformat(timespec="seconds")}
        for one in found
    ]
    run.hand_down(unit, case_id, {_VARIABLE: listed})


def _obstacle(conn: Connection, found: Row[Any]) -> str:
    """Why it cannot be undone; empty where it can."""
    case_id: int | None = found.into_case
    while case_id is not None:
        row = conn.execute(
            select(cases.c.number, cases.c.closed_at, cases.c.merged_into)
            .where(cases.c.key == case_id)
        ).one()
        if row.merged_into is None and row.closed_at is not None:
            return (
                f"原件 {row.number} 已经结案，并单不能再撤销；客户仍有异议时请按重复投诉受理。"
            )
        case_id = row.merged_into
    if not found.restart_at and "instances" not in found.parked:
        return "流程没有说明撤销并单后从哪一步开始（属性 case.merge.undo），不能撤销。"
    return ""


def _standing(conn: Connection, case_id: int) -> Row[Any] | None:
    query = select(table).where(table.c.case_id == case_id, table.c.undone_at.is_(None))
    return conn.execute(query).first()


def _locked(unit: Unit, case_id: int, other: int) -> tuple[Row[Any], Row[Any]]:
    """Both cases, their processes locked in the order of their keys: a step locks one case only,
    so that two mergings alone could wait for each other."""
    keys = sorted({case_id, other})
    unit.conn.execute(_LOCK, {"keys": keys})
    found = {row.key: row for row in unit.conn.execute(_ROWS, {"keys": keys})}
    if case_id not in found:
        raise NotFound(f"没有案件 {case_id}。", f"There is no case {case_id}.", key=case_id)
    return found[case_id], found[other]


def _stated(why: str) -> str:
    reason = " ".join(why.split())
    if not _REASON_LENGTHS[0] <= len(reason) <= _REASON_LENGTHS[1]:
        zh = f"请写明原因（{_REASON_LENGTHS[0]}–{_REASON_LENGTHS[1]} 字）。"
        raise Invalid(zh, "Say why.", fields={"why": zh})
    return reason


_LOCK = text("SELECT key FROM instances WHERE key = ANY (:keys) ORDER BY key FOR UPDATE")
_ROWS = text(
    "SELECT c.key, c.kind, c.number, c.status, c.closed_at, c.merged_into, c.contacts,"
    " i.status AS process FROM cases c JOIN instances i USING (key) WHERE c.key = ANY (:keys)"
)
_STATUS = text("SELECT status FROM instances WHERE key = :case_id")
_COUNT = text("""
    WITH RECURSIVE up AS (
        SELECT key, merged_into FROM cases WHERE key = :case_id
        UNION SELECT c.key, c.merged_into FROM cases c JOIN up ON c.key = up.merged_into
    )
    UPDATE cases SET contacts = contacts + :contacts WHERE key IN (SELECT key FROM up)
""")
_MERGED_INTO = text("""
    WITH RECURSIVE down AS (
        SELECT case_id AS key FROM case_merges WHERE into_case = :case_id AND undone_at IS NULL
        UNION SELECT m.case_id FROM case_merges m JOIN down ON m.into_case = down.key
        WHERE m.undone_at IS NULL
    )
    SELECT c.key, c.number, c.received_at, cu.ref
    FROM down JOIN cases c USING (key) LEFT JOIN customers cu ON cu.key = c.customer_key
    ORDER BY c.received_at, c.key
""")
