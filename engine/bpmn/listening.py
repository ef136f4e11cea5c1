"""Listeners: jobs of other workers around the work of an element.

While a listener runs, its element waits. The job waits under a token of its own, beside the
element's: a task that is armed at the element and withdrawn with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.bpmn.changes import JobOpened
from engine.bpmn.expressions import Text
from engine.bpmn.workflow import Instance, token_of
from engine.errors import Conflict

Task = Any


@dataclass(frozen=True, slots=True)
class ListenerJob:
    """The compiled job of a ``zeebe:executionListener`` or ``zeebe:taskListener``."""

    type: Text
    retries: Text


def listen(task: Task, event: str, listeners: Sequence[ListenerJob]) -> bool:
    """Open the job of the next listener of this event; False if all have run. Raises Trouble."""
    data = task.internal_data
    heard = data.get("heard", 0)
    if heard >= len(listeners):
        data.pop("heard", None)
        return False
    top: Instance = task.workflow.top_workflow
    view, job = top.view(task), listeners[heard]
    kind, retries = job.type.string(view), max(0, job.retries.integer(view))
    if not kind:
        raise job.type.expected("作业类型", "a job type", kind, view)
    data["heard"] = heard + 1
    ear = task.workflow.park(task.task_spec.ear, {"host": token_of(task), "event": event})
    ear.internal_data["wait"] = "job"
    data.setdefault("listeners", []).append(token_of(ear))
    node = task.task_spec
    top.emit(JobOpened(token_of(ear), node.bpmn_id, kind, retries, {}, dict(view), listener=event))
    return True


def deny(ear: Task) -> None:
    """A listener forbids what it listens to: the user task waits as before. Raises Conflict
    unless it is a completing listener."""
    event = ear.internal_data.get("event")
    if event != "completing":
        raise Conflict(
            "只有“完成前”监听器可以拒绝，这个作业不能。",
            "Only a listener of the event completing can deny; this job cannot.",
        )
    host = close(ear)
    for key in ("heard", "pending"):
        host.internal_data.pop(key, None)
    if "wait" not in host.internal_data:  # an incident of another listener had closed it
        host.task_spec._attempt(host, "work")


def close(ear: Task) -> Task:
    """The listener is done; its element."""
    level = ear.workflow
    level.top_workflow.end_wait(ear, "completed")
    host = level.tasks[ear.internal_data["host"]]
    host.internal_data["listeners"].remove(token_of(ear))
    level.forget(ear)
    return host
