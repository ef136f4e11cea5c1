"""User tasks: opened for a person, moved on by persons, with listeners that hear of each move.

A *move* is what somebody asked for (to create, assign, update, complete) while listeners are
heard one after the other; they may correct the task's attributes or deny the move. One task has
one move at a time. Where a task has no listeners nothing of this is kept: its attributes are the
store's alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.bpmn.attributes import TASK_EVENTS
from engine.bpmn.changes import TaskChange, TaskOpened
from engine.bpmn.expressions import Text
from engine.bpmn.listening import listen
from engine.bpmn.nodes import Node, Task
from engine.bpmn.task_data import COLUMNS, EMPTY, Attributes, changed, corrected, headers, values
from engine.bpmn.timing import TimingError, moment
from engine.bpmn.workflow import Instance, token_of
from engine.errors import Conflict, Invalid
from engine.model import Binding, Json


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
    farewell: Any = None
    """The node under which its canceling listeners' jobs wait."""

    @property
    def listened(self) -> bool:
        """Whether it has task listeners of any event."""
        return not self.hears.keys().isdisjoint(TASK_EVENTS)

    def enter(self, task: Task) -> bool:
        data = task.internal_data
        if "created" in data and "attrs" in data:
            self._open(task, data["attrs"])
            return False
        view = task.workflow.top_workflow.view(task)
        attributes = self._attributes(view)
        if "creating" in self.hears:
            self._move(task, "creating", attributes, "create", {}, given=attributes["assignee"])
        else:
            self._create(task, attributes, attributes["assignee"])
        return False

    def finish(self, task: Task, values: dict[str, Json]) -> None:
        if self.listened:
            attributes = self._at_rest(task)
            self._move(task, "completing", attributes, "complete", dict(values))
        else:
            super().finish(task, values)

    def assign(self, task: Task, assignee: str | None, action: str) -> None:
        """Give the task to somebody, or to nobody. Raises Conflict during another move."""
        attributes = self._at_rest(task) | {"assignee": assignee}
        self._move(task, "assigning", attributes, action, {}, named=["assignee"])

    def update(
        self, task: Task, changes: Mapping[str, Json], values: dict[str, Json], local: bool
    ) -> None:
        """Change attributes (but the assignee), and variables as seen from the task or exactly
        its own. Raises Conflict during another move, Invalid."""
        before = self._at_rest(task)
        if "assignee" in changes:
            raise Invalid("请用指派来更换办理人。", "Assign the task to change its assignee.")
        named: list[Json] = [name for name, value in changes.items() if value is not None]
        made = corrected(before, changes)
        self._move(task, "updating", made, "update", values, named=named, local=local)

    def heard(self, task: Task, event: str, values: dict[str, Json]) -> None:
        """A creating listener's variables are the task's own; those of others count with what
        the move itself brings."""
        if event not in TASK_EVENTS:
            super().heard(task, event, values)
            return
        data = task.internal_data
        move = data.setdefault("move", _move_of(event, data))
        if event == "creating":
            task.workflow.top_workflow.put(token_of(task), values)
        else:
            move["values"].update(values)
        self._attempt(task, f"hear:{event}")

    def hear_on(self, task: Task, event: str) -> bool:
        if event not in TASK_EVENTS:
            return super().hear_on(task, event)
        if not listen(task, event, self.hears.get(event, ())):
            self._moved(task)
        return False

    def told(self, task: Task) -> dict[str, str]:
        data = task.internal_data
        move = data.get("move")
        if move is None:
            return {}
        before = data.get("attrs") or {**move["attrs"], "assignee": None}
        return headers(move["attrs"], before, move["action"])

    def correct(self, task: Task, corrections: Mapping[str, Json]) -> None:
        move = task.internal_data.get("move")
        if move is None:
            super().correct(task, corrections)
            return
        if corrections.get("assignee") is not None and move.get("given"):
            raise Invalid(
                "流程已经指定了办理人，创建时的监听器不能更正它；请改用“指派”（assigning）监听器。",
                "The process names the assignee; a creating listener cannot correct it. Use an "
                "assigning listener.",
            )
        move["attrs"] = corrected(move["attrs"], corrections)

    def withdrawn(self, task: Task) -> None:
        """Canceling listeners hear of it, wherever the task stands."""
        data = task.internal_data
        if self.farewell is None or not ("attrs" in data or "move" in data):
            return
        top: Instance = task.workflow.top_workflow
        attributes = data.get("attrs") or data["move"]["attrs"]
        about = {"attrs": attributes, "before": attributes, "view": dict(top.view(task))}
        top.depart(self.farewell, {"host": token_of(task), **about})

    # -- moves

    def _at_rest(self, task: Task) -> Attributes:
        """The attributes, while no move is under way."""
        data = task.internal_data
        if "move" in data or "pending" in data:
            raise Conflict(
                "该任务正在等待监听器处理上一个操作，请稍后再试。",
                "A listener still hears of the last change to this task; try again later.",
            )
        return dict(data.get("attrs") or EMPTY)

    def _move(
        self, task: Task, event: str, attributes: Attributes, action: str,
        brought: dict[str, Json], **more: Json,
    ) -> None:  # fmt: skip
        move = {"event": event, "attrs": attributes, "action": action, "values": brought, **more}
        task.internal_data["move"] = move
        if event in self.hears and event != "creating":
            self._tell(task, event, "asked", action, {})
        self.hear_on(task, event)

    def _moved(self, task: Task) -> None:
        """Every listener has agreed."""
        data = task.internal_data
        move = data.pop("move")
        event, attributes, brought = move["event"], move["attrs"], move["values"]
        if event == "creating":
            self._create(task, attributes, move.get("given"))
            return
        differs = changed(data.get("attrs", EMPTY), attributes)
        if "attrs" not in data:  # nobody but the store knows how it was: what was asked for counts
            known = values(attributes)
            differs = {COLUMNS[name]: known[COLUMNS[name]] for name in move.get("named", ())}
        if self.listened:
            data["attrs"] = attributes
        if differs or self.listened:
            self._tell(task, event, "done", move["action"], differs)
        if event == "completing":  # who is done is not cancelled any more
            data.pop("attrs", None)
            super().finish(task, brought)
            return
        top: Instance = task.workflow.top_workflow
        if move.get("local"):
            top.put(token_of(task), brought)
        elif brought:
            top.merge(top.chain(task), brought)

    def _create(self, task: Task, attributes: Attributes, given: str | None) -> None:
        """Open the task; an assignee that the process names is assigned once it is open."""
        first = given is not None and "assigning" in self.hears
        now = attributes | {"assignee": None} if first else attributes
        if self.listened:
            task.internal_data |= {"created": True, "attrs": now}
        self._open(task, now)
        if first:
            self._move(task, "assigning", attributes, "assign", {}, first=True)

    def _tell(self, task: Task, event: str, how: Any, action: str, made: dict[str, Any]) -> None:
        change = TaskChange(token_of(task), self.bpmn_id, event, how, action, made)
        task.workflow.top_workflow.emit(change)

    # -- opening

    def _open(self, task: Task, attributes: Attributes) -> None:
        top = task.workflow.top_workflow
        form_id = self.form_id.string(top.view(task)) if self.form_id else None
        task.internal_data["wait"] = "task"
        top.emit(
            TaskOpened(
                token_of(task),
                self.bpmn_id,
                self.bpmn_name or self.bpmn_id,
                **values(attributes),
                form_id=form_id,
                form_binding=self.form_binding,
                listened=self.listened,
            )
        )

    def _attributes(self, view: Any) -> Attributes:
        """Evaluated. Raises Trouble."""
        users, groups = self.candidate_users, self.candidate_groups
        priority = 50 if self.priority is None else self.priority.integer(view)
        return {
            "assignee": (self.assignee.string(view) if self.assignee else None) or None,
            "candidateUsers": list(users.strings(view)) if users else [],
            "candidateGroups": list(groups.strings(view)) if groups else [],
            "dueDate": _text(moment_of(self.due, view)),
            "followUpDate": _text(moment_of(self.follow_up, view)),
            "priority": min(100, max(0, priority)),
        }


def _move_of(event: str, data: dict[str, Any]) -> dict[str, Any]:
    """The move of a state that was saved before moves were kept."""
    attributes = data.get("attrs") or dict(EMPTY)
    brought = data.pop("pending", {})
    return {"event": event, "attrs": attributes, "action": "complete", "values": brought}


def moment_of(text: Text | None, view: Any) -> datetime | None:
    """The date of a task's schedule; null and "" mean none. Raises Trouble."""
    value = None if text is None else text.evaluate(view)
    if text is None or value is None or value == "":
        return None
    try:
        return moment(value if isinstance(value, str) else "")
    except TimingError:
        raise text.expected("日期时间", "a date and time", value, view) from None


def _text(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
