"""Compensation throw and end events, and the cancel end event of a transaction."""

from __future__ import annotations

from engine.bpmn import compensation
from engine.bpmn.nodes import Node, Task


class CompensationEvent(Node):
    """Undoes what has completed in its scope, or one activity of it; leaves when all handlers
    are done."""

    def __init__(self, wf_spec: object, name: str, element: object) -> None:
        super().__init__(wf_spec, name, element)  # type: ignore[arg-type]
        self.activity: str | None = None

    def enter(self, task: Task) -> bool:
        return not compensation.begin(task, compensation.scopes_of(task), self.activity)

    def all_undone(self, task: Task) -> None:
        task._ready()

    def withdrawn(self, task: Task) -> None:
        compensation.withdraw(task)


class CancelEndEvent(CompensationEvent):
    """Cancels its transaction: ends all else in it, undoes what completed, then leaves by the
    cancel boundary event (BPMN 2.0, Transaction)."""

    def enter(self, task: Task) -> bool:
        return True

    def _run_hook(self, task: Task) -> bool | None:
        """Not done on entering: the tokens beside this one may not have entered yet."""
        level = task.workflow
        if not level.interrupted:
            level.interrupted = True
            level.top_workflow.withdraw(level, spare=task)
            if compensation.begin(task, [level], None):
                return None
        return super()._run_hook(task)

    def left(self, task: Task) -> None:
        host = task.workflow.host
        while host is not None:
            event = host.task_spec.boundary_for("cancel", None)
            if event is not None:
                event.catch(host, {})
                return
            host = host.workflow.top_workflow.enclosing(host)
