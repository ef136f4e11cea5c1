"""The nodes under which listeners' jobs wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.bpmn import placing
from engine.bpmn.changes import TaskChange
from engine.bpmn.listening import ListenerJob, ask, close
from engine.bpmn.nodes import Node, Task
from engine.bpmn.task_data import changed, corrected, headers
from engine.bpmn.workflow import Instance
from engine.model import Json


class Ear(Node):
    """A listener's job beside its element."""

    hidden = True

    def enter(self, task: Task) -> bool:
        """Ask, also again in place of a job that ended in an incident."""
        data = task.internal_data
        host = task.workflow.tasks[data["host"]]
        node, event = host.task_spec, data["event"]
        job = node.hears[event][host.internal_data["heard"] - 1]
        view = task.workflow.top_workflow.view(host)
        ask(task, job, event, data["host"], view, node.told(host))
        return False

    def finish(self, task: Task, values: dict[str, Json]) -> None:
        """The job is done: the element goes on."""
        event = task.internal_data["event"]
        host = close(task)
        host.task_spec.heard(host, event, values)

    def correct(self, task: Task, corrections: Mapping[str, Json]) -> None:
        """Correct the user task before the job is done. Raises Invalid, Conflict."""
        host = task.workflow.tasks[task.internal_data["host"]]
        host.task_spec.correct(host, corrections)


class Asking(Node):
    """Asks listeners one after the other under its own token, beside every element. Errors of
    its jobs nobody catches."""

    hidden = True

    def enter(self, task: Task) -> bool:
        heard, listeners = task.internal_data.setdefault("asked", 0), self.listeners(task)
        if heard < len(listeners):
            self.ask(task, listeners[heard])
        else:
            self.over(task)
        return False

    def finish(self, task: Task, values: dict[str, Json]) -> None:
        task.workflow.top_workflow.end_wait(task, "completed")
        task.internal_data["asked"] += 1
        self.take(task, values)
        self._attempt(task, "work")

    def listeners(self, task: Task) -> Sequence[ListenerJob]:
        raise NotImplementedError

    def ask(self, task: Task, job: ListenerJob) -> None:
        raise NotImplementedError

    def take(self, task: Task, values: dict[str, Json]) -> None:
        """What a job has brought."""

    def over(self, task: Task) -> None:
        """All have been asked."""
        raise NotImplementedError


class Threshold(Asking):
    """The start and end listeners of a process itself: before its start event, after its last
    token. Their variables are the process's."""

    asked: Mapping[str, Sequence[ListenerJob]]
    """Its listeners by event."""

    def listeners(self, task: Task) -> Sequence[ListenerJob]:
        return self.asked.get(task.internal_data["event"], ())

    def ask(self, task: Task, job: ListenerJob) -> None:
        view = task.workflow.top_workflow.view(task)
        ask(task, job, task.internal_data["event"], "", view, {})

    def take(self, task: Task, values: dict[str, Json]) -> None:
        task.workflow.top_workflow.put("", values)

    def over(self, task: Task) -> None:
        top: Instance = task.workflow.top_workflow
        data = task.internal_data
        if data["event"] == "end":
            top.forget(task)
            top.end("completed")
            return
        if "at" in data:
            placing.set_down(top, data["at"])
        else:
            values = data["values"]
            top.spawn(top.spec.task_specs[data["begin"]], {"result": values} if values else {})
        top.forget(task)


class Farewell(Asking):
    """The canceling listeners of a user task that is gone. What has cancelled it goes on after
    them, and the instance does not end before them."""

    lasting = True
    of: Any
    """The node of the user task."""

    def listeners(self, task: Task) -> Sequence[ListenerJob]:
        found: Sequence[ListenerJob] = self.of.hears["canceling"]
        return found

    def ask(self, task: Task, job: ListenerJob) -> None:
        data = task.internal_data
        told = headers(data["attrs"], data["before"], "cancel")
        ask(task, job, "canceling", data["host"], data["view"], told)

    def correct(self, task: Task, corrections: Mapping[str, Json]) -> None:
        data = task.internal_data
        data["attrs"] = corrected(data["attrs"], corrections)

    def over(self, task: Task) -> None:
        top: Instance = task.workflow.top_workflow
        data = task.internal_data
        if data["attrs"] != data["before"]:
            values = changed(data["before"], data["attrs"])
            top.emit(TaskChange(data["host"], self.bpmn_id, "canceling", "done", "cancel", values))
        top.forget(task)
        top.departed_is_over(task)
        top.settle()
