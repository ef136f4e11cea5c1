"""Setting a case's processes aside, and taking them up again as they were.

A parked case waits for nothing: its tasks are in no inbox, its timers do not fire, messages do
not find it. The rows that bring this back are the caller's to keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Table, select, text

from engine import definitions
from engine.bpmn.placing import places
from engine.errors import Conflict
from engine.model import Json
from engine.starts import running
from engine.step import Step
from engine.store import queue
from engine.store.unit import Unit
from engine.tables import cases, history, instances, subscriptions, timers

PARKED = "parked"
"""The status of an instance that is set aside, and the state of its tasks, jobs, incidents."""


def park(unit: Unit, case_id: int) -> dict[str, Json]:
    """Set the case's running processes aside, within the lock of its root; what is returned
    goes back into ``unpark``. Raises Conflict where the case's process is over."""
    if _root(unit, case_id).status != "active":
        raise Conflict(
            "该案件的流程已经结束。", "The process of this case is over.", case=case_id
        )
    asked = {"case_id": case_id}
    found: dict[str, Json] = {
        "instances": list(unit.conn.execute(_PARK_INSTANCES, asked).scalars()),
    }
    for name, statement in _PARK.items():
        found[name] = [row[0] for row in unit.conn.execute(statement, asked)]
    return found | {"case_clocks": clocks(unit, case_id)}


def clocks(unit: Unit, case_id: int) -> list[Json]:
    """Stop the case's clocks; what is returned goes back into ``wind_up``."""
    values = {"case_id": case_id, "now": unit.now}
    return list(unit.conn.execute(_STOP_CLOCKS, values).scalars())


def wind_up(unit: Unit, rows: Sequence[Json]) -> None:
    """Let the clocks go on as they were: what has passed meanwhile counts."""
    unit.conn.execute(_WIND_UP, {"rows": _json(rows)})


def unpark(unit: Unit, case_id: int, parked: Mapping[str, Json]) -> None:
    """Take the case up where it was set aside. Its timers keep their times: one that has passed
    fires at once. Raises Conflict if it is not parked, or another case of its start key runs."""
    root = _root(unit, case_id)
    if root.status != PARKED:
        raise Conflict(
            "该案件不在搁置中。", "The processes of this case are not parked.", case=case_id
        )
    _one_at_a_time(unit, root.start_key)
    unit.conn.execute(_WAKE_INSTANCES, {"keys": parked.get("instances", [])})
    for name, statement in _WAKE.items():
        rows = parked.get(name, [])
        if rows:
            unit.conn.execute(statement, {"rows": _json(rows)})
    for table in (timers, subscriptions):
        _bring_back(unit, table, parked.get(table.name, []))
    wind_up(unit, parked.get("case_clocks", []))
    local = list(unit.conn.execute(_LOCAL_JOBS, {
        "case_id": case_id, "types": sorted(unit.engine.local_job_types),
    }).scalars())
    queue.defer(unit.conn, local, None)


def restart(unit: Unit, case_id: int, element_id: str) -> None:
    """Begin a case's process again at an element, with the variables it had when the element was
    last entered, in the version it ran in. Raises Conflict while it or another case of its start
    key runs, Invalid or NotFound where it cannot begin there."""
    step = Step.locked(unit, case_id)
    row = _root(unit, case_id)
    if row.status in ("active", PARKED):
        raise Conflict("该案件的流程还没有结束。", "The process of this case is not over.")
    _one_at_a_time(unit, row.start_key)
    definition = definitions.by_key(unit.conn, row.definition_key)
    process = definitions.process(unit.conn, step.number, definition)
    places(process.info, [element_id])
    step.begin_again(process, _variables_before(unit, case_id, element_id), element_id)
    step.settle()
    step.finish()


def _variables_before(unit: Unit, case_id: int, element_id: str) -> dict[str, Json]:
    """The root's variables when it last entered the element; those at its end if it never did."""
    entries = unit.conn.execute(
        select(history.c.seq, history.c.kind, history.c.element_id, history.c.data)
        .where(
            history.c.case_id == case_id, history.c.instance_key == case_id,
            history.c.kind.in_(("variables.changed", "element.entered")),
        )
        .order_by(history.c.seq)
    ).all()
    entered = [
        one.seq for one in entries
        if one.kind == "element.entered" and one.element_id == element_id
    ]
    until = max(entered, default=None)
    values: dict[str, Json] = {}
    for one in entries:
        changes = one.kind == "variables.changed" and not one.data["scope"]
        if changes and (until is None or one.seq < until):
            values |= one.data["values"]
    return values


