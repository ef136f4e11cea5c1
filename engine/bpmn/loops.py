"""Standard loops: an activity again and again while a condition is true."""

from __future__ import annotations

from engine.bpmn.expressions import Text
from engine.bpmn.multi_instance import MultiInstance
from engine.bpmn.nodes import Task
from engine.bpmn.workflow import Instance


class StandardLoop(MultiInstance):
    """The body. ``condition`` says whether there is another round; it sees ``loopCounter``, the
    number of the round before (0 with ``test_before`` before the first)."""

    maximum: Text | None = None
    test_before = False

    def enter(self, task: Task) -> bool:
        task.internal_data["loop"] = {"total": 0, "begun": 0, "done": 0}
        if self.test_before and not self._again(task, 0):
            return True
        self._begin(task, None)
        return False

    def collect(self, inner: Task) -> None:
        inner.workflow.top_workflow.count_rounds(1)
        inner.internal_data["enough"] = not self._again(inner, inner.internal_data["index"])

    def one_done(self, inner: Task) -> None:
        task = self._body_of(inner)
        if inner.internal_data["enough"]:
            task._ready()
        else:
            self._begin(task, None)

    def _leave(self, task: Task, top: Instance) -> None:
        """There is no output collection."""

    def _again(self, task: Task, done: int) -> bool:
        view = {**task.workflow.top_workflow.view(task), "loopCounter": done}
        if self.maximum is not None and done >= self.maximum.integer(view):
            return False
        return self.condition is None or self.condition.truth(view)
