"""What the worker of an ad-hoc sub-process learns of the elements it may choose: Zeebe's
variable ``adHocSubProcessElements``, with the parameters that ``fromAi`` asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from engine.bpmn.diagram import Element
from engine.feel import FeelSyntaxError, Function, compile_expression, to_json
from engine.feel.tree import Call, ContextOf, ListOf, Literal, Name, Node, Path
from engine.model import Json

_PARAMETERS = ("value", "description", "type", "schema", "options")


def described(elements: Iterable[Element], functions: Mapping[str, Function]) -> list[Json]:
    """One entry for each element."""
    return [
        {
            "elementId": one.id,
            "elementName": one.name,
            "documentation": one.documentation,
            "properties": dict(one.properties),
            "parameters": list(_parameters(one, functions)),
        }
        for one in elements
    ]


def _parameters(element: Element, functions: Mapping[str, Function]) -> Iterator[Json]:
    """Of each ``fromAi`` in the input mappings: what its arguments say, if they are constant.
    Its name is the last part of the path that is its value."""
    for mapping in element.inputs:
        if "fromAi" not in mapping.source:
            continue
        try:
            tree = compile_expression(mapping.source.removeprefix("="), functions=functions).tree
        except FeelSyntaxError:  # reported where the mapping is compiled
            continue
        for call in _calls(tree):
            yield _parameter(call)


def _calls(node: Any) -> Iterator[Call]:
    if isinstance(node, tuple):
        for part in node:
            yield from _calls(part)
    elif isinstance(node, Node):
        if isinstance(node, Call) and node.callee == Name(node.callee.position, "fromAi"):
            yield node
        for field in fields(node):
            yield from _calls(getattr(node, field.name))


def _parameter(call: Call) -> Json:
    names = call.names or _PARAMETERS
    said = dict(zip(names, call.arguments, strict=False))
    value = said.get("value")
    name = value.name if isinstance(value, Path | Name) else None
    return {"name": name} | {key: _constant(said.get(key)) for key in _PARAMETERS[1:]}


def _constant(node: Node | None) -> Json:
    """The value of what is written out; None for anything that must be computed."""
    if isinstance(node, Literal):
        return to_json(node.value)
    if isinstance(node, ListOf):
        return [_constant(one) for one in node.items]
    if isinstance(node, ContextOf):
        return {key: _constant(one) for key, one in node.entries}
    return None
