"""Start events that wait outside of any instance: timers, messages, signals,
conditions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from engine.bpmn.diagram import ProcessInfo, Start
from engine.bpmn.timing import Due, TimingError, due
from engine.errors import ExpressionFailed
from engine.feel import FeelError, Function, compile_expression, to_json
from engine.store.rows import insert
from engine.store.unit import Unit
from engine.tables import definitions, subscriptions, timers


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
    unit: Unit, definition_key: int, process: ProcessInfo, functions: dict[str, Function]
) -> None:
    """Set the timers and open the subscriptions of a version's start events. Raises
    ExpressionFailed. A date that has passed starts nothing."""
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
            if start.timer[0] != "date" or planned.at > unit.now:
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
    """When the timer of a start event fires first, counted from ``now``."""
    assert start.timer is not None
    kind, text = start.timer
    try:
        return due(kind, _text(start, text, functions), now)
    except TimingError as error:
        raise ExpressionFailed(
            f"开始事件 {start.id} 的定时：{error.zh}",
            f"The timer of start event {start.id}: {error.en}",
            element=start.id,
        ) from error


def _text(start: Start, text: str, functions: dict[str, Function]) -> Any:
    """The value of a text: FEEL after “=”, else itself. There are no variables yet."""
    if not text.startswith("="):
        return text
    try:
        return to_json(compile_expression(text[1:], functions=functions).evaluate({}))
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
