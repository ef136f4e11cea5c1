"""Texts of a form: plain, FEEL (``=expression``), or a template with ``{{ }}`` (form-js "feelers").

Supported in templates: ``{{expression}}``, ``{{#if expression}} … {{/if}}``,
``{{#loop expression}} … {{/loop}}`` with ``this`` for the item (its entries are names too).
Nothing but FEEL is ever evaluated; what a value contains is never read as a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import ExpressionFailed
from engine.feel import Expression, FeelError, Function, compile_expression, to_json

Functions = Mapping[str, Function]
Escape = Callable[[str], str]

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


class TemplateError(Exception):
    """The text cannot be read as a template; ``zh``/``en`` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class Feel:
    """One FEEL expression of a form and the place it stands at."""

    source: str
    place: str
    expression: Expression

    def value(self, context: Mapping[str, Any]) -> Any:
        """The result as JSON; ExpressionFailed when a limit of the language is exceeded."""
        try:
            return to_json(self.expression.evaluate(context))
        except FeelError as error:
            raise ExpressionFailed(
                f"表单中 {self.place} 的表达式“{self.source}”无法计算：{error.zh}",
                f"The form's expression at {self.place} cannot be evaluated: {error.en}",
                place=self.place,
            ) from error


def feel(source: str, place: str, functions: Functions) -> Feel:
    """Compile ``source``, with or without the leading ``=``. FeelSyntaxError when it is wrong."""
    text = source.removeprefix("=").strip()
    return Feel(text, place, compile_expression(text, functions=functions))


@dataclass(frozen=True, slots=True)
class _Block:
    """A piece of a template: literal text, a value, or a section with parts of its own."""

    kind: str  # text, value, if, loop
    text: str = ""
    expression: Feel | None = None
    parts: tuple[_Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A text to show; ``render`` escapes inserted values with ``escape``, never the author's."""

    parts: tuple[_Block, ...] = ()

    def render(self, context: Mapping[str, Any], escape: Escape = str) -> str:
        return "".join(_render(part, context, escape) for part in self.parts)

    @property
    def expressions(self) -> tuple[Feel, ...]:
        return tuple(_expressions(self.parts))

    def __bool__(self) -> bool:
        return bool(self.parts)


BLANK = Text()


def text(source: str, place: str, functions: Functions) -> Text:
    """Read a text of a form. TemplateError, FeelSyntaxError."""
    if not source:
        return BLANK
    if source.startswith("="):
        return Text((_Block("value", expression=feel(source, place, functions)),))
    if "{{" not in source:
        return Text((_Block("text", source),))
    return Text(_parse(source, place, functions))


def _parse(source: str, place: str, functions: Functions) -> tuple[_Block, ...]:
    open_: list[tuple[str, Feel | None, list[_Block]]] = [("", None, [])]
    position = 0
    for tag in _TAG.finditer(source):
        if tag.start() > position:
            open_[-1][2].append(_Block("text", source[position : tag.start()]))
        position = tag.end()
        _tag(tag.group(1).strip(), open_, place, functions)
    if len(open_) > 1:
        kind = open_[-1][0]
        raise TemplateError(
            f"模板中的 {{{{#{kind}}}}} 没有用 {{{{/{kind}}}}} 结束",
            f"{{{{#{kind}}}}} is not closed by {{{{/{kind}}}}}",
        )
    if position < len(source):
        open_[0][2].append(_Block("text", source[position:]))
    return tuple(open_[0][2])


def _tag(
    body: str, open_: list[tuple[str, Feel | None, list[_Block]]], place: str, functions: Functions
) -> None:
    for kind in ("if", "loop"):
        if body.startswith(f"#{kind} "):
            open_.append((kind, feel(body[len(kind) + 2 :], place, functions), []))
            return
        if body == f"/{kind}" and open_[-1][0] == kind:
            _, expression, parts = open_.pop()
            open_[-1][2].append(_Block(kind, expression=expression, parts=tuple(parts)))
            return
    if body.startswith(("#", "/")):
        raise TemplateError(
            f"模板标记 {{{{{body}}}}} 不认识或位置不对；可用 #if … /if 与 #loop … /loop",
            f"template tag {{{{{body}}}}} is unknown or misplaced; use #if … /if, #loop … /loop",
        )
    open_[-1][2].append(_Block("value", expression=feel(body, place, functions)))


def _render(part: _Block, context: Mapping[str, Any], escape: Escape) -> str:
    if part.expression is None:
        return part.text
    value = part.expression.value(context)
    if part.kind == "value":
        return escape(shown(value))
    if part.kind == "if":
        return Text(part.parts).render(context, escape) if value is True else ""
    items = value if isinstance(value, list) else []
    return "".join(Text(part.parts).render(_inside(context, item), escape) for item in items)


def _inside(context: Mapping[str, Any], item: Any) -> dict[str, Any]:
    names = item if isinstance(item, dict) else {}
    return {**context, **names, "this": item, "parent": dict(context)}


def _expressions(parts: tuple[_Block, ...]) -> list[Feel]:
    found: list[Feel] = []
    for part in parts:
        if part.expression is not None:
            found.append(part.expression)
        found.extend(_expressions(part.parts))
    return found


def shown(value: Any) -> str:
    """A JSON value as a person reads it: 是/否 for booleans, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(shown(item) for item in value)
    if isinstance(value, dict):
        return "；".join(f"{key}：{shown(item)}" for key, item in value.items())
    return str(value)
