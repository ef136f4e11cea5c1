"""What starts a process by itself: timers, messages, signals and conditions of start events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from engine.bpmn.diagram import Start
from engine.bpmn.timing import Due, TimingError, due, local
from engine.errors import Invalid
from engine.feel import FeelError, compile_expression, to_json
from engine.model import Json
from engine.scenarios.library import Library
from engine.scenarios.stage import StartTimer

Found = tuple[str, str]
"""(process id, id of the start event)."""


def timers(library: Library, now: datetime) -> list[StartTimer]:
    """The timers of all start events, counted from ``now``; a date that has passed is due at
    once. Raises Invalid."""
    found = []
    for process_id, start in library.starts("timer"):
        if start.timer is None:
            continue
        kind, text = start.timer
        try:
            planned = due(kind, _value(library, start.id, text, {}), now).begun(now)
            planned = _fitting(library, start, planned)
        except TimingError as error:
            raise _failed(start.id, error) from error
        found.append(StartTimer(process_id, start.id, planned))
    return found


def following(library: Library, timer: StartTimer, now: datetime) -> StartTimer | None:
    """The timer as it is set again after it has fired. Raises Invalid."""
    starts = library.starts("timer")
    start = next(one for of, one in starts if (of, one.id) == (timer.process_id, timer.start_id))
    try:
        planned = timer.due.following(now)
        planned = None if planned is None else _fitting(library, start, planned)
    except TimingError as error:
        raise _failed(start.id, error) from error
    return None if planned is None else replace(timer, due=planned)


def _fitting(library: Library, start: Start, planned: Due) -> Due:
    """The first time of a cycle that its ``timer.condition`` does not rule out."""
    condition = start.timer_condition
    if condition is None or start.timer is None or start.timer[0] != "cycle":
        return planned
    return planned.fitting(
        lambda at: _value(library, start.id, condition, {"due": local(at)}) is True
    )


def _failed(start_id: str, error: TimingError) -> Invalid:
    return Invalid(
        f"开始事件 {start_id} 的定时：{error.zh}",
        f"The timer of start event {start_id}: {error.en}",
    )


def for_message(library: Library, name: str) -> Iterator[Found]:
    """The start events that a message of the name starts."""
    for process_id, start in library.starts("message"):
        if _value(library, start.id, start.message or "", {}) == name:
            yield process_id, start.id


def for_signal(library: Library, name: str) -> Iterator[Found]:
    """The start events that a signal of the name starts."""
    for process_id, start in library.starts("signal"):
        if _value(library, start.id, start.signal or "", {}) == name:
            yield process_id, start.id


def for_variables(library: Library, variables: Mapping[str, Json]) -> Iterator[Found]:
    """The start events whose condition is true of the variables."""
    for process_id, start in library.starts("conditional"):
        text = _condition(library, process_id, start)
        if text and _value(library, start.id, text, variables) is True:
            yield process_id, start.id


def _condition(library: Library, process_id: str, start: Start) -> str | None:
    process = library.diagrams[process_id].process(process_id)
    event = None if process is None else process.elements[start.id].event
    return None if event is None else event.condition


def _value(library: Library, start_id: str, text: str, variables: Mapping[str, Json]) -> Json:
    """The value of a text: FEEL after “=”, else itself."""
    if not text.startswith("="):
        return text
    functions = library.setting.functions
    try:
        expression = compile_expression(text[1:], names=variables, functions=functions)
        return to_json(expression.evaluate(variables))
    except FeelError as error:
        raise Invalid(
            f"开始事件 {start_id} 的表达式 {text}：{error.zh}",
            f"The expression {text} of start event {start_id}: {error.en}",
        ) from error
