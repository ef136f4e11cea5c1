"""What a catching event waits for: a timer, a message, a signal or a condition.

A trigger is part of the shared program. ``plan`` evaluates its texts for one token and may
raise Trouble; ``open`` then arms a task with the plan and emits the wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from engine.bpmn.changes import Subscribed, TimerSet
from engine.bpmn.attributes import TimerKind, Watched
from engine.bpmn.expressions import Text, Trouble
from engine.bpmn.timing import Due, TimingError, due, local
from engine.bpmn.workflow import token_of


class Trigger(Protocol):
    """``boundary`` tells ``plan`` that the task is the activity the event is attached to."""

    def plan(self, task: Any, boundary: bool) -> Any: ...

    def open(self, task: Any, plan: Any) -> None: ...


class TimerTrigger:
    """Waits for an instant, computed once when it is armed. ``condition`` rules out times of a
    cycle, which it sees as ``due``."""

    def __init__(self, kind: TimerKind, text: Text, condition: Text | None = None) -> None:
        self.kind: TimerKind = kind
        self.text = text
        self.condition = condition

    def plan(self, task: Any, boundary: bool) -> Due:
        top = task.workflow.top_workflow
        value = self.text.evaluate(top.view(task))
        try:
            planned = due(self.kind, value, top.world.now())
        except TimingError as error:
            raise self._trouble(error) from None
        return self._fitting(task, planned)

    def _fitting(self, task: Any, planned: Due) -> Due:
        condition = self.condition
        if condition is None or self.kind != "cycle":
            return planned
        view = dict(task.workflow.top_workflow.view(task))
        try:
            return planned.fitting(lambda at: condition.truth({**view, "due": local(at)}))
        except TimingError as error:
            raise self._trouble(error) from None

    def _trouble(self, error: TimingError) -> Trouble:
        return Trouble(
            "EXTRACT_VALUE_ERROR",
            f"{self.text.what[0]}“{self.text.source}”：{error.zh}",
            f"{self.text.what[1]} “{self.text.source}”: {error.en}",
        )

    def open(self, task: Any, plan: Due) -> None:
        data = task.internal_data
        data["wait"] = "timer"
        data["due"] = [plan.at.isoformat(), plan.every, plan.left]
        task.workflow.top_workflow.emit(TimerSet(token_of(task), task.task_spec.bpmn_id, plan.at))

    def again(self, task: Any) -> bool:
        """Re-arm a cycle that has just fired; False when it has fired for the last time."""
        at, every, left = task.internal_data["due"]
        top = task.workflow.top_workflow
        plan = Due(datetime.fromisoformat(at), every, left).following(top.world.now())
        if plan is None:
            return False
        self.open(task, self._fitting(task, plan))
        return True


@dataclass(frozen=True, slots=True)
class Subscription:
    message: str
    key: str


class MessageTrigger:
    """Waits for a message of a name with a correlation key."""

    def __init__(self, name: Text, key: Text) -> None:
        self.name = name
        self.key = key

    def plan(self, task: Any, boundary: bool) -> Subscription:
        """The key of a boundary event is read outside its activity (Zeebe's rule)."""
        top = task.workflow.top_workflow
        view = top.view(task)
        outside = top.scopes.view(top.outer(task)) if boundary else view
        name = self.name.string(view)
        key = self.key.string(outside)
        if not name:
            raise self.name.expected("消息名称", "the name of a message", name, view)
        if not key:
            raise self.key.expected(
                "非空的关联键", "a correlation key that is not empty", key, outside
            )
        return Subscription(name, key)

    def open(self, task: Any, plan: Subscription) -> None:
        task.internal_data["wait"] = "message"
        _subscribe(task, plan, "message")


class SignalTrigger:
    """Waits for a signal of a name."""

    def __init__(self, name: Text) -> None:
        self.name = name

    def plan(self, task: Any, boundary: bool) -> Subscription:
        view = task.workflow.top_workflow.view(task)
        name = self.name.string(view)
        if not name:
            raise self.name.expected("信号名称", "the name of a signal", name, view)
        return Subscription(name, "")

    def open(self, task: Any, plan: Subscription) -> None:
        task.internal_data["wait"] = "signal"
        _subscribe(task, plan, "signal")


class ConditionTrigger:
    """Waits until a condition becomes true. It is read when it is armed and whenever a variable
    has changed; what stays true does not fire again (BPMN 2.0, Conditional Event). Anything
    but true, null included, is not true."""

    def __init__(self, condition: Text, watched: Watched | None) -> None:
        self.condition = condition
        self.watched = watched or Watched()

    def plan(self, task: Any, boundary: bool) -> None:
        """Nothing is fixed when it is armed."""

    def open(self, task: Any, plan: None) -> None:
        task.internal_data["condition"] = None
        task.workflow.top_workflow.touch({})

    def look(self, task: Any, touched: Mapping[str, str]) -> bool:
        """Read the condition; whether it has become true. ``touched`` says what happened to
        variables: "create" or "update" by name."""
        data = task.internal_data
        was = data["condition"]
        if was is not None and not self._concerns(touched):
            return False
        host = task.workflow.tasks.get(data.get("host"), task)
        try:
            now = self.condition.evaluate(task.workflow.top_workflow.view(host)) is True
        except Trouble:
            now = False
        data["condition"] = now
        return now and not was

    def _concerns(self, touched: Mapping[str, str]) -> bool:
        names, events = self.watched.names, self.watched.events
        return any(
            (not names or name in names) and (not events or event in events)
            for name, event in touched.items()
        )


def _subscribe(task: Any, plan: Subscription, kind: Literal["message", "signal"]) -> None:
    node = task.task_spec
    task.workflow.top_workflow.emit(
        Subscribed(
            token_of(task),
            node.bpmn_id,
            plan.message,
            plan.key,
            node.element.interrupting,
            dict(node.element.properties),
            kind,
        )
    )
