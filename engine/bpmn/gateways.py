"""Exclusive, parallel, inclusive and event-based gateways."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.changes import ElementEntered
from engine.bpmn.nodes import Node, Task, is_listener
from engine.bpmn.workflow import Instance, token_of
from engine.model import Json


class ExclusiveGateway(Node):
    """Takes the first flow, in the order of the file, whose condition is true."""

    def choose(self, task: Task) -> list[str]:
        view = task.workflow.top_workflow.view(task)
        for way in self.ways:
            if way.id == self.default:
                continue
            if way.condition is None or way.condition.truth(view):
                return [way.id]
        return [self.default_or_trouble()]


class Join(Node):
    """A gateway whose tokens wait for each other. A token that arrives is parked with the flow
    it came by; firing takes one token from each flow that has one (BPMN 2.0, Parallel
    Gateway)."""

    parked = True

    def arrived(self, level: Any) -> dict[str, list[Task]]:
        """The parked tokens by flow, the oldest first."""
        found: dict[str, list[Task]] = {}
        for task in level.tokens():
            if task.task_spec is self and "flow" in task.internal_data:
                found.setdefault(task.internal_data["flow"], []).append(task)
        return found

    def fire_join(self, level: Any, arrived: dict[str, list[Task]]) -> None:
        """One token goes on for all that waited."""
        first, *others = [tasks[0] for tasks in arrived.values()]
        for task in others:
            task._set_state(TaskState.COMPLETED)
            level.forget(task)
        first.internal_data.pop("flow")
        top = level.top_workflow
        top.emit(ElementEntered(token_of(first), self.bpmn_id, top.told_scope(first)))
        if self._attempt(first, "enter"):
            first._ready()


class ParallelGateway(Join):
    """Fires when every incoming flow has a token; a second token on a flow waits for the next
    round, so that a join inside a loop counts right."""

    def _update_hook(self, task: Task) -> bool:
        if "flow" not in task.internal_data:  # nothing leads here: an ad-hoc sub-process began it
            return super()._update_hook(task)
        task._set_state(TaskState.WAITING)
        arrived = self.arrived(task.workflow)
        if len(arrived) >= len(self.element.incoming):
            self.fire_join(task.workflow, arrived)
        return False

    def choose(self, task: Task) -> list[str]:
        return [way.id for way in self.ways]


class InclusiveGateway(Join):
    """Fires when no token elsewhere in its scope can still reach an incoming flow that has no
    token, unless that token can also reach one that has (BPMN 2.0, execution
    semantics of the Inclusive Gateway)."""

    reach: dict[str, frozenset[str]]
    """Element id → the incoming flows of this gateway that a token there can still reach
    without passing the gateway; made by ``compile_process``."""

    def _update_hook(self, task: Task) -> bool:
        if "flow" not in task.internal_data:  # nothing leads here: an ad-hoc sub-process began it
            return super()._update_hook(task)
        task._set_state(TaskState.WAITING)
        if len(self.element.incoming) < 2:
            self.fire_join(task.workflow, self.arrived(task.workflow))
        return False

    def release(self, level: Any) -> bool:
        """Fire if nothing stands against it; asked when all else is at rest."""
        arrived = self.arrived(level)
        if not arrived:
            return False
        empty = frozenset(self.element.incoming) - arrived.keys()
        if empty and any(self._blocks(task, empty, arrived) for task in level.tokens()):
            return False
        self.fire_join(level, arrived)
        return True

    def _blocks(self, task: Task, empty: frozenset[str], arrived: dict[str, list[Task]]) -> bool:
        if (task.task_spec is self and "flow" in task.internal_data) or is_listener(task):
            return False
        reach = self.reach.get(task.task_spec.bpmn_id, frozenset())
        return bool(reach & empty) and not reach & arrived.keys()


class EventBasedGateway(Node):
    """Arms the events behind it; the first that happens decides, the others are withdrawn."""

    def enter(self, task: Task) -> bool:
        plans = [(way, way.target.trigger.plan(task, False)) for way in self.ways]
        listeners = []
        for way, plan in plans:
            listener = task.workflow.park(way.target, {"host": token_of(task), "way": way.id})
            way.target.trigger.open(listener, plan)
            listeners.append(token_of(listener))
        task.internal_data["listeners"] = listeners
        return False

    def decided(self, task: Task, listener: Task, values: dict[str, Json]) -> None:
        """The event of ``listener`` happened."""
        if "ways" in task.internal_data:
            return  # another one was faster
        task.internal_data["ways"] = [listener.internal_data["way"]]
        self._disarm(task)
        carried: dict[str, Json] = {"caught": True}
        if values:
            carried["result"] = values
        task.internal_data["carry"] = carried
        task._ready()

    def _go(self, task: Task, top: Instance) -> None:
        """The event has chosen."""
