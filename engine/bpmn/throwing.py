"""Errors and escalations: throwing them, and finding what catches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from engine.bpmn.changes import Escalated
from engine.bpmn.eventsubs import ScopeEvent, listening, scope_event_for
from engine.bpmn.expressions import Text, Trouble
from engine.bpmn.nodes import Node, Task, is_ghost
from engine.bpmn.workflow import Instance, token_of
from engine.model import Json

if TYPE_CHECKING:
    from engine.bpmn.events import BoundaryEvent


class ThrowsCode(Node):
    """What error and escalation events have in common: a code, and their own variables (the
    input mappings) that go with it."""

    code_text: Text

    def enter(self, task: Task) -> bool:
        view = task.workflow.top_workflow.view(task)
        code = self.code_text.string(view)
        if not code:
            raise self.code_text.expected("非空的代码", "a code that is not empty", code, view)
        task.internal_data["code"] = code
        return True

    def _leave(self, task: Task, top: Instance) -> None:
        task.internal_data["thrown"] = dict(top.scopes.own(token_of(task)))


class ErrorEndEvent(ThrowsCode):
    """Throws an error out of its scope. Uncaught, it is an incident here."""

    def enter(self, task: Task) -> bool:
        super().enter(task)
        top = task.workflow.top_workflow
        code = task.internal_data["code"]
        if catcher(task, "error", code) is None and not top.world.catches_error(code):
            raise uncaught(code, None)
        return True

    def left(self, task: Task) -> None:
        top = task.workflow.top_workflow
        data = task.internal_data
        throw_error(top, task, data["code"], None, data["thrown"])


class EscalationEvent(ThrowsCode):
    """An intermediate throw or end event that escalates; the token goes on unless what
    catches it interrupts. Nobody has to catch it."""

    def left(self, task: Task) -> None:
        top = task.workflow.top_workflow
        data = task.internal_data
        escalate(top, task, data["code"], data["thrown"])


def catcher(
    task: Task | None, kind: Literal["error", "escalation"], code: str | None
) -> tuple[Any, BoundaryEvent | ScopeEvent] | None:
    """What catches the code thrown at ``task``, and where: a boundary event and its activity,
    or the event of an event sub-process and its scope. The nearest one, going outwards. What
    has completed and is being undone listens no more."""
    while task is not None:
        found = None if is_ghost(task) else task.task_spec.boundary_for(kind, code)
        if found is not None:
            return task, found
        level = listening(task.workflow)
        undone = level is not level.top_workflow and is_ghost(level.host)
        if level.spec.scope_events and "body" not in task.internal_data and not undone:
            event = scope_event_for(level, kind, code, task.task_spec)
            if event is not None:
                return level, event
        task = task.workflow.top_workflow.enclosing(task)
    return None


def throw_error(
    top: Instance, holder: Task | None, code: str, message: str | None, values: dict[str, Json]
) -> None:
    """Throw from ``holder`` outwards; uncaught, the whole instance ends with the error."""
    found = catcher(holder, "error", code)
    if found is None:
        top.end("error", code, message)
        return
    host, event = found
    event.catch(host, values)


def escalate(top: Instance, holder: Task | None, code: str | None, values: dict[str, Json]) -> None:
    """Escalate from ``holder`` outwards; uncaught, the calling instance hears of it."""
    found = catcher(holder, "escalation", code)
    if found is None:
        top.emit(Escalated(code, values))
        return
    host, event = found
    event.catch(host, values)


def uncaught(code: str, message: str | None) -> Trouble:
    """The Trouble of an error that no boundary event catches."""
    more = f"：{message}" if message else ""
    more_en = f": {message}" if message else ""
    return Trouble(
        "UNHANDLED_ERROR_EVENT",
        f"错误“{code}”没有被任何错误边界事件捕获{more}。请排除原因后重试，或为它画一个错误边界事件。",
        f"No error boundary event catches the error “{code}”{more_en}. Remove its cause and "
        "retry, or draw an error boundary event for it.",
    )
