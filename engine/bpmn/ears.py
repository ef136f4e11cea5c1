"""The nodes under which listeners' jobs wait."""

from __future__ import annotations

from engine.bpmn.listening import close
from engine.bpmn.nodes import Node, Task
from engine.model import Json


class Ear(Node):
    """A listener's job beside its element."""

    hidden = True

    def finish(self, task: Task, values: dict[str, Json]) -> None:
        """The job is done: the element goes on."""
        event = task.internal_data["event"]
        host = close(task)
        host.task_spec.heard(host, event, values)

    def enter(self, task: Task) -> bool:
        """Ask again, in place of a job that ended in an incident."""
        event = task.internal_data["event"]
        host = close(task)
        host.internal_data["heard"] -= 1
        host.task_spec._attempt(host, f"hear:{event}")
        return False
