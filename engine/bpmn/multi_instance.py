"""Multi-instance activities: a body that holds one inner token per item.

The body is a scope with the output collection; each inner activity has its item, its
``loopCounter`` (from 1) and its output element in a scope of its own (Zeebe's rules)."""

from __future__ import annotations

from typing import Any

from engine.bpmn import compensation
from engine.bpmn.expressions import Text, Trouble
from engine.bpmn.nodes import Node, Task
from engine.bpmn.workflow import Instance, token_of
from engine.model import Json


MOST_INSTANCES = 10_000
"""The most rounds of one multi-instance activity."""


class MultiInstance(Node):
    """The body. Boundary events belong to it; mappings and the work to the inner activity."""

    inner: Node
    sequential: bool
    collection: Text | None = None
    cardinality: Text | None = None
    item: str | None = None
    output_collection: str | None = None
    output: Text | None = None
    output_variable: str | None = None
    """Variable that the output expression reads when it is a plain name: made in each inner
    scope, so that the result stays there."""
    condition: Text | None = None

    def enter(self, task: Task) -> bool:
        top: Instance = task.workflow.top_workflow
        view = top.view(task)
        items = self._items(view)
        top.count_rounds(1 if self.sequential else len(items))
        if self.output_collection:
            top.put(token_of(task), {self.output_collection: [None] * len(items)})
        task.internal_data["loop"] = {"total": len(items), "begun": 0, "done": 0}
        if not items:
            return True
        if self.sequential:
            task.internal_data["items"] = items
            self._begin(task, items[0])
        else:
            for item in items:
                self._begin(task, item)
        return False

    def _items(self, view: Any) -> list[Json]:
        if self.collection is None:
            assert self.cardinality is not None
            count = self.cardinality.integer(view)
            if not 0 <= count <= MOST_INSTANCES:
                raise self.cardinality.expected(
                    f"0 到 {MOST_INSTANCES} 之间的整数",
                    f"a whole number from 0 to {MOST_INSTANCES}",
                    count,
                )
            return list(range(1, count + 1))
        items = self.collection.evaluate(view)
        if not isinstance(items, list):
            raise self.collection.expected("列表", "a list", items, view)
        if len(items) > MOST_INSTANCES:
            raise Trouble(
                "EXTRACT_VALUE_ERROR",
                f"“{self.bpmn_name or self.bpmn_id}”的集合有 {len(items)} 项，最多 "
                f"{MOST_INSTANCES} 项。",
                f"The collection of “{self.bpmn_name or self.bpmn_id}” has {len(items)} items; "
                f"{MOST_INSTANCES} is the most.",
            )
        return items

    def collect(self, inner: Task) -> None:
        """An inner activity is about to leave: keep its output, see whether it was the last
        one needed. Raises Trouble."""
        top = inner.workflow.top_workflow
        if self.sequential:
            top.count_rounds(1)
        task = self._body_of(inner)
        view = top.view(inner)
        if self.output_collection and self.output is not None:
            collected = list(top.scopes.own(token_of(task)).get(self.output_collection) or [])
            index = inner.internal_data["index"]
            collected += [None] * (index - len(collected))
            collected[index - 1] = self.output.evaluate(view)
            top.put(token_of(task), {self.output_collection: collected})
        if self.condition is not None:
            numbers = self._numbers(task, extra=1)
            inner.internal_data["enough"] = self.condition.truth({**view, **numbers})

    def one_done(self, inner: Task) -> None:
        """An inner activity has left."""
        task = self._body_of(inner)
        loop = task.internal_data["loop"]
        loop["done"] += 1
        if loop["done"] >= loop["total"] or inner.internal_data.get("enough", False):
            self._cancel_inner(task, spare=inner)
            task.internal_data.pop("items", None)
            task._ready()
        elif self.sequential:
            self._begin(task, task.internal_data["items"][loop["begun"]])

    def left(self, task: Task) -> None:
        compensation.release(task)

    def withdrawn(self, task: Task) -> None:
        self._cancel_inner(task, spare=None)

    def _leave(self, task: Task, top: Instance) -> None:
        if self.output_collection:
            own = top.scopes.own(token_of(task))
            top.merge(top.outer(task), {self.output_collection: own[self.output_collection]})

    def _begin(self, task: Task, item: Json) -> None:
        loop = task.internal_data["loop"]
        loop["begun"] += 1
        top = task.workflow.top_workflow
        child = task.workflow.park(self.inner, {"body": token_of(task), "index": loop["begun"]})
        local: dict[str, Json] = {"loopCounter": loop["begun"]}
        if self.item:
            local[self.item] = item
        if self.output_variable and self.output_variable not in local:
            local[self.output_variable] = None
        top.put(token_of(child), local)
        self.inner._update(child)

    def _body_of(self, inner: Task) -> Task:
        return inner.workflow.tasks[inner.internal_data["body"]]

    def _numbers(self, task: Task, extra: int) -> dict[str, Json]:
        loop = task.internal_data["loop"]
        done = loop["done"] + extra
        return {
            "numberOfInstances": loop["total"],
            "numberOfActiveInstances": loop["begun"] - done,
            "numberOfCompletedInstances": done,
            "numberOfTerminatedInstances": 0,
        }

    def _cancel_inner(self, task: Task, spare: Task | None) -> None:
        level = task.workflow
        mine = token_of(task)
        for inner in level.tokens():
            if inner is not spare and inner.internal_data.get("body") == mine:
                inner.cancel()
                level.forget(inner)


def plain_name(text: str) -> str | None:
    """The variable that an expression names, if it is nothing but ``=name`` or ``=name.path``."""
    name: str = text.removeprefix("=").strip().split(".")[0]
    rest: Any = text.removeprefix("=").strip().replace(".", "")
    return name if text.startswith("=") and name.isidentifier() and rest.isidentifier() else None
