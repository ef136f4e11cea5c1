"""Fields of generated forms (``formField``, ``formProperty``) → form-js components."""

from __future__ import annotations

import re

from engine.convert.context import Work, slug
from engine.convert.foreign import Node, attribute, inner
from engine.convert.juel import Untranslatable, has_expression
from engine.convert.report import shown
from engine.model import Json

_TYPES = {
    "string": "textfield",
    "text": "textarea",
    "long": "number",
    "int": "number",
    "integer": "number",
    "double": "number",
    "boolean": "checkbox",
    "date": "datetime",
    "enum": "select",
}
_NUMBERS = re.compile(r"[-+]?\d+(?:\.\d+)?")
_LIMITS = {"minlength": "minLength", "maxlength": "maxLength", "min": "min", "max": "max"}
_DATES = ((re.compile(r"(\d{4})-(\d\d)-(\d\d)"), (1, 2, 3)),
          (re.compile(r"(\d\d)[/.](\d\d)[/.](\d{4})"), (3, 2, 1)))  # fmt: skip


def component(work: Work, node: Node, form: str) -> Json:
    """The component for a field of the form ``form``."""
    raw_key = attribute(node, "variable") or attribute(node, "id") or ""
    key = _key(work, node, raw_key)
    kind = (attribute(node, "type") or "string").lower()
    made: dict[str, Json] = {
        "type": _TYPES.get(kind, "textfield"),
        "id": slug(f"{form}_{key}").replace(".", "_"),
        "key": key,
        "label": attribute(node, "label", "name") or raw_key,
    }
    if kind not in _TYPES:
        work.report.check(
            node, "field-type",
            (
                f"的表单字段 {raw_key} 类型为 {kind}，已改为文本框。",
                f"has the form field {raw_key} of type {kind}, a text field now.",
            ),
            ("在表单编辑器中选择合适的组件。", "Choose a fitting component in the form editor."),
        )  # fmt: skip
    if made["type"] == "datetime":
        made["subtype"] = "date"
        made["dateLabel"] = made.pop("label")
    if made["type"] == "select":
        made["values"] = _options(node)
    _rules(work, node, made, raw_key)
    _default(work, node, made, raw_key)
    return made


def _key(work: Work, node: Node, key: str) -> str:
    if re.fullmatch(r"[^\W\d]\w*", key):
        return key
    plain = re.sub(r"\W", "_", key)
    plain = plain if re.match(r"[^\W\d]", plain) else f"field_{plain}"
    work.report.decide(
        node, "field-key",
        (
            f"的表单字段“{shown(key)}”不能作变量名，已改为 {plain}。",
            f"has the form field “{shown(key)}”, which cannot name a variable; now {plain}.",
        ),
        (
            "在用到它的表达式中也改名。",
            "Rename it in the expressions that use it as well.",
        ),
    )  # fmt: skip
    return plain


def _options(node: Node) -> list[Json]:
    return [
        {"label": attribute(one, "name") or attribute(one, "id") or "",
         "value": attribute(one, "id") or attribute(one, "name") or ""}
        for one in inner(node, "value")
    ]  # fmt: skip


def _rules(work: Work, node: Node, made: dict[str, Json], key: str) -> None:
    rules: dict[str, Json] = {}
    if attribute(node, "required") == "true":
        rules["required"] = True
    if attribute(node, "writable") == "false":
        made["readonly"] = True
    if attribute(node, "readable") == "false":
        work.report.check(
            node, "field-hidden",
            (f"的表单字段 {key} 原来不显示。", f"has the form field {key}, not shown before."),
            ("若不需要，请从表单中删除。", "Delete it from the form if it is not needed."),
        )  # fmt: skip
    groups = inner(node, "validation")
    for constraint in (one for group in groups for one in inner(group, "constraint")):
        name = (attribute(constraint, "name") or "").lower()
        config = attribute(constraint, "config") or ""
        if name == "required":
            rules["required"] = config != "false"
        elif name == "readonly":
            made["readonly"] = config != "false"
        elif name in _LIMITS and _NUMBERS.fullmatch(config):
            rules[_LIMITS[name]] = _number(config)
        else:
            work.report.decide(
                node, "field-validation",
                (
                    f"的表单字段 {key} 的校验 {name}（{shown(config)}）不能转换。",
                    f"has the validation {name} ({shown(config)}) on the form field {key}.",
                ),
                (
                    "用长度、范围、正则表达式，或在流程中检查。",
                    "Use length, range, a pattern, or check it in the process.",
                ),
            )  # fmt: skip
    if rules:
        made["validate"] = rules


def _default(work: Work, node: Node, made: dict[str, Json], key: str) -> None:
    text = attribute(node, "defaultValue", "default", "expression")
    if text is None:
        return
    value = None if has_expression(text) else _value(made, text)
    if value is not None:
        made["defaultValue"] = value
        return
    try:
        meant = work.expressions.value(node, attribute(node, "expression") or text)
    except Untranslatable:
        meant = "…"
    work.report.decide(
        node, "field-default",
        (
            f"的表单字段 {key} 的默认值“{shown(text)}”要由表达式算出，表单做不到。",
            f"has the default “{shown(text)}” on the form field {key}, which a form cannot hold.",
        ),
        (
            f"在该元素上加输入映射 ={shown(meant)} → {key}。",
            f"Add the input mapping ={shown(meant)} → {key} to the element.",
        ),
    )  # fmt: skip


def _value(made: dict[str, Json], text: str) -> Json:
    """The default as the component holds it; None if it does not fit."""
    kind = made["type"]
    if kind == "number":
        return _number(text) if _NUMBERS.fullmatch(text) else None
    if kind == "checkbox":
        return {"true": True, "false": False}.get(text.lower())
    if kind != "datetime":
        return text
    for pattern, (year, month, day) in _DATES:
        found = pattern.fullmatch(text)
        if found:
            return f"{found[year]}-{found[month]}-{found[day]}"
    return None


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)
