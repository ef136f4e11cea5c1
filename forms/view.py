"""What a page draws: the visible fields of a form with values, options and limits."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from forms.component import CHOICES, INPUTS, Component
from forms.fill import Node
from forms.rules import limit, required
from forms.text import shown
from forms.values import option_text, typed

GRID = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """An option as drawn: ``text`` travels in the HTML form."""

    text: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One visible component. ``type`` is form-js's; ``value`` is the text in the input
    (``"true"`` for a ticked box). ``span`` counts columns of a grid of 16; ``starts_row``
    begins a new line. ``controls``: other components depend on it. ``files``: ids and names of a
    file field's documents; ``accept`` and ``many`` say which it takes. ``state`` changes when
    anything but the value changes. ``content`` is the author's text with escaped values."""

    type: str
    name: str
    label: str = ""
    description: str = ""
    value: str = ""
    options: tuple[Choice, ...] = ()
    required: bool = False
    readonly: bool = False
    disabled: bool = False
    error: str = ""
    content: str = ""
    prefix: str = ""
    suffix: str = ""
    input: str = "text"
    min: str = ""
    max: str = ""
    step: str = ""
    max_length: str = ""
    height: int = 0
    span: int = GRID
    starts_row: bool = True
    controls: bool = False
    state: str = ""
    resizable: bool = False
    children: tuple[Field, ...] = ()
    items: tuple[tuple[Field, ...], ...] = ()
    headings: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    files: tuple[Choice, ...] = ()
    accept: str = ""
    many: bool = False

    @property
    def id(self) -> str:
        """An HTML id, unique in the form."""
        return "f-" + self.name.replace("[", "-").replace("]", "").replace(".", "-")


@dataclass(frozen=True, slots=True)
class Drawing:
    """Turns nodes into fields. ``read`` are the names that expressions of the form read."""

    zone: ZoneInfo
    read: frozenset[str]
    errors: Mapping[str, str]

    def fields(self, nodes: list[Node]) -> tuple[Field, ...]:
        visible = [
            node for node in nodes if not node.hidden and node.component.type != "expression"
        ]
        spans = _spans([node.component for node in visible])
        return tuple(
            self._stamp(replace(self._field(node), span=span, starts_row=starts), node.component)
            for node, (span, starts) in zip(visible, spans, strict=True)
        )

    def _field(self, node: Node) -> Field:
        component = node.component
        names = node.context()
        field = Field(
            component.type, node.name or component.id, component.label.render(names),
            component.description.render(names), error=self.errors.get(node.name, ""),
            prefix=component.prefix.render(names), suffix=component.suffix.render(names),
            height=component.height,
        )
        if component.type in INPUTS:
            return self._input(field, node, names)
        if component.type == "group":
            return replace(field, children=self.fields(node.children))
        if component.type == "dynamiclist":
            return replace(field, resizable=component.resizable,
                           items=tuple(self.fields(item) for item in node.items))
        if component.type == "table":
            return replace(field, **_table(component, names))
        escape = _html if component.type == "html" else _markdown
        return replace(field, content=component.content.render(names, escape))

    def _input(self, field: Field, node: Node, names: Mapping[str, Any]) -> Field:
        component = node.component
        field = replace(
            field, required=required(component, names), readonly=node.readonly,
            disabled=component.disabled, controls=not self.read.isdisjoint(map(str, node.path)),
        )
        if component.type == "checkbox":
            return replace(field, value="true" if node.value is True else "")
        if component.type == "filepicker":
            return replace(field, files=tuple(map(_document, node.value or ())),
                           accept=component.accept, many=component.many_files)
        if component.type in CHOICES:
            raw = node.raw if isinstance(node.raw, list) else [node.raw]
            marked = {option_text(item) for item in raw if item is not None}
            return replace(field, options=tuple(
                Choice(text, option.label, text in marked)
                for option in node.options for text in (option_text(option.value),)
            ))
        return replace(field, value=typed(component, node.raw, self.zone),
                       **_attributes(component, names))

    def _stamp(self, field: Field, component: Component) -> Field:
        """Give the field a state where expressions may change how it looks."""
        if component.type in ("group", "dynamiclist"):
            return field
        plain = replace(field, value="", error="", files=(), options=tuple(
            replace(option, chosen=False) for option in field.options
        ))
        return replace(field, state=f"{zlib.crc32(repr(plain).encode()):08x}")


def _spans(components: list[Component]) -> list[tuple[int, bool]]:
    """Columns and line breaks; components of one row without a width share what is left."""
    spans: list[tuple[int, bool]] = []
    start = 0
    while start < len(components):
        row = components[start].row
        end = start + 1
        while end < len(components) and row and components[end].row == row:
            end += 1
        line = components[start:end]
        free = [component for component in line if component.columns is None]
        left = GRID - sum(component.columns or 0 for component in line)
        share = max(left // len(free), 2) if free else 0
        spans += [(c.columns or share, index == 0) for index, c in enumerate(line)]
        start = end
    return spans


def _attributes(component: Component, names: Mapping[str, Any]) -> dict[str, Any]:
    rules = component.rules
    if component.type == "number":
        return {"input": "number", "min": _limit(rules.min, names), "max": _limit(rules.max, names),
                "step": "any" if component.digits is None else f"{10 ** -component.digits:f}"}
    if component.type == "datetime":
        kind = component.moment.subtype
        return {"input": "datetime-local" if kind == "datetime" else kind}
    kinds = {"email": "email", "phone": "tel"}
    return {"input": kinds.get(rules.kind, "text"), "max_length": _limit(rules.max_length, names)}


def _document(reference: Mapping[str, Any]) -> Choice:
    about = reference.get("metadata")
    known = about if isinstance(about, Mapping) else {}
    return Choice(str(reference["documentId"]), str(known.get("fileName") or "文件"), True)


def _limit(rule: Any, names: Mapping[str, Any]) -> str:
    number = limit(rule, names)
    return "" if number is None else f"{number:g}"


def _table(component: Component, names: Mapping[str, Any]) -> dict[str, Any]:
    rows = component.expression.value(names) if component.expression else None
    columns = [(column.key, column.label) for column in component.table]
    given = component.table_columns.value(names) if component.table_columns else None
    if isinstance(given, list):
        columns = [(str(item.get("key")), str(item.get("label") or item.get("key")))
                   for item in given if isinstance(item, dict)]
    return {
        "headings": tuple(label for _, label in columns),
        "cells": tuple(
            tuple(shown(row.get(key)) for key, _ in columns)
            for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict)
        ),
    }


def _html(value: str) -> str:
    table = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
    return value.translate(table)


def _markdown(value: str) -> str:
    """A value inside Markdown: its punctuation is itself, its line breaks stay on the page."""
    marked = "\\`*_{}[]()#+-.!|<>~&"
    return "".join("\\" + sign if sign in marked else sign for sign in value).replace("\n", "  \n")
