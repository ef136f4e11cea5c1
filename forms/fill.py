"""A form together with variables and what was entered: every component's state, in order.

The order of evaluation is form-js's: first all values are known, then components are taken
from top to bottom. What was entered in a hidden component is gone for all others; they see
the variable as it was, which is what the process keeps.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from forms.component import CHOICES, INPUTS, Component, Option
from forms.schema import option
from forms.text import Feel
from forms.values import coerce

Path = tuple[str | int, ...]

MOST_ROWS = 200


@dataclass(slots=True)
class Node:
    """The state of one component: ``raw`` is what was typed or stands in the variable,
    ``value`` its JSON value, ``problem`` why ``raw`` has none. ``context`` gives the names
    that FEEL sees at this place."""

    component: Component
    path: Path
    context: Callable[[], dict[str, Any]]
    raw: Any = None
    value: Any = None
    problem: str = ""
    hidden: bool = False
    readonly: bool = False
    options: tuple[Option, ...] = ()
    before: Any = None
    """The variable's value, which stays where the field is hidden."""
    initial: Any = None
    children: list[Node] = field(default_factory=list)
    items: list[list[Node]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The field's name in HTML and in error messages: ``rows[0].amount``."""
        return "".join(
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path
        ).removeprefix(".")


@dataclass(slots=True)
class _Scope:
    """Where paths are relative to: the form, a group with a path, or one row of a list."""

    prefix: Path
    entered: Mapping[str, Any] | None
    variables: Mapping[str, Any]
    index: int | None = None


@dataclass(slots=True)
class Fill:
    """Evaluates one form once. ``entered`` None: nothing typed yet."""

    zone: ZoneInfo
    data: dict[str, Any]
    shared: set[str]
    """Top-level names whose values still belong to the caller's variables (copied on write)."""

    def nodes(self, components: tuple[Component, ...], scope: _Scope) -> list[Node]:
        return [self._node(component, scope) for component in components]

    def _node(self, component: Component, scope: _Scope) -> Node:
        path = scope.prefix + component.path
        node = Node(component, path, lambda: self._context(scope))
        if component.type in INPUTS:
            self._collect(node, scope)
        elif component.type == "group":
            inner = scope if not component.path else _Scope(
                path, _inside(scope.entered, component.path),
                _inside(scope.variables, component.path) or {},
            )
            node.children = self.nodes(component.children, inner)
        elif component.type == "dynamiclist":
            node.items = self._items(component, path, scope)
        return node

    def _items(self, component: Component, path: Path, scope: _Scope) -> list[list[Node]]:
        entered = _get(scope.entered, component.path)
        before = _get(scope.variables, component.path)
        known = before if isinstance(before, list) else []
        rows = entered if isinstance(entered, list) else (known or [{}] * component.repetitions)
        self.put(path, [{} for _ in rows[:MOST_ROWS]])
        items = []
        for index, row in enumerate(rows[:MOST_ROWS]):
            typed = row if isinstance(entered, list) and isinstance(row, dict) else None
            old = known[index] if index < len(known) and isinstance(known[index], dict) else {}
            inner = _Scope((*path, index), typed, old, index)
            items.append(self.nodes(component.children, inner))
        return items

    def _collect(self, node: Node, scope: _Scope) -> None:
        component = node.component
        node.before = _get(scope.variables, component.path)
        node.initial = self._default(node) if node.before is None else node.before
        typed = scope.entered is not None and _has(scope.entered, component.path)
        node.raw = _get(scope.entered, component.path) if typed else node.initial
        if component.type in CHOICES and not component.choices.static:
            self.put(node.path, node.raw)
            return
        node.options = component.choices.static
        self._settle_value(node)

    def _default(self, node: Node) -> Any:
        default = node.component.default
        return default.value(node.context()) if isinstance(default, Feel) else default

    def _settle_value(self, node: Node) -> None:
        node.value, node.problem = coerce(node.component, node.raw, node.options, self.zone)
        self.put(node.path, node.value)

    def settle(self, nodes: list[Node], hidden: bool = False) -> None:
        """Second pass: conditions, options and computed values, from top to bottom."""
        for node in nodes:
            component = node.component
            node.hidden = hidden or (
                component.hide is not None and component.hide.value(node.context()) is True
            )
            if component.type in INPUTS:
                self._settle_input(node)
            elif component.type == "expression" and component.expression is not None:
                node.value = None if node.hidden else component.expression.value(node.context())
                self.put(node.path, node.value)
            self.settle(node.children, node.hidden)
            for item in node.items:
                self.settle(item, node.hidden)

    def _settle_input(self, node: Node) -> None:
        component = node.component
        if node.hidden:
            node.value, node.problem = None, ""
            self.put(node.path, node.before)
            return
        readonly = component.readonly
        node.readonly = readonly if isinstance(readonly, bool) else (
            readonly.value(node.context()) is True
        )
        if node.readonly or component.disabled:
            node.raw = node.initial
        dynamic = component.type in CHOICES and not component.choices.static
        if dynamic:
            node.options = _options(component, node.context())
        if dynamic or node.readonly or component.disabled:
            self._settle_value(node)
        if node.problem and (node.readonly or component.disabled):
            node.value, node.problem = node.raw, ""

    def _context(self, scope: _Scope) -> dict[str, Any]:
        if not scope.prefix:
            return self.data
        here = _get(self.data, scope.prefix)
        names = here if isinstance(here, dict) else {}
        context = {**self.data, **names, "this": names, "parent": self.data}
        if scope.index is not None:
            context["i"] = scope.index + 1
        return context

    def put(self, path: Path, value: Any) -> None:
        """Set a value in ``data`` without touching the caller's variables."""
        top = str(path[0])
        if len(path) > 1 and top in self.shared:
            self.data[top] = copy.deepcopy(self.data[top])
        self.shared.discard(top)
        put(self.data, path, value)


def fill(
    components: tuple[Component, ...], variables: Mapping[str, Any],
    entered: Mapping[str, Any] | None, zone: ZoneInfo,
) -> list[Node]:
    """The state of every component for these variables and this input (raw JSON)."""
    filled = Fill(zone, dict(variables), set(variables))
    nodes = filled.nodes(components, _Scope((), entered, variables))
    filled.settle(nodes)
    return nodes


def put(data: dict[str, Any], path: Path, value: Any) -> None:
    """Set ``value`` at ``path``, making objects (and list entries that exist) on the way."""
    here: Any = data
    for step, following in pairwise(path):
        kind = list if isinstance(following, int) else dict
        if isinstance(here, dict) and not isinstance(here.get(str(step)), kind):
            here[str(step)] = kind()
        here = here[step]
    here[path[-1]] = value


def _has(data: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    here: Any = data
    for step in path:
        if not isinstance(here, Mapping) or step not in here:
            return False
        here = here[step]
    return True


def _get(data: Mapping[str, Any] | None, path: Path) -> Any:
    here: Any = data
    for step in path:
        if isinstance(step, int):
            here = here[step] if isinstance(here, list) and step < len(here) else None
        else:
            here = here.get(step) if isinstance(here, Mapping) else None
    return here


def _inside(data: Mapping[str, Any] | None, path: tuple[str, ...]) -> Mapping[str, Any] | None:
    here = _get(data, path)
    return here if isinstance(here, Mapping) else None


def _options(component: Component, context: Mapping[str, Any]) -> tuple[Option, ...]:
    choices = component.choices
    raw = choices.expression.value(context) if choices.expression else context.get(choices.key)
    return tuple(o for o in map(option, raw if isinstance(raw, list) else []) if o)
