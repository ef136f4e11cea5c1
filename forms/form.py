"""Parse a ``.form``, draw its fields, read what a browser posted, check what was entered."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import Invalid
from engine.model import Finding
from forms.component import INPUTS, MANY, Component
from forms.fill import MOST_ROWS, Node, fill, put
from forms.rules import broken
from forms.schema import Reader, load, read_form
from forms.text import Feel, Functions
from forms.view import Drawing, Field

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Checked:
    """``data``: what goes into the variables, hidden and unknown fields left out.
    ``errors``: field name → Chinese message; the input is good when it is empty."""

    data: dict[str, Any]
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed form: compiled once per version, never changed, safe between threads."""

    id: str
    components: tuple[Component, ...]
    zone: ZoneInfo = SHANGHAI
    read: frozenset[str] = frozenset()
    """The variables that its expressions read."""

    def fields(
        self, variables: Mapping[str, Any], entered: Mapping[str, Any] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> tuple[Field, ...]:
        """The visible fields, filled from ``entered`` (raw JSON: a draft, or what ``posted``
        gave), else from the variables, else with defaults."""
        nodes = fill(self.components, variables, entered, self.zone)
        return Drawing(self.zone, self.read, errors or {}).fields(nodes)


def parse(
    content: bytes, filename: str, functions: Functions | None = None, zone: ZoneInfo = SHANGHAI
) -> Form:
    """The form of a ``.form`` file; ``functions`` are FEEL functions of ours it may call.
    Invalid with ``details['findings']`` when it cannot be drawn and checked here."""
    form, remarks = _read(content, filename, functions or {}, zone)
    errors = [remark for remark in remarks if remark.severity == "error"]
    if form is None or errors:
        raise Invalid(
            f"表单文件 {filename} 不可用：{errors[0].zh}",
            f"The form file {filename} cannot be used: {errors[0].en}",
            findings=tuple(errors),
        )
    return form


def findings(content: bytes, filename: str, functions: Functions | None = None) -> list[Finding]:
    """All remarks on a ``.form`` file; empty when it is good."""
    return _read(content, filename, functions or {}, SHANGHAI)[1]


def _read(
    content: bytes, filename: str, functions: Functions, zone: ZoneInfo
) -> tuple[Form | None, list[Finding]]:
    reader = Reader(filename, "", functions)
    raw = load(content, reader)
    if raw is None:
        return None, reader.findings
    identity, components = read_form(raw, reader)
    return Form(identity, components, zone, _names(components)), reader.findings


def _names(components: tuple[Component, ...]) -> frozenset[str]:
    found: set[str] = set()
    for c in components:
        rules = c.rules
        single = (c.hide, c.readonly, c.choices.expression, c.expression, c.table_columns,
                  rules.required, rules.min, rules.max, rules.min_length, rules.max_length)
        found.update(*(feel.expression.variables for feel in single if isinstance(feel, Feel)))
        for text in (c.label, c.description, c.content, c.prefix, c.suffix):
            found.update(*(feel.expression.variables for feel in text.expressions))
        if c.choices.key:
            found.add(c.choices.key)
        found |= _names(c.children)
    return frozenset(found)


def check(
    form: Form, entered: Mapping[str, Any], variables: Mapping[str, Any],
    now: datetime | None = None,
) -> Checked:
    """Check raw JSON input: what a program sends, or what ``posted`` made of an HTML form.
    Fields that were not sent keep the variable's value, else the default. An object that a
    nested key belongs to keeps its other entries. ``now`` (local) is the present, if it is not
    the clock's."""
    checked = _Checking(form.zone, variables, now)
    checked.take(fill(form.components, variables, entered, form.zone))
    return Checked(checked.data, checked.errors)


@dataclass(slots=True)
class _Checking:
    zone: ZoneInfo
    variables: Mapping[str, Any]
    now: datetime | None
    data: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def take(self, nodes: list[Node]) -> None:
        for node in nodes:
            if node.hidden:
                continue
            kind = node.component.type
            if kind in INPUTS:
                self._input(node)
            elif kind == "expression":
                self._put(node, node.value)
            elif kind == "dynamiclist":
                self._put(node, [{} for _ in node.items])
            self.take(node.children)
            for item in node.items:
                self.take(item)

    def _input(self, node: Node) -> None:
        component = node.component
        if component.disabled or (node.readonly and node.value is None):
            return
        problem = "" if node.readonly else (
            node.problem or broken(component, node.value, node.context(), self.zone, self.now)
        )
        if problem:
            self.errors[node.name] = problem
        self._put(node, node.value)

    def _put(self, node: Node, value: Any) -> None:
        top = str(node.path[0])
        if len(node.path) > 1 and top not in self.data and isinstance(
            self.variables.get(top), dict
        ):
            self.data[top] = copy.deepcopy(self.variables[top])
        put(self.data, node.path, value)


_STEP = re.compile(r"\[(\d{1,4})\]|([^.\[\]]+)")


def posted(form: Form, fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Raw JSON of an HTML form's names and values: only names of this form's fields are taken;
    ``rows[3].amount`` becomes an entry of the list ``rows`` (gaps close up, order stays)."""
    entered: dict[str, Any] = {}
    known = _inputs(form.components, ())
    for name, values in fields.items():
        steps = [int(i) if i else key for i, key in _STEP.findall(name)]
        shape = tuple(step for step in steps if isinstance(step, str))
        if shape not in known or not _rebuilds(name, steps):
            continue
        many = known[shape]
        value: Any = [v for v in values if v] if many else (values[-1] if values else "")
        if many is None:
            value = {}
        _place(entered, steps, value)
    lists = {shape for shape, many in known.items() if many is None}
    return {key: _closed_up(value, (key,), lists) for key, value in entered.items()}


def _inputs(
    components: tuple[Component, ...], prefix: tuple[str, ...]
) -> dict[tuple[str, ...], bool | None]:
    """Name without indexes → whether it takes many values; None: a list (or a row of it)."""
    known: dict[tuple[str, ...], bool | None] = {}
    for component in components:
        path = prefix + component.path
        if component.type in INPUTS:
            known[path] = component.type in MANY
        elif component.type == "dynamiclist":
            known[path] = None
        known |= _inputs(component.children, path)
    return known


def _rebuilds(name: str, steps: list[Any]) -> bool:
    spelled = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
    indexes = [s for s in steps if isinstance(s, int)]
    return spelled.removeprefix(".") == name and all(index < MOST_ROWS * 5 for index in indexes)


def _place(data: dict[Any, Any], steps: list[Any], value: Any) -> None:
    here = data
    for step in steps[:-1]:
        here = here.setdefault(step, {})
    if value != {} or not isinstance(here.get(steps[-1]), dict):
        here[steps[-1]] = value


def _closed_up(value: Any, shape: tuple[str, ...], lists: set[tuple[str, ...]]) -> Any:
    """What stands at the place of a list becomes one, in the order of its indexes."""
    if not isinstance(value, dict):
        return value
    if shape in lists:
        rows = sorted(key for key in value if isinstance(key, int))
        return [_closed_up(value[row], (*shape, ""), lists) for row in rows]
    inner = shape[:-1] if shape[-1] == "" else shape
    return {key: _closed_up(item, (*inner, str(key)), lists) for key, item in value.items()}
