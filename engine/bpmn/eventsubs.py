"""Event sub-processes: armed with their scope, begun by their start event.

In its scope an event sub-process is a ``ScopeEvent`` that listens, and a ``SubProcess`` once it
runs. It is inside the scope: it sees and changes the scope's variables, and the scope does not
end before it (BPMN 2.0, Event Sub-Process)."""

from __future__ import annotations

from typing import Any

from engine.bpmn.events import Catching
from engine.bpmn.expressions import Trouble
from engine.bpmn.nodes import Node, Task
from engine.bpmn.triggers import TimerTrigger, Trigger
from engine.bpmn.workflow import Instance
from engine.model import Json


class ScopeEvent(Catching, Node):
    """The start event of an event sub-process, seen from the scope that it listens to. Errors
    and escalations are looked up when they are thrown, the others are armed."""

    def __init__(self, wf_spec: Any, name: str, element: Any, trigger: Trigger | None) -> None:
        super().__init__(wf_spec, name, element)
        self.trigger = trigger
        self.kind = element.event.kind
        self.interrupting = element.interrupting or self.kind == "error"
        self.sub_process: Any = None

    def fire(self, task: Task) -> None:
        self.deliver(task, {})

    def deliver(self, task: Task, values: dict[str, Json]) -> None:
        """The armed event happened. A non-interrupting one stays armed."""
        level = task.workflow
        top: Instance = level.top_workflow
        if self.interrupting:
            top.end_wait(task, "completed")
        elif isinstance(self.trigger, TimerTrigger):
            top.end_wait(task, "completed")
            if not self.trigger.again(task):
                level.forget(task)
        self.catch(level, values)

    def catch(self, level: Any, values: dict[str, Json]) -> None:
        """Begin the event sub-process; an interrupting one ends all else in the scope."""
        top = level.top_workflow
        top.take_departed()
        if self.interrupting:
            level.interrupted = True
            top.withdraw(level)
            if level is not top:
                level.host.task_spec.overruled(level.host)
        level.spawn(self.sub_process, {"started": values}, after=top.take_departed())


def arm(level: Any) -> None:
    """Arm the event sub-processes of a scope that begins. Raises Trouble, and then has armed
    none."""
    parked: list[tuple[Task, Any]] = []
    try:
        for event in level.spec.scope_events:
            if event.trigger is not None:
                listener = level.park(event, {"host": ""})
                parked.append((listener, None))
                parked[-1] = (listener, event.trigger.plan(listener, False))
    except Trouble:
        for listener, _ in parked:
            level.forget(listener)
        raise
    for listener, plan in parked:
        listener.task_spec.trigger.open(listener, plan)


def listening(level: Any) -> Any:
    """The level in which the event sub-processes of a scope listen: of an inner instance of an
    ad-hoc sub-process that of the whole (engine.bpmn.adhoc)."""
    top = level.top_workflow
    if level is top or "element" not in level.host.internal_data:
        return level
    body = level.host.workflow.tasks[level.host.internal_data["body"]]
    return top.subprocesses.get(body.internal_data.get("watch"), level)


def scope_event_for(level: Any, kind: str, code: str | None, thrower: Any) -> ScopeEvent | None:
    """The event sub-process of a scope that catches a thrown code; the same code goes before
    one that catches every code. What is thrown inside it, it does not catch itself."""
    if level.interrupted:
        return None
    found: list[ScopeEvent] = [
        one
        for one in level.spec.scope_events
        if one.kind == kind and one.code in (None, code) and one.sub_process is not thrower
    ]
    return min(found, key=lambda one: one.code is None, default=None)
