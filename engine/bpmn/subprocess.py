"""Embedded sub-processes and call activities."""

from __future__ import annotations

from engine.bpmn.changes import Called
from engine.bpmn.expressions import Text
from engine.bpmn.nodes import Node, Task
from engine.bpmn.workflow import token_of
from engine.model import Binding, Json


class SubProcess(Node):
    """An embedded sub-process: its tokens live in a level of their own, its variables in its
    scope. It leaves when no token is left inside."""

    def enter(self, task: Task) -> bool:
        level = task.workflow.top_workflow.create_subprocess(task, self.bpmn_id)
        level.spawn(level.spec.starts[None])
        return False

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
