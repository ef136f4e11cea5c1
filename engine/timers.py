"""Timers that are due: claimed by whoever comes first, each fired in its own transaction.

Any number of workers may call ``fire_due`` at once: a case that is busy is passed over until
the next call. A timer that fails becomes an incident, so that it neither blocks the others
nor fires in a hot loop.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text

from engine import definitions, starts
from engine.bpmn.changes import IncidentRaised
from engine.bpmn.timing import Due
from engine.errors import BihuanError, NotFound
from engine.run import start_definition
from engine.step import Step
from engine.store.rows import insert
from engine.store.unit import Crowded, Store, Unit
from engine.tables import timers

ACTOR = "timer"


def fire_due(engine: Store, limit: int = 100) -> int:
    """Fire up to ``limit`` due timers, the longest due first; return how many were fired."""
    if not _any_due(engine):
        return 0
    fired = 0
    for fire in (_fire_start, _fire_wait):
        while fired < limit and (done := fire(engine)) is not None:
            fired += done
    return fired


def fire_of(engine: Store, case_id: int) -> int:
    """Fire the timers of one case that are due, the longest due first; return how many."""
    fired = 0
    while (done := _fire_wait(engine, case_id)) is not None:
        fired += done
    return fired


def set_again(unit: Unit, step: Step, timer: dict[str, Any]) -> None:
    """Have a parked timer fire again, at once. For ``incidents.resolve``."""
    step.waits.set_timer(timer["instance"], timer["token"], timer["element"], unit.now)


def _any_due(engine: Store) -> bool:
    with engine.read() as conn:
        return bool(conn.execute(_ANY_DUE, {"now": engine.now()}).scalar())


# -- timers of instances


def _fire_wait(engine: Store, case_id: int | None = None) -> bool | None:
    """Take one (of this case): whether it was still to be fired; None if there is none that
    nobody else has."""
    timer: Row[Any] | None = None
    done = False
    fired = True
    try:
        with engine.unit(ACTOR) as unit:
            timer = _claimed(unit, case_id)
            if timer is None:
                done = True
                return None
            fired = _fire(unit, timer)
        done = True
    except Crowded:
        done = True
        return None
    except BihuanError as error:
        done = True
        _park(engine, timer, error.zh, error.en)
    finally:
        if not done and timer is not None:
            # An error nobody foresaw goes on to the log; the timer must not come back with it.
            _park(engine, timer, "系统内部错误，详见日志。", "An internal error; see the log.")
    return fired


def _claimed(unit: Unit, case_id: int | None) -> Row[Any] | None:
    if case_id is None:
        return unit.conn.execute(_CLAIM, {"now": unit.now}).one_or_none()
    return unit.conn.execute(_CLAIM_OF, {"now": unit.now, "case": case_id}).one_or_none()


def _fire(unit: Unit, timer: Row[Any]) -> bool:
    """False if another worker fired it between our look and our lock."""
    step = Step.locked(unit, timer.case_id)
    if not unit.conn.execute(_DELETE, {"key": timer.key}).rowcount:
        return False
    step.chain.add(
        "timer.fired",
        {"due_at": timer.due_at},
        instance_key=timer.instance_key,
        element_id=timer.element_id,
        token=timer.token,
    )
    step.perform(timer.instance_key, lambda run: run.fire(timer.token))
    step.finish()
    return True


def _park(engine: Store, timer: Row[Any] | None, zh: str, en: str) -> None:
    """Take the timer away and leave an incident that can set it again."""
    if timer is None:
        return
    with engine.unit(ACTOR) as unit:
        step = Step.locked(unit, timer.case_id)
        if not unit.conn.execute(_DELETE, {"key": timer.key}).rowcount:
            return
        incident = IncidentRaised(
            timer.token,
            timer.element_id,
            "TIMER_FAILED",
            f"定时器到期后没能执行：{zh}",
            f"The timer could not fire: {en}",
        )
        data = {
            "timer": {
                "instance": timer.instance_key,
                "token": timer.token,
                "element": timer.element_id,
            }
        }
        key = step.waits.raise_incident(timer.instance_key, incident, data=data)
        step.chain.add(
            "incident.raised",
            {"incident": key, "kind": incident.kind, "zh": incident.zh, "en": incident.en},
            instance_key=timer.instance_key,
            element_id=timer.element_id,
            token=timer.token,
        )
        step.finish()


# -- start timers


def _fire_start(engine: Store) -> bool | None:
    """Start an instance by a start timer and set the timer for the next time; None if none is
    due that nobody else has."""
    timer: Row[Any] | None = None
    done = False
    try:
        with engine.unit(ACTOR) as unit:
            timer = unit.conn.execute(_CLAIM_START, {"now": unit.now}).one_or_none()
            if timer is not None:
                _start(unit, timer)
        done = True
    finally:
        if not done and timer is not None:
            # There is no case to hold an incident: the next time is tried as if this had been.
            with engine.unit(ACTOR) as unit:
                _set_next(unit, timer)
    return None if timer is None else True


def _start(unit: Unit, timer: Row[Any]) -> None:
    _set_next(unit, timer)
    number = definitions.number(unit.conn)
    definition = definitions.by_key(unit.conn, timer.definition_key)
    start_definition(unit, number, definition, {}, start_id=timer.element_id)


def _set_next(unit: Unit, timer: Row[Any]) -> None:
    if not unit.conn.execute(_DELETE, {"key": timer.key}).rowcount:
        return
    conn = unit.conn
    number = definitions.number(conn)
    process = definitions.process(conn, number, definitions.by_key(conn, timer.definition_key)).info
    start = next((one for one in process.starts if one.id == timer.element_id), None)
    if start is None:
        raise NotFound(
            f"流程没有开始事件 {timer.element_id}。",
            f"The process has no start event {timer.element_id}.",
        )
    functions = dict(definitions.functions_at(conn, number)[1])
    fired = Due(timer.due_at, left=timer.repetitions)
    planned = starts.plan_next(start, fired, unit.now, functions)
    if planned is None:
        return
    row = {
        "key": unit.key(),
        "case_id": 0,
        "definition_key": timer.definition_key,
        "element_id": timer.element_id,
        "due_at": planned.at,
        "repetitions": planned.left,
    }
    insert(conn, timers, [row])


_ANY_DUE = text("SELECT EXISTS (SELECT FROM timers WHERE due_at <= :now)")
# The root row is locked, not the timer's: that is what every step locks first.
_CLAIM = text(
    """
    SELECT t.key, t.case_id, t.instance_key, t.token, t.element_id, t.due_at
    FROM timers t JOIN instances r ON r.key = t.case_id
    WHERE t.due_at <= :now ORDER BY t.due_at, t.key LIMIT 1 FOR UPDATE OF r SKIP LOCKED
    """
)
# By the case's instances: timers have no index on the case.
_CLAIM_OF = text(
    """
    SELECT t.key, t.case_id, t.instance_key, t.token, t.element_id, t.due_at
    FROM instances i JOIN timers t ON t.instance_key = i.key JOIN instances r ON r.key = i.case_id
    WHERE i.case_id = :case AND t.due_at <= :now ORDER BY t.due_at, t.key LIMIT 1
    FOR UPDATE OF r SKIP LOCKED
    """
)
_CLAIM_START = text(
    """
    SELECT key, definition_key, element_id, due_at, repetitions FROM timers
    WHERE due_at <= :now AND instance_key IS NULL
    ORDER BY due_at, key LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
_DELETE = text("DELETE FROM timers WHERE key = :key")
