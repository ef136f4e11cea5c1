"""Tasks: user, job (service, send, and others done by a worker), script, business rule, and
those without work of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.bpmn.changes import Decided, JobOpened, TaskOpened
from engine.bpmn.expressions import Text, Trouble, plain
from engine.bpmn.listening import ListenerJob, listen
from engine.bpmn.nodes import Node, Task
from engine.bpmn.timing import TimingError, moment
from engine.bpmn.workflow import token_of
from engine.errors import BihuanError, Conflict
from engine.model import Binding, Json


class PassTask(Node):
    """A manual or undefined task: nothing for the engine to do."""


class UserTask(Node):
    """Work for a person, with the compiled ``zeebe:`` attributes."""

    assignee: Text | None = None
    candidate_users: Text | None = None
    candidate_groups: Text | None = None
    due: Text | None = None
    follow_up: Text | None = None
    priority: Text | None = None
    form_id: Text | None = None
    form_binding: Binding = Binding()

    def __init__(self, wf_spec: Any, name: str, element: Any) -> None:
        super().__init__(wf_spec, name, element)
        self.creating: list[ListenerJob] = []
        self.completing: list[ListenerJob] = []

    def enter(self, task: Task) -> bool:
        new = self.creating and "created" not in task.internal_data
        if not new or not listen(task, "creating", self.creating):
            self._open(task)
        return False

    def finish(self, task: Task, values: dict[str, Json]) -> None:
        if not self.completing:
            super().finish(task, values)
            return
        data = task.internal_data
        if "pending" in data:
            raise Conflict(
                "该任务正在完成中，等待监听器的结果。",
                "This task is being completed; it waits for a listener.",
            )
        if listen(task, "completing", self.completing):
            data["pending"] = dict(values)
        else:
            super().finish(task, values)

    def heard(self, task: Task, event: str, values: dict[str, Json]) -> None:
        """A creating listener's variables are the task's own, a completing listener's go with
        its result."""
        if event != "completing":
            super().heard(task, event, values)
            return
        task.internal_data["pending"].update(values)
        self._attempt(task, "hear:completing")

    def hear_on(self, task: Task, event: str) -> bool:
        data = task.internal_data
        if event == "creating":
            if not listen(task, event, self.creating):
                data["created"] = True
                self._attempt(task, "work")
            return False
        if event == "completing":
            if not listen(task, event, self.completing):
                super().finish(task, data.pop("pending"))
            return False
        return super().hear_on(task, event)

    def _open(self, task: Task) -> None:
        top = task.workflow.top_workflow
        view = top.view(task)
        priority = 50 if self.priority is None else self.priority.integer(view)
        opened = TaskOpened(
            token=token_of(task),
            element_id=self.bpmn_id,
            name=self.bpmn_name or self.bpmn_id,
            assignee=(self.assignee.string(view) if self.assignee else None) or None,
            candidate_users=self.candidate_users.strings(view) if self.candidate_users else (),
            candidate_groups=self.candidate_groups.strings(view) if self.candidate_groups else (),
            due_at=_moment(self.due, view),
            follow_up_at=_moment(self.follow_up, view),
            priority=min(100, max(0, priority)),
            form_id=self.form_id.string(view) if self.form_id else None,
            form_binding=self.form_binding,
        )
        task.internal_data["wait"] = "task"
        top.emit(opened)


class JobTask(Node):
    """Work for a worker of a job type."""

    job_type: Text
    retries: Text
    headers: dict[str, str]

    def enter(self, task: Task) -> bool:
        top = task.workflow.top_workflow
        view = top.view(task)
        kind = self.job_type.string(view)
        if not kind:
            raise self.job_type.expected("作业类型", "a job type", kind, view)
        opened = JobOpened(
            token_of(task),
            self.bpmn_id,
            kind,
            max(0, self.retries.integer(view)),
            dict(self.headers),
            dict(view),
        )
        task.internal_data["wait"] = "job"
        top.emit(opened)
        return False


class ScriptTask(Node):
    """A FEEL expression whose value becomes a variable."""

    expression: Text
    variable: str

    def enter(self, task: Task) -> bool:
        view = task.workflow.top_workflow.view(task)
        task.internal_data["result"] = {self.variable: self.expression.evaluate(view)}
        return True


class BusinessRuleTask(Node):
    """A decision whose value becomes a variable."""

    decision: Text
    binding: Binding
    variable: str

    def enter(self, task: Task) -> bool:
        top = task.workflow.top_workflow
        view = top.view(task)
        decision_id = self.decision.string(view)
        if not decision_id:
            raise self.decision.expected("决策标识", "the id of a decision", decision_id, view)
        try:
            value, record = top.world.decide(decision_id, self.binding, dict(view))
            value = plain(value)
        except BihuanError as error:
            raise Trouble("CALLED_DECISION_ERROR", error.zh, error.en) from error
        top.emit(Decided(token_of(task), self.bpmn_id, decision_id, record))
        task.internal_data["result"] = {self.variable: value}
        return True


def _moment(text: Text | None, view: Any) -> datetime | None:
    """The date of a task's schedule; null and "" mean none. Raises Trouble."""
    value = None if text is None else text.evaluate(view)
    if text is None or value is None or value == "":
        return None
    try:
        return moment(value if isinstance(value, str) else "")
    except TimingError:
        raise text.expected("日期时间", "a date and time", value, view) from None
