"""Scopes that begin and end: start events, sub-processes of all kinds, call activities."""

from __future__ import annotations

from typing import Any

from engine.bpmn import compensation, placing
from engine.bpmn.changes import Called
from engine.bpmn.eventsubs import arm
from engine.bpmn.expressions import Text
from engine.bpmn.nodes import Node, Task, is_ghost
from engine.bpmn.workflow import Instance, token_of
from engine.model import Binding, Json


class StartEvent(Node):
    """A start event. What started it has happened; its variables come as the result. When they
    are in place, the event sub-processes of its scope are armed."""

    condition: Text | None = None
    """Of a conditional start of a process: when a set of variables starts it."""

    def result(self, task: Task, values: dict[str, Json]) -> None:
        """An error's variables stay in the event sub-process that catches it."""
        if self.element.event is not None and self.element.event.kind == "error":
            top = task.workflow.top_workflow
            top.put(token_of(task) if self.output_mappings else top.outer(task)[0], values)
        else:
            super().result(task, values)

    def _go(self, task: Task, top: Instance) -> None:
        if task.workflow.spec.scope_events:
            arm(task.workflow)
        super()._go(task, top)


class SubProcess(Node):
    """A sub-process, transaction or event sub-process: its tokens live in a level of their own,
    its variables in its scope. It leaves when no token is left inside.

    One that is compensated runs as a new token with the variables it had (``ghost`` are its
    records): its compensation event sub-process, else the handlers inside it."""

    recorded = True

    def enter(self, task: Task) -> bool:
        level = task.workflow.top_workflow.create_subprocess(task, self.bpmn_id)
        if is_ghost(task):
            return self._undo(task, level)
        inside = task.internal_data.pop("inside", None)
        if inside is not None:
            placing.set_down(level, inside)
            return False
        started = task.internal_data.pop("started", None)
        start = next(iter(level.spec.starts.values()))
        level.spawn(start, {"result": started} if started else None)
        return False

    def _undo(self, task: Task, level: Any) -> bool:
        level.done, task.internal_data["ghost"] = task.internal_data["ghost"], []
        if level.spec.undo_start is not None:
            level.spawn(level.spec.undo_start)
            return False
        if compensation.begin(task, [level], None):
            return False
        task.workflow.top_workflow.subprocesses.pop(task.id)
        return True

    def withdrawn(self, task: Task) -> None:
        top = task.workflow.top_workflow
        level = top.subprocesses.pop(task.id, None)
        if level is not None:
            level.completed = True
            top.withdraw(level)


class CallActivity(Node):
    """Waits for a child instance that whoever runs the step has to start."""

    process: Text
    binding: Binding
    all_parent: bool
    all_child: bool

    def enter(self, task: Task) -> bool:
        top = task.workflow.top_workflow
        view = top.view(task)
        process_id = self.process.string(view)
        if not process_id:
            raise self.process.expected("流程标识", "the id of a process", process_id, view)
        passed = view if self.all_parent else top.scopes.own(token_of(task))
        task.internal_data["wait"] = "call"
        top.emit(Called(token_of(task), self.bpmn_id, process_id, self.binding, dict(passed)))
        return False

    def result(self, task: Task, values: dict[str, Json]) -> None:
        """The child's variables: for the output mappings, or all of them if the call activity
        propagates all (Zeebe's rule)."""
        if self.output_mappings or self.all_child:
            super().result(task, values)
