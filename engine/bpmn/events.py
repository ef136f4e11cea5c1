"""Start, intermediate, boundary and end events."""

from __future__ import annotations

from typing import Any, Literal

from engine.bpmn.changes import Escalated, Published
from engine.bpmn.expressions import Text, Trouble
from engine.bpmn.nodes import Node, Task
from engine.bpmn.timing import TimingError, duration
from engine.bpmn.triggers import TimerTrigger, Trigger
from engine.bpmn.workflow import Instance, token_of
from engine.model import Json

DEFAULT_TIME_TO_LIVE_S = 3600
"""How long a published message waits for a subscriber unless the diagram says otherwise."""


class StartEvent(Node):
    """A start event. What started it has happened; its variables come as the result."""


class ThrowEvent(Node):
    """An intermediate or end event without effect."""


class CatchEvent(Node):
    """An intermediate catch event, reached by a flow or armed by an event-based gateway."""

    def __init__(self, wf_spec: Any, name: str, element: Any, trigger: Trigger) -> None:
        super().__init__(wf_spec, name, element)
        self.trigger = trigger

    def enter(self, task: Task) -> bool:
        if task.internal_data.pop("caught", False):
            return True
        self.trigger.open(task, self.trigger.plan(task, False))
        return False

    def fire(self, task: Task) -> None:
        self.deliver(task, {})

    def deliver(self, task: Task, values: dict[str, Json]) -> None:
        gateway = task.internal_data.get("host")
        if gateway is None:
            self.finish(task, values)
            return
        task.workflow.top_workflow.end_wait(task, "completed")
        host = task.workflow.tasks[gateway]
        host.task_spec.decided(host, task, values)


class BoundaryEvent(Node):
    """An event on the edge of an activity. Timers and messages are armed as tasks that wait
    beside the activity; errors and escalations are looked up when they are thrown."""

    def __init__(self, wf_spec: Any, name: str, element: Any, trigger: Trigger | None) -> None:
        super().__init__(wf_spec, name, element)
        self.trigger = trigger
        self.kind = element.event.kind
        self.interrupting = element.interrupting or self.kind == "error"

    def fire(self, task: Task) -> None:
        self.deliver(task, {})

    def deliver(self, task: Task, values: dict[str, Json]) -> None:
        """An armed event happened. A non-interrupting one stays armed: a message for the next
        message, a cycle for its next time."""
        top = task.workflow.top_workflow
        level = task.workflow
        host = level.tasks[task.internal_data["host"]]
        if self.interrupting:
            top.end_wait(task, "completed")
            self.catch(host, values)
            return
        if isinstance(self.trigger, TimerTrigger):
            top.end_wait(task, "completed")
            if not self.trigger.again(task):
                host.internal_data["listeners"].remove(token_of(task))
                level.forget(task)
        level.spawn(self, _result(values))

    def catch(self, host: Task, values: dict[str, Json]) -> None:
        """Leave the activity by this event, cancelling it if the event interrupts."""
        level = host.workflow
        if self.interrupting:
            host.cancel()
            level.forget(host)
        level.spawn(self, _result(values))


class PublishEvent(Node):
    """A message throw or end event, or a send task, that publishes a message itself."""

    message: Text
    key: Text
    time_to_live: Text | None = None

    def enter(self, task: Task) -> bool:
        top: Instance = task.workflow.top_workflow
        view = top.view(task)
        name, key = self.message.string(view), self.key.string(view)
        if not name:
            raise self.message.expected("消息名称", "the name of a message", name, view)
        top.emit(
            Published(
                token_of(task),
                self.bpmn_id,
                name,
                key or "",
                dict(top.scopes.own(token_of(task))),
                self._seconds(view),
            )
        )
        return True

    def _seconds(self, view: Any) -> int:
        if self.time_to_live is None:
            return DEFAULT_TIME_TO_LIVE_S
        value = self.time_to_live.string(view)
        try:
            step = duration(value or "")
        except TimingError:
            raise self.time_to_live.expected("时长", "a duration", value, view) from None
        return max(0, int(step.rest.total_seconds()) + step.months * 2_592_000)


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
        holder = top.enclosing(task)
        caught = holder is not None and catcher(holder, "error", code) is not None
        if not caught and not top.world.catches_error(code):
            raise uncaught(code, None)
        return True

    def left(self, task: Task) -> None:
        top = task.workflow.top_workflow
        data = task.internal_data
        throw_error(top, top.enclosing(task), data["code"], None, data["thrown"])


class EscalationEvent(ThrowsCode):
    """An intermediate throw or end event that escalates; the token goes on unless what
    catches it interrupts. Nobody has to catch it."""

    def left(self, task: Task) -> None:
        top = task.workflow.top_workflow
        data = task.internal_data
        escalate(top, top.enclosing(task), data["code"], data["thrown"])


class TerminateEndEvent(Node):
    """Ends its process or sub-process: every other token in it is cancelled."""

    def left(self, task: Task) -> None:
        task.workflow.top_workflow.withdraw(task.workflow, spare=task)


def catcher(
    holder: Task | None, kind: Literal["error", "escalation"], code: str | None
) -> tuple[Task, BoundaryEvent] | None:
    """The nearest boundary event that catches the code, going outwards from ``holder``; at one
    activity the same code goes before an event that catches every code."""
    while holder is not None:
        found = holder.task_spec.boundary_for(kind, code)
        if found is not None:
            return holder, found
        holder = holder.workflow.top_workflow.enclosing(holder)
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


def _result(values: dict[str, Json]) -> dict[str, Json]:
    return {"result": values} if values else {}
