"""Compensation throw and end events, and the cancel end event of a transaction."""

from __future__ import annotations

from engine.bpmn import compensation
from engine.bpmn.nodes import Node, Task


class Undoing(Node):
    """Stands for a compensation event that has gone on while the handlers run: its scope does
    not end before they have."""

    hidden = True

    def all_undone(self, task: Task) -> None:
        task._ready()

    def withdrawn(self, task: Task) -> None:
        compensation.withdraw(task)


class CompensationEvent(Node):
    """Undoes what has completed in its scope, or one activity of it; leaves when all handlers
    are done, or at once where another token waits for them ``instead``."""

    def __init__(self, wf_spec: object, name: str, element: object) -> None:
        super().__init__(wf_spec, name, element)  # type: ignore[arg-type]
        self.activity: str | None = None
        self.instead: Undoing | None = None

    def enter(self, task: Task) -> bool:
        scopes = compensation.scopes_of(task)
        if self.instead is None:
            return not compensation.begin(task, scopes, self.activity)
        owner = task.workflow.park(self.instead, {})
        if not compensation.begin(owner, scopes, self.activity):
            task.workflow.forget(owner)
        return True

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
