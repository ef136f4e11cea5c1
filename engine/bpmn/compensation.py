"""Compensation: what has completed and can be undone, and undoing it.

Each scope keeps a record of every completed activity that has a compensation handler, and of
every completed sub-process that holds such records, with the sub-process's variables as they
were. Handlers run one after the other, in reverse order of completion (BPMN 2.0,
Compensation). A record is ``{"of": element, "by": handler's node}`` or ``{"of": element,
"node": the sub-process's node, "inside": records, "scope": variables}``."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.workflow import Instance, token_of

Task = Any


def record(task: Task) -> None:
    """An activity that may be undone later has completed; its scope still stands."""
    node, top = task.task_spec, task.workflow.top_workflow
    spec = top.subprocess_specs.get(node.bpmn_id)
    inside = task.internal_data.pop("done", [])
    if is_undoing(task):
        return
    if node.undo is not None:
        _done(task).append({"of": node.bpmn_id, "by": node.undo.name})
    elif inside or (spec is not None and spec.undo_start is not None):
        entry = {"of": node.bpmn_id, "node": node.name, "inside": inside}
        _done(task).append(entry | {"scope": dict(top.scopes.own(token_of(task)))})


def release(task: Task) -> None:
    """What rounds or inner instances have done can be undone, each by itself, once the whole
    has completed, unless a handler undoes the whole."""
    undoable = task.internal_data.pop("undoable", [])
    node = task.task_spec
    if undoable and (node.body or node).undo is None and not is_undoing(task):
        _done(task).extend(undoable)


def _done(task: Task) -> Any:
    """Where its completion is kept: in its scope; of a round with the whole until that has
    completed."""
    body = task.internal_data.get("body")
    if body is None:
        return task.workflow.done
    return task.workflow.tasks[body].internal_data.setdefault("undoable", [])


def is_undoing(task: Task) -> bool:
    """Whether it is a compensation handler, or a round of one: undoing cannot be undone."""
    while (body := task.internal_data.get("body")) is not None:
        task = task.workflow.tasks[body]
    return "undoes" in task.internal_data


def begin(owner: Task, levels: list[Any], activity: str | None) -> bool:
    """Start to undo what completed in these scopes (the last one first), all or one activity.
    False if there is nothing to undo. ``owner`` is told by ``undone`` when all is."""
    todo = []
    for level in levels:
        chosen = [one for one in level.done if activity in (None, one["of"])]
        level.done = [one for one in level.done if one not in chosen]
        todo += [[_name(level), one] for one in chosen]
    owner.internal_data["todo"] = todo
    return _next(owner)


def undone(task: Task) -> None:
    """A compensation handler is over: start the next one, or tell the owner."""
    top = task.workflow.top_workflow
    owner = top.find(task.internal_data["undoes"])
    if owner is not None and not _next(owner):
        owner.task_spec.all_undone(owner)


def scopes_of(task: Task) -> list[Any]:
    """The scopes that a compensation thrown at this place undoes: its own, and for an event
    sub-process the one around it before."""
    level = task.workflow
    found = [level]
    while level is not level.top_workflow and level.host.task_spec.element.event_sub_process:
        level = level.host.workflow
        found.insert(0, level)
    return found


def withdraw(owner: Task) -> None:
    """The owner is cancelled: so is the handler that runs for it."""
    top: Instance = owner.workflow.top_workflow
    running = top.find(owner.internal_data.pop("undoing", ""))
    if running is not None:
        running.cancel()
        running.workflow.forget(running)


def _next(owner: Task) -> bool:
    data, top = owner.internal_data, owner.workflow.top_workflow
    if not data.get("todo"):
        data.pop("todo", None)
        data.pop("undoing", None)
        return False
    place, entry = data["todo"].pop()
    level = top.subprocesses[place] if place else top
    node = level.spec.task_specs[entry.get("by") or entry["node"]]
    task = level.sprout(node, level.task_tree, TaskState.FUTURE)
    task.internal_data["undoes"] = owner.id
    data["undoing"] = task.id
    if "inside" in entry:
        task.internal_data["ghost"] = entry["inside"]
        top.put(token_of(task), entry["scope"])
    node._update(task)
    return True


def _name(level: Any) -> str:
    return "" if level is level.top_workflow else level.host.id
