"""Form files: form-js forms of Camunda 7, and Flowable's JSON forms → form-js forms of ours."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

from engine.convert.context import Work, slug
from engine.model import Json

_FLOWABLE = {
    "text": "textfield",
    "password": "textfield",
    "multi-line-text": "textarea",
    "integer": "number",
    "decimal": "number",
    "amount": "number",
    "date": "datetime",
    "boolean": "checkbox",
    "dropdown": "select",
    "radio-buttons": "radio",
    "headline": "text",
    "headline-with-line": "text",
    "expression": "text",
    "horizontal-line": "separator",
    "spacer": "spacer",
    "people": "textfield",
    "functional-group": "textfield",
    "hyperlink": "textfield",
}
_INEXACT = frozenset({"people", "functional-group", "hyperlink", "password", "expression"})


def identity(content: bytes, name: str) -> str | None:
    """The id the form in a file has or will be given; None if it is no form."""
    raw = _load(content)
    if raw is None:
        return None
    own = raw.get("id") if isinstance(raw.get("components"), list) else raw.get("key")
    return own if isinstance(own, str) and own else slug(PurePosixPath(name).stem)


def convert(work: Work, content: bytes) -> bytes | None:
    """The form for this engine; None where it is no form (reported)."""
    raw = _load(content)
    name = work.report.filename
    form = identity(content, name) or ""
    if raw is not None and isinstance(raw.get("components"), list):
        return _form_js(work, raw, form)
    if raw is not None and isinstance(raw.get("fields"), list):
        return _flowable(work, raw, form)
    work.report.whole(
        "form", "error",
        ("不是 form-js 或 Flowable 的表单。", "It is no form of form-js or Flowable."),
        ("在表单编辑器中重新画出它。", "Draw it again in the form editor."),
    )  # fmt: skip
    return None


def _form_js(work: Work, raw: dict[str, Any], form: str) -> bytes:
    if raw.get("id") != form:
        work.report.whole(
            "form-id", "info",
            (f"表单没有标识，已取为 {form}。", f"The form had no id; it is {form} now."),
        )  # fmt: skip
    for index, one in enumerate(raw["components"]):
        if isinstance(one, dict) and not one.get("id"):
            one["id"] = f"{slug(form)}_{slug(str(one.get('key') or index))}".replace(".", "_")
    return _written({**raw, "id": form})


def _flowable(work: Work, raw: dict[str, Any], form: str) -> bytes:
    components = [
        _component(work, one, form, index)
        for index, one in enumerate(_flat(raw["fields"], 0))
    ]
    if raw.get("outcomes"):
        names = [str(one.get("name")) for one in raw["outcomes"] if isinstance(one, dict)]
        components.append(
            {
                "type": "radio", "id": f"{slug(form)}_outcome", "label": "结果",
                "key": "form_" + re.sub(r"\W", "_", form) + "_outcome",
                "values": [{"label": one, "value": one} for one in names],
                "validate": {"required": True},
            }
        )  # fmt: skip
        work.report.whole(
            "form-outcome", "warning",
            (
                f"表单的结果按钮（{'、'.join(names)}）已改为单选项。",
                f"The form's outcomes ({', '.join(names)}) are a radio group now.",
            ),
            ("核对网关条件中的变量名。", "Check the variable's name in conditions."),
        )  # fmt: skip
    return _written({"type": "default", "id": form, "components": components})


def _flat(fields: list[Any], depth: int) -> list[dict[str, Any]]:
    """The fields, those of containers (columns of lists of fields) in their order."""
    found: list[dict[str, Any]] = []
    for one in [field for field in fields if isinstance(field, dict)]:
        inside = one.get("fields")
        if not inside or depth > 10:
            found.append(one)
            continue
        columns = inside.values() if isinstance(inside, dict) else [inside]
        for column in [column for column in columns if isinstance(column, list)]:
            found += _flat(column, depth + 1)
    return found


def _component(work: Work, field: dict[str, Any], form: str, index: int) -> Json:
    kind = str(field.get("type") or "text")
    key = str(field.get("id") or f"field_{index}")
    label = str(field.get("name") or key)
    type_ = _FLOWABLE.get(kind)
    if type_ is None or kind in _INEXACT:
        work.report.whole(
            "field-type", "warning" if type_ else "error",
            (
                f"表单字段 {key} 的类型 {kind} 没有完全对应的组件，已改为 {type_ or 'textfield'}。",
                f"The field {key} has the type {kind}, which has no exact counterpart; it is a "
                f"{type_ or 'textfield'} now.",
            ),
            ("在表单编辑器中选择合适的组件。", "Choose a fitting component in the form editor."),
        )  # fmt: skip
    made: dict[str, Json] = {"type": type_ or "textfield", "id": slug(f"{form}_{key}")}
    made["id"] = made["id"].replace(".", "_")
    if made["type"] == "text":
        return {**made, "text": f"### {label}"}
    if made["type"] in ("separator", "spacer"):
        return made
    made |= {"key": re.sub(r"\W", "_", key), "label": label}
    if field.get("required") is True:
        made["validate"] = {"required": True}
    if field.get("readOnly") is True:
        made["readonly"] = True
    if made["type"] == "datetime":
        made |= {"subtype": "date", "dateLabel": made.pop("label")}
    if made["type"] in ("select", "radio"):
        made["values"] = _options(field)
    return made


def _options(field: dict[str, Any]) -> list[Json]:
    options = field.get("options")
    found = [one for one in options if isinstance(one, dict)] if isinstance(options, list) else []
    return [
        {"label": str(one.get("name") or one.get("id") or ""),
         "value": str(one.get("id") or one.get("name") or "")}
        for one in found
    ]  # fmt: skip


def _written(raw: dict[str, Any]) -> bytes:
    made = {
        **raw,
        "executionPlatform": "Camunda Cloud",
        "executionPlatformVersion": "8.8.0",
        "schemaVersion": raw.get("schemaVersion", 19),
    }
    return (json.dumps(made, ensure_ascii=False, indent=2) + "\n").encode()


def _load(content: bytes) -> dict[str, Any] | None:
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) else None
