"""Rules about what single elements say: names, codes, kinds of timers, who does a task."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.remarks import Remarks
from engine.bpmn.timing import TimingError, moment
from engine.model import Finding

_DEFINITIONS = {"message": "消息", "signal": "信号", "error": "错误", "escalation": "升级"}
_KINDS = {"message": "消息", "signal": "信号", "conditional": "条件"}
_NAME = re.compile(r"[^\W\d]\w*")
_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_NAME_HINT = (
    "变量名以字母或汉字开头，只含字母、汉字、数字和下划线。",
    "A variable begins with a letter and has letters, digits and underscores only.",
)


def check(remarks: Remarks, process: ProcessInfo, defined: frozenset[str]) -> Iterator[Finding]:
    """One element at a time, then error and escalation codes of one activity together."""
    for element in process.elements.values():
        yield from _undefined(remarks, element, defined)
        yield from _variables(remarks, element)
        yield from _timer(remarks, process, element)
        yield from _message(remarks, element)
        yield from _code(remarks, process, element)
        yield from _nobody(remarks, element)
        yield from _nothing_chosen(remarks, element)
    yield from _same_event(remarks, process)


def _undefined(remarks: Remarks, element: Element, defined: frozenset[str]) -> Iterator[Finding]:
    event = element.event
    if event is None or not event.reference or event.reference in defined:
        return
    zh = _DEFINITIONS.get(event.kind, "定义")
    yield remarks.on(
        element,
        "undefined-reference",
        f"引用的{zh} {event.reference} 在文件中没有定义。",
        f"refers to the {event.kind} {event.reference}, which the file does not define.",
        (f"重新选择或新建一个{zh}。", f"Choose or make a definition of the {event.kind}."),
        line=event.line,
    )


def _variables(remarks: Remarks, element: Element) -> Iterator[Finding]:
    paths = [(one.target, one.line) for one in (*element.inputs, *element.outputs)]
    names: list[tuple[str | None, int | None]] = []
    if element.script is not None and element.type == "scriptTask" and element.job is None:
        names.append((element.script.result, element.line))
    if element.reference is not None and element.type == "businessRuleTask":
        names.append((element.reference.result, element.line))
    if element.loop is not None:
        names += [
            (name, element.loop.line)
            for name in (element.loop.input_element, element.loop.output_collection)
            if name is not None
        ]
    if element.ad_hoc is not None and element.ad_hoc.output_collection is not None:
        names.append((element.ad_hoc.output_collection, element.ad_hoc.line))
    bad = [(text, line) for text, line in paths if not _PATH.fullmatch(text)]
    bad += [(text or "", line) for text, line in names if not _NAME.fullmatch(text or "")]
    for text, line in bad:
        yield remarks.on(
            element,
            "variable-name",
            f"的结果变量或映射目标“{text}”不是变量名。",
            f"has “{text}” where a variable's name should be.",
            _NAME_HINT,
            line=line,
        )
    collecting = element.loop or element.ad_hoc
    if collecting is not None and bool(collecting.output_collection) != bool(
        collecting.output_element
    ):
        yield remarks.on(
            element,
            "multi-instance-output",
            "的输出集合和输出元素必须一起填写。",
            "needs both output collection and output element, or neither.",
            ("补上缺少的一个。", "Fill in the missing one."),
            line=collecting.line,
        )


def _timer(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    timer = element.event.timer if element.event else None
    if timer is None:
        return
    kind = timer[0]
    if element.type == "startEvent" and element.parent is None and kind == "duration":
        yield remarks.on(
            element,
            "timer-kind",
            "是定时开始事件，不能用时长。",
            "is a timer start event and cannot use a duration.",
            ("改用日期或循环，例如 R/P1D。", "Use a date or a cycle such as R/P1D."),
        )
    if kind != "cycle" and element.properties.get("timer.condition"):
        yield remarks.on(
            element,
            "timer-kind",
            "的扩展属性 timer.condition 只能与循环一起用：它从循环的时间中挑选。",
            "has the property timer.condition, which chooses among the times of a cycle only.",
            ("改用循环（如 cron），或删除它。", "Use a cycle, e.g. cron, or delete the property."),
        )
    if kind == "date" and _past(timer[1]):
        yield remarks.on(
            element,
            "timer-past",
            f"的时间 {timer[1]} 已经过去：流程一到这里它就触发。",
            f"has the date {timer[1]}, which has passed: it fires as soon as it is reached.",
            ("改成将来的时间，或用 FEEL 计算。", "Give a date to come, or compute it with FEEL."),
            severity="warning",
        )
    whole = element.type == "startEvent" and element.parent is None
    repeats = not element.interrupting and (
        element.type == "boundaryEvent" or (element.type == "startEvent" and not whole)
    )
    if kind == "cycle" and not whole and not repeats:
        yield remarks.on(
            element,
            "timer-kind",
            "不能用循环：它只触发一次。",
            "cannot use a cycle: it fires only once.",
            (
                "改用时长；要重复触发请用非中断的边界事件或事件子流程。",
                "Use a duration; to fire repeatedly, use a non-interrupting boundary event or "
                "event sub-process.",
            ),
        )


def _past(text: str) -> bool:
    try:
        return moment(text) < datetime.now(UTC)
    except TimingError:
        return False


def _message(remarks: Remarks, element: Element) -> Iterator[Finding]:
    event = element.event
    if event is None or event.kind != "message":
        return
    catching = element.type in ("intermediateCatchEvent", "boundaryEvent", "receiveTask")
    catching = catching or (element.type == "startEvent" and element.parent is not None)
    throwing = element.job is None and not catching and element.type != "startEvent"
    key = event.correlation_key or (
        element.properties.get("message.correlationKey") if throwing else None
    )
    if (catching or throwing) and not key:
        where = (
            "在消息上填写“订阅关联键”，例如 =case.number。",
            "Fill in the message's subscription correlation key, e.g. =case.number.",
        )
        if throwing:
            where = (
                "填写作业类型，或用扩展属性 message.correlationKey 给出关联键。",
                "Give a job type, or the key in the extension property message.correlationKey.",
            )
        yield remarks.on(
            element,
            "correlation-key",
            "的消息没有关联键，无法知道送给谁。",
            "has a message without a correlation key: nobody can tell whom it is for.",
            where,
        )


def _code(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    event = element.event
    if event is None or event.kind not in ("error", "escalation"):
        return
    zh = "错误" if event.kind == "error" else "升级"
    catches = element.type in ("boundaryEvent", "startEvent")
    if not catches and not event.code:
        yield remarks.on(
            element,
            "definition-required",
            f"没有{zh}代码。",
            f"lacks the {event.kind} code.",
            (f"选择或新建一个有代码的{zh}。", f"Choose or make an {event.kind} with a code."),
        )
    if catches and event.reference and not event.code:
        yield remarks.on(
            element,
            "definition-required",
            f"所选的{zh}没有代码。",
            f"names an {event.kind} without a code.",
            (
                f"填写{zh}代码；要捕获全部，请清空所选的{zh}。",
                f"Fill in its code; to catch every {event.kind}, choose none.",
            ),
        )
    if catches and (event.code or "").startswith("="):
        yield remarks.on(
            element,
            "static-code",
            f"捕获的{zh}代码不能是表达式。",
            f"catches a code that is an expression; only a fixed {event.kind} code can be caught.",
            ("写成固定的代码。", "Write a fixed code."),
        )
    if catches:
        twins = [
            other
            for other in _beside(process, element)
            if other.event and (other.event.kind, other.event.code) == (event.kind, event.code)
        ]
        if twins and twins[0] is not element:
            yield remarks.on(
                element,
                "duplicate-code",
                f"与“{twins[0].id}”捕获同一个{zh}。",
                f"catches the same {event.kind} as “{twins[0].id}”.",
                ("删除其中一个。", "Delete one of them."),
            )


def _nothing_chosen(remarks: Remarks, element: Element) -> Iterator[Finding]:
    said = element.ad_hoc
    if said is not None and not said.active and element.job is None:
        yield remarks.on(
            element,
            "ad-hoc-choice",
            "没有要激活的元素集合，也没有任务定义：它会一直等到有人通过接口激活元素。",
            "names neither elements to activate nor a job: it waits until elements are activated "
            "from outside.",
            (
                '填写“激活的元素集合”，例如 =["a", "b"]，或填写作业类型。',
                'Fill in the active elements collection, e.g. =["a", "b"], or a job type.',
            ),
            severity="warning",
        )


def _same_event(remarks: Remarks, process: ProcessInfo) -> Iterator[Finding]:
    """Start events of a process, or boundary events of an activity, that wait for the same."""
    known: dict[tuple[str | None, str, str], str] = {}
    for element in process.elements.values():
        starts = element.type == "startEvent" and element.parent is None
        event = element.event
        if event is None or not (starts or element.type == "boundaryEvent"):
            continue
        what = event.condition if event.kind == "conditional" else event.name
        if event.kind not in ("message", "signal", "conditional") or not what:
            continue
        first = known.setdefault((element.attached_to, event.kind, what), element.id)
        if first != element.id:
            yield remarks.on(
                element,
                "duplicate-event",
                f"与“{first}”等待同一个{_KINDS[event.kind]}。",
                f"waits for the same {event.kind} as “{first}”.",
                ("删除其中一个。", "Delete one of them."),
            )


def _beside(process: ProcessInfo, element: Element) -> list[Element]:
    """The events that listen in the same place, this one among them."""
    if element.type == "boundaryEvent":
        return list(process.boundaries(element.attached_to or ""))
    around = process.elements.get(element.parent or "")
    others = process.children(around.parent) if around is not None else ()
    starts = [process.event_start(one.id) for one in others if one.event_sub_process]
    return [one for one in starts if one is not None]


def _nobody(remarks: Remarks, element: Element) -> Iterator[Finding]:
    user = element.user
    if user is not None and not (user.assignee or user.candidate_groups or user.candidate_users):
        yield remarks.on(
            element,
            "assignment",
            "没有办理人和候选组，不会出现在任何人的待办中。",
            "has neither assignee nor candidates: it shows in nobody's inbox.",
            ("填写办理人或候选组。", "Fill in an assignee or candidate groups."),
            severity="warning",
        )