def _one_at_a_time(unit: Unit, start_key: str | None) -> None:
    """Of one start key (a process and the correlation key of the message that began it) one
    instance runs; while this one did not, the next message may have begun another."""
    other = running(unit.conn, start_key) if start_key else None
    if other is None:
        return
    number = unit.conn.execute(select(cases.c.number).where(cases.c.key == other)).scalar()
    name = f"案件 {number}" if number else f"流程实例 {other}"
    said = (start_key or "").partition(":")[2]
    raise Conflict(
        f"同一来源（{said}）又开始了{name}，还在办理，两件不能同时进行。"
        f"请先办结{name}，或把它也并入原件，再恢复这一件。",
        f"Instance {other} of the same start key runs; it has to end or be merged first.",
        other=other,
    )


def _bring_back(unit: Unit, table: Table, rows: Sequence[Mapping[str, Json]]) -> None:
    """Insert the rows as they were; columns that came later get their defaults."""
    alike: dict[tuple[str, ...], list[Mapping[str, Json]]] = {}
    for row in rows:
        known = tuple(column.name for column in table.columns if column.name in row)
        alike.setdefault(known, []).append(row)
    for known, some in alike.items():
        columns = ", ".join(f'"{name}"' for name in known)
        unit.conn.execute(text(
            f"INSERT INTO {table.name} ({columns}) SELECT {columns}"
            f" FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:rows AS jsonb))"
        ), {"rows": _json(some)})


def _root(unit: Unit, case_id: int) -> Any:
    query = select(instances.c.status, instances.c.definition_key, instances.c.start_key)
    found: Any = unit.conn.execute(query.where(instances.c.key == case_id)).one()
    return found


def _json(rows: Sequence[Json]) -> str:
    return orjson.dumps(rows).decode()


_PARK_INSTANCES = text(
    "UPDATE instances SET status = 'parked' WHERE case_id = :case_id AND status = 'active'"
    " RETURNING key"
)
_WAKE_INSTANCES = text(
    "UPDATE instances SET status = 'active' WHERE key = ANY (:keys) AND status = 'parked'"
)
# A job that a worker has at present is offered again afterwards: at least once, as always.
_PARK = {
    "timers": text("DELETE FROM timers WHERE case_id = :case_id RETURNING to_jsonb(timers)"),
    "subscriptions": text(
        "DELETE FROM subscriptions WHERE case_id = :case_id RETURNING to_jsonb(subscriptions)"
    ),
    "user_tasks": text(
        "UPDATE user_tasks SET state = 'parked' WHERE case_id = :case_id AND state = 'created'"
        " RETURNING jsonb_build_object('key', key, 'state', 'created')"
    ),
    "jobs": text(
        "UPDATE jobs AS j SET state = 'parked', worker = NULL, deadline = NULL FROM jobs AS old"
        " WHERE j.key = old.key AND j.case_id = :case_id"
        " AND j.state IN ('created', 'activated', 'failed')"
        " RETURNING jsonb_build_object('key', j.key, 'state',"
        " CASE old.state WHEN 'activated' THEN 'created' ELSE old.state END)"
    ),
    "incidents": text(
        "UPDATE incidents SET state = 'parked' WHERE case_id = :case_id AND state = 'open'"
        " RETURNING jsonb_build_object('key', key, 'state', 'open')"
    ),
}
_SET_STATE = (
    "UPDATE {0} AS t SET state = r.state"
    " FROM jsonb_populate_recordset(NULL::{0}, CAST(:rows AS jsonb)) AS r"
    " WHERE t.key = r.key AND t.state = 'parked'"
)
_WAKE = {
    "user_tasks": text(_SET_STATE.format("user_tasks")),
    "jobs": text(_SET_STATE.format("jobs")),
    "incidents": text(_SET_STATE.format("incidents")),
}
_STOP_CLOCKS = text(
    "UPDATE case_clocks AS c SET state = 'cancelled', ended_at = :now FROM case_clocks AS old"
    " WHERE c.key = old.key AND c.case_id = :case_id AND c.ended_at IS NULL"
    " RETURNING jsonb_build_object('key', c.key, 'state', old.state)"
)
_WIND_UP = text(
    "UPDATE case_clocks AS c SET state = r.state, ended_at = NULL"
    " FROM jsonb_populate_recordset(NULL::case_clocks, CAST(:rows AS jsonb)) AS r"
    " WHERE c.key = r.key AND c.state = 'cancelled'"
)
_LOCAL_JOBS = text(
    "SELECT key FROM jobs WHERE case_id = :case_id AND type = ANY (:types) AND retries > 0"
    " AND state IN ('created', 'failed')"
)
