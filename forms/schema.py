"""Reads a form-js ``.form`` file (schema version ≤ 19) into components, remarking what is wrong.

Source of the format: form-js 1.x, ``@bpmn-io/form-json-schema``. What cannot be drawn and
checked here is refused with its place in the file; nothing is silently left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import re2

from engine.feel import FeelError
from engine.json_file import fault
from engine.model import Finding
from forms import component as c
from forms.text import BLANK, Feel, Functions, TemplateError, Text, feel, text

LARGEST = 5 * 1024 * 1024
DEEPEST = 10
NEWEST_SCHEMA = 19

_SUBTYPES: Mapping[str, c.Subtype] = {"date": "date", "time": "time", "datetime": "datetime"}

Raw = Mapping[str, Any]


@dataclass(slots=True)
class Reader:
    """Collects findings while components are read; one per file."""

    file: str
    source: str
    functions: Functions
    findings: list[Finding] = field(default_factory=list)
    element: Raw = field(default_factory=dict)

    def remark(
        self, rule: str, zh: str, en: str, fix_zh: str = "", fix_en: str = "",
        line: int | None = None, severity: str = "error",
    ) -> None:
        identity = self.element.get("id")
        label = self.element.get("label")
        self.findings.append(Finding(
            rule=rule, severity="warning" if severity == "warning" else "error", file=self.file,
            zh=zh, en=en, remedy_zh=fix_zh, remedy_en=fix_en, line=line or self.line(identity),
            element_id=identity if isinstance(identity, str) else None,
            element_name=label if isinstance(label, str) else None,
        ))

    def line(self, identity: Any) -> int | None:
        """The line on which the component with this id stands (JSON keeps no positions)."""
        if not isinstance(identity, str) or not identity:
            return None
        quoted = re.escape(json.dumps(identity, ensure_ascii=False))
        found = re.search(r'"id"\s*:\s*' + quoted, self.source)
        return self.source.count("\n", 0, found.start()) + 1 if found else None

    def feel(self, source: Any, place: str) -> Feel | None:
        """A FEEL expression, or None (nothing there, or remarked)."""
        if not isinstance(source, str) or not source.removeprefix("=").strip():
            return None
        try:
            return feel(source, place, self.functions)
        except FeelError as error:
            self.remark(
                "feel", f"{place}：表达式“{source}”不可用：{error.zh}",
                f"{place}: cannot use '{source}': {error.en}",
                "按 FEEL 语法改正该表达式。", "Correct the FEEL expression.",
            )
            return None

    def text(self, source: Any, place: str) -> Text:
        try:
            return text(source if isinstance(source, str) else "", place, self.functions)
        except FeelError as error:
            zh, en = error.zh, error.en
        except TemplateError as error:
            zh, en = error.zh, error.en
        self.remark("text", f"{place}：{zh}", f"{place}: {en}",
                    "改正该处文字中的表达式。", "Correct the expression in the text.")
        return BLANK

    def number(self, source: Any, place: str) -> float | Feel | None:
        if source is None or source == "":
            return None
        if isinstance(source, str) and source.startswith("="):
            return self.feel(source, place)
        try:
            return float(source)
        except (TypeError, ValueError):
            self.remark("number", f"{place}：应为数字，现为 {source!r}",
                        f"{place}: expected a number, found {source!r}")
            return None


def load(content: bytes, reader: Reader) -> Raw | None:
    """The JSON object of the file, or None after remarking why there is none."""
    if len(content) > LARGEST:
        reader.remark("size", f"表单文件超过 {LARGEST // 1024 // 1024} MB",
                      f"The form file exceeds {LARGEST // 1024 // 1024} MB")
        return None
    try:
        reader.source = content.decode("utf-8-sig")
        raw = json.loads(reader.source)
    except UnicodeDecodeError:
        reader.remark("encoding", "文件不是 UTF-8 编码", "The file is not UTF-8",
                      "请以 UTF-8 编码保存。", "Save it as UTF-8.")
        return None
    except json.JSONDecodeError as error:
        zh, en = fault(error)
        reader.remark("json", f"不是有效的 JSON：{zh.rstrip('。')}", en.rstrip("."),
                      "请用表单编辑器重新保存。", "Save it again from the form editor.",
                      line=error.lineno)
        return None
    except RecursionError:
        reader.remark("depth", "JSON 嵌套过深", "The JSON is nested too deeply")
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("components"), list):
        reader.remark("form", "不是 form-js 表单：缺少 components 列表",
                      "Not a form-js form: there is no list 'components'",
                      "请上传由表单编辑器保存的 .form 文件。", "Upload a .form of the form editor.")
        return None
    return raw


def read_form(raw: Raw, reader: Reader) -> tuple[str, tuple[c.Component, ...]]:
    """Id and components of the form; problems are in ``reader.findings``."""
    identity = raw.get("id")
    if not isinstance(identity, str) or not identity:
        reader.remark("form-id", "表单没有 id", "The form has no id",
                      "在表单属性中填写 ID，用户任务凭它引用表单。",
                      "Give the form an id; user tasks refer to it.")
        identity = ""
    version = raw.get("schemaVersion")
    if isinstance(version, int) and version > NEWEST_SCHEMA:
        reader.remark("schema-version",
                      f"schemaVersion {version} 比本系统认识的 {NEWEST_SCHEMA} 新",
                      f"schemaVersion {version} is newer than {NEWEST_SCHEMA}", severity="warning")
    return identity, read_components(raw["components"], reader, "components", set(), 0)


def read_components(
    raws: Any, reader: Reader, place: str, taken: set[tuple[str, ...]], depth: int
) -> tuple[c.Component, ...]:
    if depth > DEEPEST:
        reader.remark("depth", f"{place}：组嵌套超过 {DEEPEST} 层",
                      f"{place}: groups nest deeper than {DEEPEST}")
        return ()
    read: list[c.Component] = []
    for index, raw in enumerate(raws if isinstance(raws, list) else []):
        here = f"{place}[{index}]"
        if not isinstance(raw, dict):
            reader.remark("component", f"{here}：不是组件对象", f"{here}: is not a component")
            continue
        reader.element = raw
        kind = raw.get("type")
        if not isinstance(kind, str) or kind not in c.SUPPORTED:
            reader.remark(
                "component-type", f"{here}：不支持的组件类型“{kind}”",
                f"{here}: unsupported component type '{kind}'",
                "改用文本、数字、日期、选择、分组、列表、表格等组件。",
                "Use text, number, date, choice, group, list or table components.",
            )
        elif kind not in c.IGNORED:
            read.append(_component(raw, reader, here, taken, depth))
            _no_files_in_rows(read[-1], reader)
    return tuple(read)


def _no_files_in_rows(component: c.Component, reader: Reader) -> None:
    if component.type == "dynamiclist" and _picks(component.children):
        reader.remark(
            "filepicker-in-list", f"{component.place}：列表的行里不能有文件字段",
            f"{component.place}: rows of a list cannot have a file field",
            "把文件字段放在列表外面。", "Put the file field outside of the list.",
        )


def _picks(components: tuple[c.Component, ...]) -> bool:
    return any(one.type == "filepicker" or _picks(one.children) for one in components)


def _component(
    raw: Raw, reader: Reader, place: str, taken: set[tuple[str, ...]], depth: int
) -> c.Component:
    kind = raw["type"]
    path = _path(raw, reader, place, taken)
    layout, appearance, conditional = (
        _object(raw, name) for name in ("layout", "appearance", "conditional")
    )
    readonly = raw.get("readonly", False)
    label = raw.get("label") or raw.get("dateLabel") or raw.get("timeLabel") or ""
    columns = layout.get("columns")
    inner: set[tuple[str, ...]] = taken if kind == "group" and not path else set()
    return c.Component(
        type=kind, id=str(raw.get("id", "")), place=place, path=path,
        label=reader.text(label, f"{place}.label"),
        description=reader.text(raw.get("description"), f"{place}.description"),
        content=reader.text(raw.get("text", raw.get("content")), f"{place}.text"),
        prefix=reader.text(appearance.get("prefixAdorner"), f"{place}.appearance.prefixAdorner"),
        suffix=reader.text(appearance.get("suffixAdorner"), f"{place}.appearance.suffixAdorner"),
        hide=reader.feel(conditional.get("hide"), f"{place}.conditional.hide"),
        readonly=(reader.feel(readonly, f"{place}.readonly") or False)
        if isinstance(readonly, str) else bool(readonly),
        disabled=raw.get("disabled") is True, default=_default(raw, reader, place),
        row=str(layout.get("row") or ""),
        columns=columns if isinstance(columns, int) and 1 <= columns <= 16 else None,
        rules=_rules(raw.get("validate"), reader, f"{place}.validate"),
        choices=_choices(raw, reader, place), moment=_moment(raw, reader, place),
        digits=raw["decimalDigits"] if isinstance(raw.get("decimalDigits"), int) else None,
        as_text=raw.get("serializeToString") is True,
        expression=_expression(raw, reader, place),
        table=_columns(raw.get("columns")),
        table_columns=reader.feel(raw.get("columnsExpression"), f"{place}.columnsExpression"),
        repetitions=_repetitions(raw), resizable=raw.get("allowAddRemove") is not False,
        height=raw["height"] if isinstance(raw.get("height"), int) else 0,
        accept=_accept(raw, reader, place), many_files=raw.get("multiple") is True,
        children=read_components(raw.get("components"), reader, f"{place}.components",
                                 inner, depth + 1) if kind in c.CONTAINERS else (),
    )


def _object(raw: Raw, name: str) -> Raw:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def _path(
    raw: Raw, reader: Reader, place: str, taken: set[tuple[str, ...]]
) -> tuple[str, ...]:
    kind = raw["type"]
    keyed = kind in c.INPUTS or kind == "expression"
    if not keyed and kind not in c.CONTAINERS:
        return ()
    name = raw.get("key" if keyed else "path")
    path = tuple(str(name).split(".")) if name else ()
    if not path and kind == "group":
        return ()
    if not path or not all(re.fullmatch(r"[^\W\d]\w*", part) for part in path):
        word = "key" if keyed else "path"
        reader.remark("key", f"{place}：{word} “{name or ''}” 不是有效的变量名",
                      f"{place}: '{name or ''}' is not a valid variable name",
                      "用字母、汉字、数字和下划线，且不以数字开头。",
                      "Use letters, digits and underscores, not starting with a digit.")
        return path or (str(raw.get("id", "")),)
    if kind != "group" and any(_overlap(path, other) for other in taken):
        reader.remark("duplicate-key", f"{place}：key “{name}” 与同一表单中的另一组件冲突",
                      f"{place}: key '{name}' collides with another component",
                      "给每个输入组件不同的 key。", "Give every input its own key.")
    if kind != "group":
        taken.add(path)
    return path


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether both would write the same value, or one into the other's value."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _rules(raw: Any, reader: Reader, place: str) -> c.Rules:
    if not isinstance(raw, dict):
        return c.Rules()
    pattern = raw.get("pattern") or ""
    if not isinstance(pattern, str):
        reader.remark("pattern", f"{place}.pattern：必须是文字", f"{place}.pattern: must be a text",
                      "写成字符串。", "Write it as a string.")
        pattern = ""
    if pattern:
        try:
            re2.compile(pattern)
        except re2.error as error:
            reader.remark("pattern", f"{place}.pattern：正则表达式“{pattern}”无法使用：{error}",
                          f"{place}.pattern: cannot use '{pattern}': {error}",
                          "使用 RE2 语法（不含前后断言与反向引用）。",
                          "Use RE2 syntax (no look-around, no back-references).")
            pattern = ""
    kind = raw.get("validationType")
    return c.Rules(
        required=_needed(raw.get("required"), reader, f"{place}.required"),
        min=reader.number(raw.get("min"), f"{place}.min"),
        max=reader.number(raw.get("max"), f"{place}.max"),
        min_length=reader.number(raw.get("minLength"), f"{place}.minLength"),
        max_length=reader.number(raw.get("maxLength"), f"{place}.maxLength"),
        pattern=pattern, pattern_message=str(raw.get("patternErrorMessage") or ""),
        kind=kind if kind in ("email", "phone") else "",
    )


def _needed(raw: Any, reader: Reader, place: str) -> bool | Feel:
    """Always, never, or where FEEL says so (a text that begins with “=”: ours, not form-js's)."""
    if isinstance(raw, str) and raw.startswith("="):
        return reader.feel(raw, place) or False
    return raw is True


def _accept(raw: Raw, reader: Reader, place: str) -> str:
    """Which files a file field takes; FEEL cannot say it."""
    if raw["type"] != "filepicker":
        return ""
    accept = raw.get("accept") or ""
    if not isinstance(accept, str) or accept.startswith("="):
        reader.remark("accept", f"{place}.accept：应为文件类型，例如 .jpg,.pdf,image/*",
                      f"{place}.accept: expected file types, for example .jpg,.pdf,image/*",
                      "写成固定的文件类型。", "Write fixed file types.")
        return ""
    if not isinstance(raw.get("multiple", False), bool):
        reader.remark("multiple", f"{place}.multiple：应为 true 或 false",
                      f"{place}.multiple: expected true or false",
                      "不要用表达式。", "Do not use an expression.")
    return accept


def option(raw: Any) -> c.Option | None:
    """form-js's two shapes of an option: ``{label, value}``, or a bare value; else None."""
    if isinstance(raw, dict) and "value" in raw:
        return c.Option(raw["value"], str(raw.get("label") or raw["value"]))
    if isinstance(raw, (str, int, float)) and not isinstance(raw, bool):
        return c.Option(raw, str(raw))
    return None


def _choices(raw: Raw, reader: Reader, place: str) -> c.Choices:
    if raw["type"] not in c.CHOICES:
        return c.Choices()
    values = raw.get("values")
    static = tuple(o for o in map(option, values if isinstance(values, list) else []) if o)
    expression = reader.feel(raw.get("valuesExpression"), f"{place}.valuesExpression")
    key = raw.get("valuesKey")
    if not static and expression is None and not key:
        reader.remark("options", f"{place}：没有选项", f"{place}: there are no options",
                      "填写静态选项、输入变量或选项表达式。",
                      "Give static options, an input variable or an options expression.")
    return c.Choices(static, key if isinstance(key, str) else "", expression)


def _moment(raw: Raw, reader: Reader, place: str) -> c.Moment:
    if raw["type"] != "datetime":
        return c.Moment()
    asked = raw.get("subtype") or "date"
    if str(asked) not in _SUBTYPES:
        reader.remark("subtype", f"{place}.subtype：“{asked}” 不是 date、time 或 datetime",
                      f"{place}.subtype: '{asked}' is not date, time or datetime")
    format_ = raw.get("timeSerializingFormat")
    step = raw.get("timeInterval")
    return c.Moment(
        _SUBTYPES.get(str(asked), "date"),
        format_ if format_ in ("utc_normalized", "no_timezone") else "utc_offset",
        raw.get("disallowPassedDates") is True, step if isinstance(step, int) and step > 0 else 15,
    )


def _expression(raw: Raw, reader: Reader, place: str) -> Feel | None:
    if raw["type"] == "expression":
        name = "expression"
    elif raw["type"] == "table":
        name = "dataSource"
    else:
        return None
    expression = reader.feel(raw.get(name), f"{place}.{name}")
    if expression is None and not raw.get(name):
        reader.remark("expression", f"{place}：缺少 {name}", f"{place}: {name} is missing")
    return expression


def _columns(raw: Any) -> tuple[c.Column, ...]:
    return tuple(
        c.Column(str(item["key"]), str(item.get("label") or item["key"]))
        for item in (raw if isinstance(raw, list) else [])
        if isinstance(item, dict) and item.get("key")
    )


def _default(raw: Raw, reader: Reader, place: str) -> Any:
    """A value, or FEEL that gives it where the text begins with “=”."""
    value = raw.get("defaultValue")
    computed = isinstance(value, str) and value.startswith("=")
    return reader.feel(value, f"{place}.defaultValue") if computed else value


def _repetitions(raw: Raw) -> int:
    number = raw.get("defaultRepetitions", 1)
    return number if isinstance(number, int) and 0 <= number <= 100 else 1
