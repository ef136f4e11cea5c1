"""Start events that wait outside of any instance: timers, messages, signals,
conditions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy import text as statement

from engine.bpmn.diagram import ProcessInfo, Start
from engine.bpmn.timing import Due, TimingError, due, local
from engine.errors import ExpressionFailed
from engine.feel import FeelError, Function, compile_expression, to_json
from engine.store.rows import insert
from engine.store.unit import Unit
from engine.tables import definitions, subscriptions, timers


def running(conn: Connection, start_key: str) -> int | None:
    """The case of the running instance of a start key, which nobody else starts until this
    transaction is over."""
    conn.execute(_LOCK, {"key": start_key})
    return conn.execute(_RUNNING, {"key": start_key}).scalar()


def retire(unit: Unit, process_id: str) -> None:
    """No version of the process is started by its timers and messages any more."""
    versions = select(definitions.c.key).where(
        definitions.c.kind == "process", definitions.c.id == process_id
    )
    for table in (timers, subscriptions):
        unit.conn.execute(
            delete(table).where(
                table.c.instance_key.is_(None), table.c.definition_key.in_(versions)
            )
        )


def arm(
    unit: Unit,
    definition_key: int,
    version: int,
    process: ProcessInfo,
    functions: dict[str, Function],
) -> None:
    """Set the timers and open the subscriptions of a version's start events. Raises
    ExpressionFailed. A date that has passed starts an instance of the first version; correcting
    the diagram later does not start one again."""
    timer_rows, subscription_rows = [], []
    for start in process.starts:
        row = {
            "key": unit.key(),
            "case_id": 0,
            "definition_key": definition_key,
            "element_id": start.id,
        }
        if start.timer is not None:
            planned = plan(start, unit.now, functions)
            if start.timer[0] != "date" or planned.at > unit.now or version == 1:
                timer_rows.append(row | {"due_at": planned.at, "repetitions": planned.left})
        elif start.message is not None:
            name = _text(start, start.message, functions)
            subscription_rows.append(row | _subscription(unit, "message", str(name)))
        elif start.signal is not None:
            name = _text(start, start.signal, functions)
            subscription_rows.append(row | _subscription(unit, "signal", str(name)))
        elif start.condition is not None:
            subscription_rows.append(row | _subscription(unit, "condition", process.id))
    insert(unit.conn, timers, timer_rows)
    insert(unit.conn, subscriptions, subscription_rows)


def plan(start: Start, now: datetime, functions: dict[str, Function]) -> Due:
    """When the timer of a start event fires first, counted from ``now``. Raises
    ExpressionFailed."""
    try:
        return _fitting(start, _said(start, now, functions).begun(now), functions)
    except TimingError as error:
        raise _failed(start, error) from error


def plan_next(
    start: Start, fired: Due, now: datetime, functions: dict[str, Function]
) -> Due | None:
    """When the timer of a start event fires after it has ``fired``: as its text says now, for
    as often as is left. Raises ExpressionFailed."""
    try:
        every = _said(start, now, functions).every
        planned = Due(fired.at, every, fired.left).following(now)
        return None if planned is None else _fitting(start, planned, functions)
    except TimingError as error:
        raise _failed(start, error) from error


def _said(start: Start, now: datetime, functions: dict[str, Function]) -> Due:
    assert start.timer is not None
    kind, text = start.timer
    return due(kind, _text(start, text, functions), now)


def _fitting(start: Start, planned: Due, functions: dict[str, Function]) -> Due:
    """The first time of a cycle that its ``timer.condition`` does not rule out."""
    condition = start.timer_condition
    if condition is None or start.timer is None or start.timer[0] != "cycle":
        return planned
    return planned.fitting(
        lambda at: _text(start, condition, functions, {"due": local(at)}) is True
    )


def _failed(start: Start, error: TimingError) -> ExpressionFailed:
    return ExpressionFailed(
        f"开始事件 {start.id} 的定时：{error.zh}",
        f"The timer of start event {start.id}: {error.en}",
        element=start.id,
    )


def _text(
    start: Start,
    text: str,
    functions: dict[str, Function],
    context: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """The value of a text: FEEL after “=”, else itself. There are no variables yet."""
    if not text.startswith("="):
        return text
    try:
        expression = compile_expression(text[1:], names=context, functions=functions)
        return to_json(expression.evaluate(context))
    except FeelError as error:
        raise ExpressionFailed(
            f"开始事件 {start.id} 的表达式 {text}：{error.zh}",
            f"The expression {text} of start event {start.id}: {error.en}",
            element=start.id,
        ) from error


def _subscription(unit: Unit, kind: str, name: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "correlation_key": "",
        "interrupting": True,
        "properties": {},
        "created_at": unit.now,
    }


_LOCK = statement("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_RUNNING = statement("SELECT case_id FROM instances WHERE start_key = :key AND status = 'active'")
