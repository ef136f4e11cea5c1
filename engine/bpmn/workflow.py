"""The workflows that hold the tokens: SpiffWorkflow's, without its history and its scans.

A *token* is a Spiff task that waits. What has finished is taken out of the tree at once, so a
step costs the same however long the instance has run. Ready tasks stand in one queue."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.changes import (
    Change,
    Ended,
    IncidentCleared,
    IncidentRaised,
    VariablesChanged,
    WaitEnded,
)
from engine.bpmn.expressions import Trouble
from engine.bpmn.scopes import Scopes
from engine.bpmn.world import World
from engine.model import Json

STEPS_PER_OPERATION = 10_000
"""Elements one operation may enter before the instance is held: a circle without a wait."""
ROUNDS_PER_OPERATION = 20_000
"""Rounds of multi-instance activities and loops that one operation may begin."""

# Spiff builds the details of its log lines whether anybody listens or not; at this level it
# leaves out the costly ones.
for _name in ("spiff.task", "spiff.workflow"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def token_of(task: Any) -> str:
    """The name of a token outside this room."""
    token: str = task.id
    return token


class _NoScripts:
    """Stands where Spiff expects a script engine. Only FEEL is evaluated, and not by Spiff."""


class _Level:
    """What the instance and each of its sub-processes have in common."""

    tasks: dict[str, Any]
    task_tree: Any
    completed: bool
    spec: Any
    listening: int
    """How many start events of event sub-processes are armed: tasks that keep nothing alive."""
    interrupted: bool
    """Whether an interrupting event sub-process has taken over."""
    done: list[dict[str, Json]]
    """What has completed here and can be compensated, in order (engine.bpmn.compensation)."""

    def plant(self) -> None:
        """Make the root of the task tree, which stays for ever."""
        self.listening = 0
        self.interrupted = False
        self.done = []
        self.task_tree = Task(self, self.spec.start, state=TaskState.COMPLETED, id=":root")

    def sprout(self, spec: Any, parent: Any, state: int) -> Any:
        """A new task under another. Ids are text, which a state need not convert."""
        return Task(self, spec, parent, state, uuid4().hex)

    def plant_saved(self, spec: Any, token: str, data: dict[str, Json]) -> None:
        """A task as it was saved."""
        task = Task(self, spec, None, TaskState.WAITING, token)
        task._parent = self.task_tree.id
        task.internal_data = data
        self.task_tree._children.append(token)
        if data.get("host") == "":
            self.listening += 1

    def tokens(self) -> Iterator[Any]:
        """All tasks but the root; a copy, so that the tree may change meanwhile."""
        return iter([task for task in self.tasks.values() if task is not self.task_tree])

    def spawn(
        self, spec: Any, data: dict[str, Json] | None = None, after: Sequence[str] = ()
    ) -> Any:
        """Set a new token on an element and let it enter, at once or when the tokens ``after``
        are over (those of canceling listeners)."""
        task = self.sprout(spec, self.task_tree, TaskState.FUTURE)
        if data:
            task.internal_data.update(data)
        if after:
            task._set_state(TaskState.WAITING)
            task.internal_data["after"] = list(after)
        else:
            spec._update(task)
        return task

    def park(self, spec: Any, data: dict[str, Json]) -> Any:
        """A task that waits without having entered its element: an armed event."""
        task = self.sprout(spec, self.task_tree, TaskState.WAITING)
        task.internal_data.update(data)
        if data.get("host") == "":
            self.listening += 1
        return task

    def forget(self, task: Any) -> None:
        """Take a finished task out; what came of it hangs on the root from now on."""
        if self.tasks.pop(task.id, None) is None:
            return
        if self.listening and task.internal_data.get("host") == "":
            self.listening -= 1
        root = self.task_tree
        parent = task.parent or root
        if task.id in parent._children:
            parent._children.remove(task.id)
        for child in task.children:
            child._parent = root.id
            root._children.append(child.id)

    def update_waiting_tasks(self) -> None:
        """Waiting tokens are woken by name; nothing is polled."""

    def _task_completed_notify(self, task: Any) -> None:
        self.forget(task)
        self.settle()

    def settle(self) -> None:
        """End this level if no token is left in it."""
        if len(self.tasks) == 1 + self.listening and not self.completed:
            self.completed = True
            self.finished()

    def finished(self) -> None:
        raise NotImplementedError


class SubProcess(_Level, BpmnSubWorkflow):
    """The tokens inside one run of an embedded sub-process."""

    def __init__(self, spec: Any, host: Any, top: Instance) -> None:
        self.host = host
        super().__init__(spec, host.id, top, deserializing=True)
        self.plant()

    @property
    def parent_workflow(self) -> Any:
        return self.host.workflow

    def _calculate_depth(self) -> int:
        return int(self.host.workflow.depth) + 1

    def _task_removed_notify(self, task: Any) -> None:
        """Nobody listens."""

    def finished(self) -> None:
        if self.host.task_spec.stays:
            self.completed = False
            return
        self.top_workflow.withdraw(self)
        self.top_workflow.subprocesses.pop(self.host.id, None)
        if self.done:
            self.host.internal_data["done"] = self.done
        self.host.task_spec.finish(self.host, {})


class Instance(_Level, BpmnWorkflow):
    """One process instance: tokens, scopes, and the changes of the current operation."""

    def __init__(self, spec: Any, subs: dict[str, Any], scopes: Scopes, world: World) -> None:
        super().__init__(spec, subs, script_engine=_NoScripts(), deserializing=True)
        self.scopes = scopes
        self.world = world
        self.changes: list[Change] = []
        self.queue: deque[Any] = deque()
        self.touched: dict[str, str] | None = None
        """Variables changed since conditions were read: "create" or "update" by name."""
        self.steps = 0
        self.rounds = 0
        self.ended = False
        self.halts: list[str] = []
        """Elements after which the instance is terminated (engine.bpmn.placing)."""
        self.halting = False
        """Whether one of them was cancelled in this operation."""
        self.departed: list[str] = []
        """The tokens of canceling listeners that what is cancelled now has left behind."""
        self.ending: list[Any] | None = None
        """How the instance ends (the arguments of ``end``) when they are over."""
        self.plant()

    # -- tokens

    def find(self, token: str) -> Any | None:
        """The task of a token, wherever it is."""
        for level in self.levels():
            found = level.tasks.get(token)
            if found is not None and found is not level.task_tree:
                return found
        return None

    def levels(self) -> Iterator[Any]:
        """The instance and every sub-process that runs in it, outer before inner."""
        yield self
        yield from list(self.subprocesses.values())

    def create_subprocess(self, my_task: Any, spec_name: str) -> SubProcess:
        level = SubProcess(self.subprocess_specs[spec_name], my_task, self)
        self.subprocesses[my_task.id] = level
        return level

    def chain(self, task: Any) -> list[str]:
        """The scopes visible at a token, its own first."""
        return [token_of(task), *self.outer(task)]

    def outer(self, task: Any) -> list[str]:
        """The scopes around a token."""
        chain: list[str] = []
        while True:
            body = task.internal_data.get("body")
            if body is not None:
                chain.append(body)
                task = task.workflow.tasks[body]
            elif task.workflow is self:
                chain.append("")
                return chain
            else:
                task = task.workflow.host
                chain.append(token_of(task))

    def told_scope(self, task: Any) -> str:
        """The scope around a token that was told of: an inner instance of an ad-hoc sub-process
        is no element."""
        while "body" not in task.internal_data and task.workflow is not self:
            if not task.workflow.host.task_spec.hidden:
                break
            task = task.workflow.host
        return self.outer(task)[0]

    def enclosing(self, task: Any) -> Any | None:
        """The activity that holds a token: its multi-instance body or sub-process."""
        body = task.internal_data.get("body")
        if body is not None:
            return task.workflow.tasks.get(body)
        return None if task.workflow is self else task.workflow.host

    # -- variables

    def view(self, task: Any) -> Any:
        return self.scopes.view(self.chain(task))

    def put(self, token: str, values: dict[str, Json]) -> None:
        if values:
            if self.spec.conditional:
                self._note(token, values)
            self.scopes.put(token, values)
            self.changes.append(VariablesChanged(token, values))

    def merge(self, chain: list[str], values: dict[str, Json]) -> None:
        if self.spec.conditional:
            view = self.scopes.view(chain)
            self.touch({name: "update" if name in view else "create" for name in values})
        for token, part in self.scopes.merge(chain, values).items():
            self.changes.append(VariablesChanged(token, part))

    def _note(self, token: str, values: dict[str, Json]) -> None:
        own = self.scopes.own(token)
        self.touch({name: "update" if name in own else "create" for name in values})

    def touch(self, how: dict[str, str]) -> None:
        """Have the conditions that wait read again before the next token moves."""
        self.touched = {**(self.touched or {}), **how}

    # -- waiting and incidents

    def emit(self, change: Change) -> None:
        self.changes.append(change)

    def end_wait(self, task: Any, how: Any) -> None:
        """Close what the token waits for outside, if it does."""
        if task.internal_data.pop("wait", None) is not None:
            self.changes.append(WaitEnded(token_of(task), how))

    def incident(self, task: Any, phase: str, trouble: Trouble) -> None:
        """Hold the token until ``retry`` repeats the phase that failed."""
        self.end_wait(task, "cancelled")
        task.internal_data["incident"] = phase
        self.changes.append(
            IncidentRaised(
                token_of(task), task.task_spec.bpmn_id, trouble.kind, trouble.zh, trouble.en
            )
        )

    def clear_incident(self, task: Any) -> str | None:
        """Forget the incident of a token; the phase to repeat, or None without incident."""
        phase: str | None = task.internal_data.pop("incident", None)
        if phase is not None:
            self.changes.append(IncidentCleared(token_of(task)))
        return phase

    def count_step(self) -> None:
        """Raise Trouble when one operation goes round without end."""
        self.steps += 1
        if self.steps > STEPS_PER_OPERATION:
            raise Trouble(
                "STEP_LIMIT",
                f"一次操作经过了 {STEPS_PER_OPERATION} 个节点仍未停下："
                "流程中有一个没有等待点的循环。请修正循环的条件后重试。",
                f"One operation passed {STEPS_PER_OPERATION} elements without coming to rest: "
                "the diagram has a circle without a wait. Correct its condition, then retry.",
            )

    def count_rounds(self, number: int) -> None:
        """Raise Trouble when one operation begins too many rounds."""
        self.rounds += number
        if self.rounds > ROUNDS_PER_OPERATION:
            raise Trouble(
                "STEP_LIMIT",
                f"一次操作要开始超过 {ROUNDS_PER_OPERATION} 轮多实例或循环。"
                "请缩小集合、修正循环条件，或在其中加一个等待点，然后重试。",
                f"One operation begins more than {ROUNDS_PER_OPERATION} rounds of multi-instance "
                "activities or loops. Shorten the collection, correct the loop's condition or "
                "put a wait inside, then retry.",
            )

    # -- moving

    def do_engine_steps(
        self, will_complete_task: Any = None, did_complete_task: Any = None
    ) -> None:
        """Run ready tasks until everything waits."""
        while not self.ended:
            if self.halting:
                self.halting = False
                self.end("terminated")
                return
            if self.touched is not None:
                self._read_conditions()
            while self.queue and not self.ended and not self.halting:
                task = self.queue.popleft()
                if task._state == TaskState.READY and task.id in task.workflow.tasks:
                    task.run()
                if self.touched is not None:
                    self._read_conditions()
            if not self.halting and not self._release_joins():
                return

    def _read_conditions(self) -> None:
        """Fire the conditional events whose condition has become true."""
        while self.touched is not None and not self.ended:
            touched, self.touched = self.touched, None
            for task in [task for level in self.levels() for task in level.tokens()]:
                there = task._state == TaskState.WAITING and task.id in task.workflow.tasks
                if there and "condition" in task.internal_data:
                    task.task_spec.look(task, touched)

    def _release_joins(self) -> bool:
        """Fire the inclusive joins that no token can reach any more."""
        for level in self.levels():
            for join in level.spec.inclusive_joins:
                if join.release(level):
                    return True
        return False

    def withdraw(self, level: Any, spare: Any = None) -> None:
        """Cancel every token of a level except ``spare`` and what lasts."""
        for task in level.tokens():
            if task is not spare and task.id in level.tasks and not task.task_spec.lasting:
                task.cancel()
                level.forget(task)

    def depart(self, farewell: Any, data: dict[str, Json]) -> None:
        """Have canceling listeners hear of a user task that is about to go."""
        task = self.park(farewell, data)
        self.departed.append(token_of(task))
        farewell._attempt(task, "work")

    def take_departed(self) -> list[str]:
        """The tokens that what caused the cancellation waits for."""
        taken, self.departed = self.departed, []
        return taken

    def departed_is_over(self, departed: Any) -> None:
        """Let go on what waited for this token last."""
        token = token_of(departed)
        for level in self.levels():
            for task in level.tokens():
                rest = task.internal_data.get("after")
                if rest is None or token not in rest:
                    continue
                rest.remove(token)
                if not rest:
                    del task.internal_data["after"]
                    task.task_spec._update(task)

    def finished(self) -> None:
        threshold = self.spec.threshold
        if self.ending is not None:
            self._close(*self.ending)
        elif threshold is not None and "end" in threshold.asked:
            self.completed = False
            self.withdraw(self)
            self.spawn(threshold, {"event": "end"})
        else:
            self.end("completed")

    def end(self, how: Any, code: str | None = None, message: str | None = None) -> None:
        """Close the instance; what still waits is cancelled. Where that leaves canceling
        listeners behind it ends after them."""
        self.ending = [how, code, message]
        self.completed = True
        self.withdraw(self)
        self.queue.clear()
        self.departed.clear()
        self.completed = len(self.tasks) == 1
        if self.completed:
            self._close(how, code, message)

    def _close(self, how: Any, code: str | None, message: str | None) -> None:
        self.completed = self.ended = True
        self.changes.append(Ended(how, dict(self.scopes.root), code, message))
