"""Tasks: job (service, send, and others done by a worker), script, business rule, and those
without work of their own. User tasks: engine.bpmn.user_tasks."""

from __future__ import annotations


from engine.bpmn.changes import Decided, JobOpened
from engine.bpmn.expressions import Text, Trouble, plain
from engine.bpmn.nodes import Node, Task
from engine.bpmn.workflow import token_of
from engine.errors import BihuanError
from engine.model import Binding


class PassTask(Node):
    """A manual or undefined task: nothing for the engine to do."""


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
