"""Every FEEL text of a diagram is compiled; static texts are read as their place needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from engine.bpmn import clocks, conventions
from engine.bpmn.diagram import Element, Flow, ProcessInfo
from engine.bpmn.expressions import Text, Trouble
from engine.bpmn.remarks import Remarks
from engine.bpmn.timing import TimingError, due, duration, moment
from engine.feel import FeelError, Function
from engine.model import Finding

Kind = Literal["any", "feel", "truth", "list", "moment", "integer", "date", "duration", "cycle"]
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_TIMES = frozenset({"moment", "date", "duration", "cycle"})
_NEVER_STATIC = frozenset({"feel", "truth", "list"})
_LOOP: tuple[tuple[str, str, str, Kind], ...] = (
    ("输入集合", "input collection", "input_collection", "list"),
    ("输出元素", "output element", "output_element", "feel"),
    ("完成条件", "completion condition", "completion_condition", "truth"),
)
_AD_HOC: tuple[tuple[str, str, str, Kind], ...] = (
    ("激活的元素集合", "collection of active elements", "active", "list"),
    ("完成条件", "completion condition", "completion_condition", "truth"),
    ("输出元素", "output element", "output_element", "feel"),
)

_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
# A word with neither a parenthesis nor another word behind it: names of functions have several.
_WORD = re.compile(r"\b[^\W\d]\w*\b(?!\s*(?:\(|[^\W\d]))")
_KEYWORDS = frozenset(
    {
        *("and", "or", "not", "if", "then", "else", "for", "in", "return", "some", "every"),
        *("satisfies", "between", "instance", "of", "function", "true", "false", "null"),
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """A text and where it stands. ``kind`` is what its value must be; "feel", "truth" and
    "list" mean that it cannot be static."""

    owner: Element | Flow
    zh: str
    en: str
    source: str
    kind: Kind = "any"
    line: int | None = None


def check(
    remarks: Remarks, process: ProcessInfo, functions: Mapping[str, Function]
) -> Iterator[Finding]:
    for place in places(process):
        if place.source.startswith("="):
            yield from _feel(remarks, place, functions)
        else:
            yield from _static(remarks, place)


def places(process: ProcessInfo) -> Iterator[Place]:
    """Every text of a process that may be FEEL."""
    for flow in process.flows.values():
        if flow.condition and flow.condition.startswith("="):
            yield Place(flow, "条件", "condition", flow.condition, "truth")
    for element in (*process.elements.values(), process.itself):
        for place in _of(element):
            if place.source:
                yield place


def _of(element: Element) -> Iterator[Place]:
    for one in element.inputs:
        yield Place(
            element, f"输入映射 {one.target}", f"input {one.target}", one.source, "any", one.line
        )
    for one in element.outputs:
        yield Place(
            element, f"输出映射 {one.target}", f"output {one.target}", one.source, "any", one.line
        )
    event = element.event
    if event is not None and event.timer is not None:
        yield Place(element, "定时器", "timer", event.timer[1], event.timer[0], event.line)
        fits = element.properties.get("timer.condition", "")
        yield Place(element, "定时条件", "condition of the timer", fits, "truth", event.line)
    if event is not None:
        if event.kind != "link":
            yield Place(element, "名称", "name", event.name or "")
        yield Place(element, "条件", "condition", event.condition or "", "truth", event.line)
        yield Place(element, "关联键", "correlation key", event.correlation_key or "")
        thrown = event.code if element.type != "boundaryEvent" else None
        yield Place(element, "代码", "code", thrown or "")
    for name, (zh, en) in clocks.TEXTS.items():
        source = element.properties.get(f"clock.{name}", "").strip()
        kind: Kind = "feel" if name in clocks.FEEL else "any"
        yield Place(element, f"时钟的{zh}", f"clock's {en}", source, kind)
    for name, (zh, en) in conventions.TEXTS.items():
        yield Place(element, zh, en, element.properties.get(name, "").strip())
    key = element.properties.get("message.correlationKey", "")
    yield Place(element, "关联键", "correlation key", key)
    ttl = element.properties.get("message.timeToLive", "")
    yield Place(element, "消息有效期", "time to live", ttl, "duration")
    if element.job is not None:
        yield Place(element, "作业类型", "job type", element.job.type)
        yield Place(element, "重试次数", "retries", element.job.retries, "integer")
    if element.script is not None and element.type == "scriptTask":
        yield Place(element, "脚本", "script", element.script.expression, "feel")
    if element.reference is not None:
        yield Place(element, "引用的标识", "referenced id", element.reference.target)
    for listener in element.listeners:
        yield Place(element, "监听器的作业类型", "listener's job type", listener.job.type)
        retries = listener.job.retries
        yield Place(element, "监听器的重试次数", "listener's retries", retries, "integer")
    yield from _of_user_task(element)
    yield from _of_loop(element)


def _of_user_task(element: Element) -> Iterator[Place]:
    user = element.user
    if user is None:
        return
    yield Place(element, "办理人", "assignee", user.assignee or "")
    yield Place(element, "候选人", "candidate users", user.candidate_users or "")
    yield Place(element, "候选组", "candidate groups", user.candidate_groups or "")
    yield Place(element, "到期时间", "due date", user.due or "", "moment")
    yield Place(element, "跟进时间", "follow-up date", user.follow_up or "", "moment")
    yield Place(element, "优先级", "priority", user.priority or "", "integer")
    yield Place(element, "表单", "form", user.form_id or "")


def _of_loop(element: Element) -> Iterator[Place]:
    loop = element.loop
    repeat, ad_hoc = element.repeat, element.ad_hoc
    if repeat is not None:
        condition, most = repeat.condition or "", repeat.maximum or ""
        yield Place(element, "循环条件", "loop condition", condition, "truth", repeat.line)
        yield Place(element, "循环上限", "loop maximum", most, "integer", repeat.line)
    if ad_hoc is not None:
        for zh, en, source, kind in _AD_HOC:
            text = getattr(ad_hoc, source) or ""
            yield Place(element, zh, en, text, kind, ad_hoc.line)
    if loop is None:
        return
    yield Place(
        element, "实例数量", "loop cardinality", loop.cardinality or "", "integer", loop.line
    )
    for zh, en, source, kind in _LOOP:
        text = getattr(loop, source) or ""
        yield Place(element, f"多实例的{zh}", en, text, kind, loop.line)


def _feel(remarks: Remarks, place: Place, functions: Mapping[str, Function]) -> Iterator[Finding]:
    try:
        text = Text(place.source, functions, (place.zh, place.en))
    except FeelError as error:
        source = place.source[1:]
        remedy = (
            "按提示改正表达式；写法和函数见 docs/feel.md。",
            "Correct the expression; docs/feel.md has the grammar and the functions.",
        )
        yield remarks.on(
            place.owner,
            "feel",
            f"的{place.zh}“{source}”不是正确的 FEEL：{error.zh}",
            f"has a wrong FEEL {place.en} “{source}”: {error.en}",
            remedy,
            line=place.line,
        )
        return
    if text.expression is not None and not text.expression.variables and not _named(place.source):
        yield from _constant(remarks, place, text)


def _named(source: str) -> bool:
    """Whether the text may read a variable that is called like a function (``number``)."""
    words = _WORD.findall(_QUOTED.sub("", source))
    return any(word not in _KEYWORDS for word in words)


def _constant(remarks: Remarks, place: Place, text: Text) -> Iterator[Finding]:
    """What depends on no variable goes wrong now, or never."""
    try:
        value = text.evaluate({})
        if place.kind == "truth" and not isinstance(value, bool):
            raise text.expected("true 或 false", "true or false", value, {})
        if place.kind == "list" and not isinstance(value, list):
            raise text.expected("列表", "a list", value, {})
        if place.kind == "integer":
            text.integer({})
        elif place.kind in _TIMES:
            _time(place.kind, value)
    except (Trouble, TimingError) as error:
        yield remarks.on(
            place.owner,
            "constant-value",
            f"的{place.zh}“{place.source}”总是算不出需要的值：{error.zh}",
            f"has a {place.en} “{place.source}” that never gives what is needed: {error.en}",
            ("改正表达式。", "Correct the expression."),
            line=place.line,
        )


def _time(kind: Kind, value: object) -> None:
    if kind == "moment":
        if value is not None:
            due("date", value, _NOW)
    elif kind == "date" or kind == "duration" or kind == "cycle":
        due(kind, value, _NOW)


def _static(remarks: Remarks, place: Place) -> Iterator[Finding]:
    if place.kind in _NEVER_STATIC:
        yield remarks.on(
            place.owner,
            "feel",
            f"的{place.zh}“{place.source}”必须是以 = 开头的 FEEL 表达式。",
            f"has a {place.en} “{place.source}” that must be FEEL and begin with =.",
            ("在前面加上 =。", "Write = before it."),
            line=place.line,
        )
        return
    try:
        _read(place)
    except TimingError as error:
        yield remarks.on(
            place.owner,
            "timer-text",
            f"的{place.zh}无法计算：{error.zh}",
            f"has a {place.en} that cannot be computed: {error.en}",
            ("改正它，或写成以 = 开头的 FEEL。", "Correct it, or write FEEL that begins with =."),
            line=place.line,
        )


def _read(place: Place) -> None:
    if place.kind == "date" or place.kind == "duration" or place.kind == "cycle":
        if place.kind == "duration":
            duration(place.source.strip())
        due(place.kind, place.source, _NOW)
    elif place.kind == "moment":
        moment(place.source)
    elif place.kind == "integer" and not place.source.strip().isdigit():
        raise TimingError(f"“{place.source}”不是整数。", f"“{place.source}” is no whole number.")
