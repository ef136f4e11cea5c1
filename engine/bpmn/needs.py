"""What an element must say so that it can be run at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.bpmn.diagram import Element


@dataclass(frozen=True, slots=True)
class Need:
    """Something an element must say so that it can be run at all."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_JOB = Need(
    "任务定义（作业类型）",
    "a task definition (job type)",
    "在“任务定义”中填写作业类型，例如 mail.send。",
    "Fill in the job type under “Task definition”, e.g. mail.send.",
)
_SCRIPT = Need(
    "FEEL 表达式",
    "a FEEL expression",
    "填写 FEEL 表达式和结果变量。",
    "Fill in expression and result variable.",
)
_DECISION = Need(
    "要调用的决策",
    "a called decision",
    "填写决策标识和结果变量。",
    "Fill in decision id and result variable.",
)
_PROCESS = Need(
    "被调用流程的标识",
    "the id of a called process",
    "填写“被调用元素”的流程标识。",
    "Fill in the process id of “Called element”.",
)
_MESSAGE = Need("消息", "a message", "选择一个消息。", "Choose a message.")
_SENDING = Need(
    "任务定义或消息",
    "a task definition or a message",
    "填写作业类型，或选择消息。",
    "Fill in a job type or choose a message.",
)
_TIME = Need(
    "定时器的时间",
    "the time of its timer",
    "填写日期、时长或循环。",
    "Fill in a date, duration or cycle.",
)
_MESSAGE_NAME = Need(
    "消息名称",
    "the name of a message",
    "选择或新建一个有名称的消息。",
    "Choose or make a message with a name.",
)
_COLLECTION = Need(
    "多实例的输入集合",
    "an input collection",
    "填写输入集合，例如 =items。",
    "Fill in the collection, e.g. =items.",
)


_SIGNAL = Need(
    "信号名称",
    "the name of a signal",
    "选择或新建一个有名称的信号。",
    "Choose or make a signal with a name.",
)
_LINK = Need("链接名称", "the name of its link", "填写链接名称。", "Fill in the link's name.")
_CONDITION = Need(
    "条件",
    "a condition",
    "填写 FEEL 条件，例如 =amount > 100。",
    "Fill in a FEEL condition, e.g. =amount > 100.",
)
_REPEAT = Need(
    "循环条件或循环上限",
    "a loop condition or maximum",
    "填写循环条件，例如 =loopCounter < 3。",
    "Fill in the loop condition, e.g. =loopCounter < 3.",
)
_LISTENER = Need(
    "监听器的作业类型",
    "the job type of a listener",
    "填写监听器的类型。",
    "Fill in the listener's type.",
)


def needs(element: Element) -> Iterator[Need]:
    """What the element lacks."""
    event = element.event
    called = element.reference is not None and bool(element.reference.target)
    says_nothing = {
        "serviceTask": (_JOB, element.job is None),
        "scriptTask": (_SCRIPT, element.job is None and element.script is None),
        "businessRuleTask": (_DECISION, element.job is None and not called),
        "callActivity": (_PROCESS, not called),
        "receiveTask": (_MESSAGE, event is None),
        "sendTask": (_SENDING, event is None and element.job is None),
    }
    need, missing = says_nothing.get(element.type, (_JOB, False))
    if missing:
        yield need
    yield from _of_event(element)
    yield from _of_activity(element)


def _of_event(element: Element) -> Iterator[Need]:
    event = element.event
    if event is not None and event.kind == "timer" and (event.timer is None or not event.timer[1]):
        yield _TIME
    if event is not None and event.kind == "message" and not event.name and element.job is None:
        yield _MESSAGE_NAME
    if event is not None and event.kind == "signal" and not event.name:
        yield _SIGNAL
    if event is not None and event.kind == "link" and not event.name:
        yield _LINK
    if event is not None and event.kind == "conditional" and not event.condition:
        yield _CONDITION


def _of_activity(element: Element) -> Iterator[Need]:
    loop = element.loop
    if loop is not None and not loop.input_collection and not loop.cardinality:
        yield _COLLECTION
    repeat = element.repeat
    if repeat is not None and not repeat.condition and not repeat.maximum:
        yield _REPEAT
    if any(not one.job.type for one in element.listeners):
        yield _LISTENER
