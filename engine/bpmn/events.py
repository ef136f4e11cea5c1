"""Intermediate, boundary and end events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.changes import Broadcast, Published
from engine.bpmn.expressions import Text
from engine.bpmn.nodes import Node, Task
from engine.bpmn.timing import TimingError, duration
from engine.bpmn.triggers import ConditionTrigger, TimerTrigger, Trigger
from engine.bpmn.workflow import Instance, token_of
from engine.model import Json

DEFAULT_TIME_TO_LIVE_S = 3600
"""How long a published message waits for a subscriber unless the diagram says otherwise."""


class ThrowEvent(Node):
    """An intermediate or end event without effect."""


class Catching:
    """What all catching events have in common: a trigger that may be a condition."""

    trigger: Trigger | None

    def look(self, task: Task, touched: Mapping[str, str]) -> None:
        """Variables have changed: fire if the condition has become true by it."""
        if isinstance(self.trigger, ConditionTrigger) and self.trigger.look(task, touched):
            self.fire(task)

    def fire(self, task: Task) -> None:
        raise NotImplementedError


class CatchEvent(Catching, Node):
    """An intermediate catch event or receive task, reached by a flow or armed by an event-based
    gateway."""

    trigger: Trigger

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


class BoundaryEvent(Catching, Node):
    """An event on the edge of an activity. Timers and messages are armed as tasks that wait
    beside the activity; errors and escalations are looked up when they are thrown."""

    def __init__(self, wf_spec: Any, name: str, element: Any, trigger: Trigger | None) -> None:
        super().__init__(wf_spec, name, element)
        self.trigger = trigger
        self.kind = element.event.kind
        self.interrupting = element.interrupting or self.kind == "error"

    def result(self, task: Task, values: dict[str, Json]) -> None:
        """An error's variables stay at the event unless its output mappings let them out
        (Zeebe's rule)."""
        if self.kind == "error":
            task.workflow.top_workflow.put(token_of(task), values)
        else:
            super().result(task, values)

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
        level, top = host.workflow, host.workflow.top_workflow
        top.take_departed()
        if self.interrupting:
            host.cancel()
            level.forget(host)
        level.spawn(self, _result(values), after=top.take_departed())


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


class BroadcastEvent(Node):
    """A signal throw or end event; its own variables (the input mappings) go with the signal."""

    signal: Text

    def enter(self, task: Task) -> bool:
        top: Instance = task.workflow.top_workflow
        view = top.view(task)
        name = self.signal.string(view)
        if not name:
            raise self.signal.expected("信号名称", "the name of a signal", name, view)
        own = dict(top.scopes.own(token_of(task)))
        top.emit(Broadcast(token_of(task), self.bpmn_id, name, own))
        return True


class LinkThrowEvent(Node):
    """Goes on at the link catch event of its name in the same scope."""

    target: Node

    def _spread(self, task: Task, top: Instance) -> None:
        task.workflow.sprout(self.target, task, TaskState.FUTURE)


class TerminateEndEvent(Node):
    """Ends its process or sub-process: every other token in it is cancelled."""

    def left(self, task: Task) -> None:
        task.workflow.top_workflow.withdraw(task.workflow, spare=task)


def _result(values: dict[str, Json]) -> dict[str, Json]:
    return {"result": values} if values else {}
