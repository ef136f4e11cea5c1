"""Listeners: jobs of other workers around the work of an element.

While a listener runs, its element waits. The job waits under a token of its own, beside the
element's: a task that is armed at the element and withdrawn with it. A job that cannot be made
is an incident of that token, so that what the element itself waits for stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn.changes import JobOpened, TaskChange
from engine.bpmn.expressions import Text
from engine.bpmn.workflow import Instance, token_of
from engine.errors import Conflict

Task = Any
DENIABLE = frozenset({"assigning", "updating", "completing"})


@dataclass(frozen=True, slots=True)
class ListenerJob:
    """The compiled job of a ``zeebe:executionListener`` or ``zeebe:taskListener``; ``headers``
    are its element's and its own."""

    type: Text
    retries: Text
    headers: dict[str, str] = field(default_factory=dict)


def listen(task: Task, event: str, listeners: Sequence[ListenerJob]) -> bool:
    """Ask the next listener of this event; False if all have been asked."""
    data = task.internal_data
    heard = data.get("heard", 0)
    if heard >= len(listeners):
        data.pop("heard", None)
        return False
    data["heard"] = heard + 1
    ear = task.workflow.park(task.task_spec.ear, {"host": token_of(task), "event": event})
    data.setdefault("listeners", []).append(token_of(ear))
    ear.task_spec._attempt(ear, "work")
    return True


def ask(
    task: Task, job: ListenerJob, event: str, host: str, view: Any, told: Mapping[str, str]
) -> None:
    """Open a listener's job under the token of ``task``. Raises Trouble."""
    top: Instance = task.workflow.top_workflow
    kind, retries = job.type.string(view), max(0, job.retries.integer(view))
    if not kind:
        raise job.type.expected("作业类型", "a job type", kind, view)
    task.internal_data["wait"] = "job"
    top.emit(
        JobOpened(
            token_of(task),
            task.task_spec.bpmn_id,
            kind,
            retries,
            {**job.headers, **told},
            dict(view),
            listener=event,
            host=host,
        )
    )


def deny(ear: Task, reason: str) -> None:
    """A listener forbids what it listens to: the user task is as it was before. Raises Conflict
    where the event cannot be denied."""
    event = ear.internal_data.get("event")
    if event not in DENIABLE:
        raise Conflict(
            "只有“指派、更新、完成”的任务监听器可以拒绝，这个作业不能。",
            "Only listeners of the events assigning, updating and completing can deny; this job "
            "cannot.",
        )
    host = close(ear)
    data = host.internal_data
    move = data.pop("move", {})
    for key in ("heard", "pending"):
        data.pop(key, None)
    node = host.task_spec
    change = TaskChange(
        token_of(host), node.bpmn_id, event, "denied", move.get("action", ""), {}, reason
    )
    host.workflow.top_workflow.emit(change)


def close(ear: Task) -> Task:
    """The listener is done; its element."""
    level = ear.workflow
    level.top_workflow.end_wait(ear, "completed")
    host = level.tasks[ear.internal_data["host"]]
    host.internal_data["listeners"].remove(token_of(ear))
    level.forget(ear)
    return host


def abandon(host: Task) -> None:
    """What listeners were asked about is off: their jobs are withdrawn."""
    level, data = host.workflow, host.internal_data
    for token in list(data.get("listeners", ())):
        ear = level.tasks.get(token)
        if ear is not None and "event" in ear.internal_data:
            data["listeners"].remove(token)
            ear.cancel()
            level.forget(ear)
    data.pop("heard", None)
    if data.pop("move", {}).get("first"):
        data.pop("created", None)
