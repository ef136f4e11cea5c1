"""What looks wrong in a model that can run: types, names, tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.dmn import elements as dmn
from engine.dmn.errors import finding
from engine.dmn.model import Model
from engine.dmn.parse import faults
from engine.dmn.table_check import check_table
from engine.dmn.texts import Place, Text
from engine.feel import check as feel
from engine.feel.constants import NotConstant, constant_value
from engine.feel.errors import nearest
from engine.feel.text import to_literal
from engine.feel.tree import Tests
from engine.feel.values import Value, kind
from engine.model import Finding

_ORDER = {"error": 0, "warning": 1, "info": 2}


def check(model: Model, filename: str, functions: Collection[str] | None = None) -> list[Finding]:
    """Findings on a model, errors first, then by line. ``functions``: the names of functions
    that evaluations will add to FEEL; None if that is not known."""
    found = faults(model)
    for text in model.boxes.texts:
        found += _text(text, filename)
        if functions is not None:
            found += _calls(text, filename, functions)
    for box, table in model.boxes.tables:
        found += check_table(model, box, table, filename)
    for element in model.source.elements.values():
        found += _unused(model, element, filename)
    return sorted(found, key=lambda one: (_ORDER[one.severity], one.line or 0))


def constants(model: Model, type_name: str) -> list[tuple[Place, Value]]:
    """The constants at places of the type that an item definition of the model names so: what is
    to be compared with what only the caller knows."""
    found = []
    for text in model.boxes.texts:
        if str(text.wanted) != type_name or isinstance(text.compiled.tree, Tests):
            continue
        try:
            found.append((text.place, constant_value(text.compiled.tree)))
        except NotConstant:
            continue
    return found


def _text(text: Text, filename: str) -> list[Finding]:
    """Names and types in one FEEL text."""
    place = text.place
    scope = text.scope if text.subject is None else {**text.scope, "?": text.subject}
    remarks = feel.check(text.compiled.tree, scope, closed=text.closed)
    found = [
        finding(
            "feel-type", filename,
            f"{place.zh}：{remark.zh}" if place.zh else remark.zh,
            f"{place.en}: {remark.en}" if place.en else remark.en,
            severity="warning", line=place.line, id=place.id or None,
        )
        for remark in remarks
    ]  # fmt: skip
    return found + _constant(text, filename)


def _constant(text: Text, filename: str) -> list[Finding]:
    """A constant that does not conform to the type of its place."""
    if text.wanted is None or isinstance(text.compiled.tree, Tests):
        return []
    try:
        value = constant_value(text.compiled.tree)
    except NotConstant:
        return []
    if value is None or text.wanted.admits(value) or text.wanted.admits([value]):
        return []
    place, shown = text.place, to_literal(value)
    return [
        finding(
            "value-type", filename,
            f"{place.zh}：{shown}（{kind(value)}）不符合类型 {text.wanted}。",
            f"{place.en}: {shown} ({kind(value)}) does not conform to {text.wanted}.",
            remedy=("请改值，或改该列的类型。", "Change the value, or the type of the column."),
            line=place.line, id=place.id or None,
        )
    ]  # fmt: skip


def _calls(text: Text, filename: str, functions: Collection[str]) -> list[Finding]:
    unknown = [name for name in text.compiled.calls if name not in functions]
    return [
        finding(
            "unknown-function", filename,
            f"{text.place.zh or text.compiled.text}：函数“{name}”不存在。"
            f"{_meant(name, functions)[0]}",
            f"{text.place.en or text.compiled.text}: there is no function {name!r}."
            f"{_meant(name, functions)[1]}",
            line=text.place.line, id=text.place.id or None,
        )
        for name in sorted(unknown)
        if name not in text.scope
    ]  # fmt: skip


def _meant(name: str, known: Iterable[str]) -> tuple[str, str]:
    guess = nearest(name, known)
    return (f"是不是“{guess}”？", f" Did you mean {guess!r}?") if guess else ("", "")


def _unused(model: Model, element: dmn.Element, filename: str) -> list[Finding]:
    """Requirements that the logic of a decision does not read."""
    if element.logic is None or element.kind != "decision":
        return []
    read = model.names_read(element)
    if read is None:
        return []
    found: list[Finding] = []
    for reference in filter(None, map(model.resolve, (*element.requires, *element.knows))):
        name = reference.prefix or reference.element.variable
        if name not in read:
            found.append(
                finding(
                    "unused-requirement", filename,
                    f"“{element.name}”要求“{reference.element.name}”，但没有用到它。",
                    f"{element.name!r} requires {reference.element.name!r} but does not use it.",
                    remedy=("请删去这条连线，或用上它。", "Remove the requirement or use it."),
                    severity="info", line=element.line, id=element.id, name=element.name,
                )
            )  # fmt: skip
    return found
