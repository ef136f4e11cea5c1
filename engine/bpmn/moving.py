"""A due time that has changed reaches what has read it: variables, armed timers, open tasks.

A timer is computed once, when it is armed, and so is the due time of a task. A limit that is
changed from outside must move them, or the warning would come by the old one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from engine.bpmn.changes import HandedDown, TaskMoved
from engine.bpmn.expressions import Text
from engine.bpmn.timing import TimingError, moment
from engine.bpmn.triggers import TimerTrigger
from engine.bpmn.workflow import Instance, token_of
from engine.model import Json

_SAME = timedelta(seconds=2)


def move(top: Instance, variable: str, before: datetime, after: datetime) -> bool:
    """Wherever the variable holds the moment ``before``, set ``after``, and compute anew the
    timers with a date and the due times of tasks that read it. A non-interrupting timer that
    has fired is armed again where it now lies ahead. Whether anything was changed. Raises
    Trouble where a text does not give a moment any more."""
    new = after.astimezone(top.world.now().tzinfo).isoformat()
    scopes = [token for token in ["", *top.scopes.locals] if _holds(top, token, variable, before)]
    for token in scopes:
        top.put(token, {variable: new})
    if scopes:
        follow(top, variable)
    return bool(scopes)


def heed(top: Instance, values: dict[str, Json]) -> None:
    """Take over variables of the calling process, and hand them on to what is called."""
    top.put("", values)
    for name in values:
        follow(top, name)
    top.emit(HandedDown(values))


def follow(top: Instance, variable: str) -> None:
    """Compute anew the timers with a date and the due times of tasks that read the variable.
    Raises Trouble where a text does not give a moment any more."""
    for task in [task for level in top.levels() for task in level.tokens()]:
        _timer(task, variable)
        _due(task, variable)
        _fired(task, variable)


def _holds(top: Instance, token: str, variable: str, before: datetime) -> bool:
    value = top.scopes.own(token).get(variable)
    try:
        return isinstance(value, str) and abs(moment(value) - before) < _SAME
    except TimingError:
        return False


def _timer(task: Any, variable: str) -> None:
    trigger: Any = getattr(task.task_spec, "trigger", None)
    if task.internal_data.get("wait") != "timer" or not _reads(trigger, variable):
        return
    host = task.workflow.tasks.get(task.internal_data.get("host"), task)
    plan = trigger.plan(host, host is not task)
    if plan.at != datetime.fromisoformat(task.internal_data["due"][0]):
        task.workflow.top_workflow.end_wait(task, "completed")
        trigger.open(task, plan)


def _due(task: Any, variable: str) -> None:
    text: Any = getattr(task.task_spec, "due", None)
    if task.internal_data.get("wait") != "task" or not _mentions(text, variable):
        return
    top = task.workflow.top_workflow
    value = text.string(top.view(task))
    try:
        due = moment(value) if value else None
    except TimingError:
        raise text.expected("日期时间", "a date and time", value) from None
    attributes = task.internal_data.get("attrs")
    if attributes:
        attributes["dueDate"] = None if due is None else due.isoformat()
    top.emit(TaskMoved(token_of(task), task.task_spec.bpmn_id, due))


def _fired(task: Any, variable: str) -> None:
    """Arm the warnings of an activity anew that have come too early, as we know now."""
    top = task.workflow.top_workflow
    armed = {
        task.workflow.tasks[token].task_spec.bpmn_id
        for token in task.internal_data.get("listeners", ()) if token in task.workflow.tasks
    }
    for event in _silent(task):
        if event.bpmn_id not in armed and _reads(event.trigger, variable):
            plan = event.trigger.plan(task, True)
            if plan.at > top.world.now():
                task.task_spec.arm(task, [(event, plan)])


def _silent(task: Any) -> Iterator[Any]:
    """The non-interrupting boundary events of an activity at work."""
    top = task.workflow.top_workflow
    at_work = task.internal_data.get("wait") in ("task", "job", "call")
    if at_work or token_of(task) in top.subprocesses:
        yield from (one for one in task.task_spec.boundaries if not one.interrupting)


def _reads(trigger: Any, variable: str) -> bool:
    return (
        isinstance(trigger, TimerTrigger) and trigger.kind == "date"
        and _mentions(trigger.text, variable)
    )


def _mentions(text: Text | None, variable: str) -> bool:
    return (
        text is not None and text.expression is not None
        and variable in text.expression.variables
    )
