"""Timers, messages, signals, errors, escalations, conditions: events and what they refer to."""

from __future__ import annotations

import re

from lxml import etree

from engine.convert import cycles, mappings, service
from engine.convert.context import Work, slug
from engine.convert.foreign import BPMN, Node, take, take_elements
from engine.convert.juel import has_expression
from engine.convert.markup import pop, put, zeebe
from engine.convert.report import shown
from engine.xml import local_name

_THROWING = frozenset({"intermediateThrowEvent", "endEvent"})
_ALIKE = frozenset({"groovy", "javascript", "ecmascript", "js"})
_CYCLE = re.compile(r"R\d*/(?:(\d{4}-[^/]+)/)?(P[^/]+)")
_TIMES = {
    "timeDate": ("日期", "date"),
    "timeDuration": ("时长", "duration"),
    "timeCycle": ("循环", "cycle"),
}


def timer(work: Work, node: Node) -> None:
    """A ``timerEventDefinition``."""
    calendar = take(node, "businessCalendarName")
    for tag, what in _TIMES.items():
        child = node.find(f"{BPMN}{tag}")
        if child is None:
            continue
        text = (child.text or "").strip()
        end = take(child, "endDate")
        calendar = take(child, "businessCalendarName") or calendar
        if tag == "timeCycle":
            text = _cycle(work, node, text)
        child.text = work.expressions.text(node, text, what)
        _once(work, node, child)
        if end is not None or calendar is not None:
            child.text = f"=${{{text}}}"
        if end is not None:
            _refuse(
                work, node, "timer-end",
                (f"的循环止于 {end}。", f"repeats until {end}."),
                ("写明次数，例如 R5/PT1H。", "Give a number of times, e.g. R5/PT1H."),
            )  # fmt: skip
    if calendar is not None:
        _refuse(
            work, node, "calendar",
            (f"的时间按日历“{calendar}”计算。", f"counts time by the calendar “{calendar}”."),
            (
                "用工作时间函数改写，例如 =working due(now(), duration(\"PT8H\"))。",
                "Use the functions of working time, e.g. =working due(now(), duration(\"PT8H\")).",
            ),
        )  # fmt: skip


def _once(work: Work, node: Node, child: Node) -> None:
    """Where a timer fires once a cycle says no more than its first time; where it starts a
    process, a duration is a cycle of one."""
    event = node.getparent()
    if event is None:
        return
    text, place = child.text or "", local_name(event)
    cycle = _CYCLE.fullmatch(text) if local_name(child) == "timeCycle" else None
    starts = place == "startEvent" and not _in_sub_process(event)
    fires_once = place == "intermediateCatchEvent" or (
        place == "boundaryEvent" and event.get("cancelActivity") != "false"
    )
    if cycle is not None and fires_once:
        child.tag = f"{BPMN}timeDate" if cycle[1] else f"{BPMN}timeDuration"
        child.text = cycle[1] or cycle[2]
    elif local_name(child) == "timeDuration" and starts and not text.startswith("="):
        child.tag, child.text = f"{BPMN}timeCycle", f"R1/{text}"
    else:
        return
    work.report.note(
        node, "timer-once",
        (
            f"的定时器只触发一次，“{text}”已改为“{child.text}”。",
            f"has a timer that fires once: “{text}” is “{child.text}” now.",
        ),
    )  # fmt: skip


def message(work: Work, node: Node) -> None:
    """A ``messageEventDefinition``: work where it is thrown, a correlation key where caught."""
    event = node.getparent()
    if event is None:
        return
    expression = take(node, "messageExpression")
    if expression is not None:
        _refuse(
            work, node, "message-name",
            (f"的消息由“{shown(expression)}”算出。", f"computes its message: {expression}."),
            ("建立一个消息，名称可以是 FEEL。", "Make a message; its name may be FEEL."),
        )  # fmt: skip
    if local_name(event) in _THROWING:
        done = service.convert(work, event, node)
        if not done and zeebe(event, "taskDefinition") is None:
            _thrown(work, event)
        return
    take(node, "correlationKey")
    if not (local_name(event) == "startEvent" and not _in_sub_process(event)):
        _correlated(work, event, node.get("messageRef"))


def task(work: Work, node: Node) -> None:
    """A receive task."""
    if node.get("messageRef"):
        _correlated(work, node, node.get("messageRef"))
        return
    _refuse(
        work, node, "receive-task",
        (
            "是没有消息的接收任务，原引擎靠接口唤醒它。",
            "is a receive task without a message, woken by a call of the other engine's API.",
        ),
        (
            "选择消息并填写关联键，唤醒改为发布消息。",
            "Choose a message with a correlation key and publish that to wake it.",
        ),
    )  # fmt: skip


def named(work: Work, node: Node) -> None:
    """A ``message`` or ``signal``: its name may be an expression."""
    name = node.get("name")
    if name and has_expression(name):
        node.set("name", work.expressions.text(node, name, ("名称", "name")))
    scope = take(node, "scope")
    if scope not in (None, "global"):
        _refuse(
            work, node, "signal-scope",
            ("的信号只在本流程实例内有效。", "is a signal for its own instance only."),
            ("改用带关联键的消息。", "Use a message with a correlation key."),
        )  # fmt: skip


def signal(work: Work, node: Node) -> None:
    """A ``signalEventDefinition``."""
    expression = take(node, "signalExpression")
    if expression is not None or take_elements(node, "in"):
        _refuse(
            work, node, "signal",
            (
                "的信号带有变量映射或由表达式算出。",
                "throws a signal with variables of its own, or a computed one.",
            ),
            (
                "用输入映射给出变量；信号名称可以是 FEEL。",
                "Use input mappings for the variables; the signal's name may be FEEL.",
            ),
        )  # fmt: skip


def coded(work: Work, node: Node) -> None:
    """An error or escalation event definition: the code, and variables that take it."""
    kind = local_name(node).removesuffix("EventDefinition")
    lost = [
        text
        for name in (f"{kind}CodeVariable", f"{kind}MessageVariable", f"{kind}VariableName")
        if (text := take(node, name)) is not None
    ]
    take(node, f"{kind}VariableTransient", f"{kind}VariableLocalScope")
    if lost:
        work.report.check(
            node, "error-variable",
            (
                f"把代码或消息存入变量 {'、'.join(lost)}，这里不会设置它们。",
                f"keeps the code or message in {', '.join(lost)}; they are not set here.",
            ),
            (
                "需要时，由抛出方一起给出变量。",
                "Have whoever throws it give the variables along.",
            ),
        )  # fmt: skip
    _defined(work, node, kind)


def code(work: Work, node: Node) -> None:
    """An ``error`` or ``escalation`` element."""
    kind = local_name(node)
    text = take(node, "errorMessage")
    if text is not None:
        work.report.note(
            node, "error-message",
            (f"的错误消息“{shown(text)}”已去掉。", f"had the message “{shown(text)}”, dropped."),
        )  # fmt: skip
    value = node.get(f"{kind}Code")
    if value and has_expression(value):
        node.set(f"{kind}Code", work.expressions.text(node, value, ("代码", "code")))


def conditional(work: Work, node: Node) -> None:
    """A ``conditionalEventDefinition``."""
    names, changes = take(node, "variableName"), take(node, "variableEvents", "variableEvent")
    child = node.find(f"{BPMN}condition")
    if child is not None and not _language(work, node, child):
        what = ("条件", "condition")
        child.text = work.expressions.condition(node, (child.text or "").strip(), what)
    if names is not None or changes is not None:
        put(node, "conditionalFilter", variableNames=names, variableEvents=changes)


def condition(work: Work, node: Node) -> None:
    """A sequence flow: its condition."""
    if take(node, "skipExpression") is not None:
        _skip(work, node)
    child = node.find(f"{BPMN}conditionExpression")
    if child is None:
        return
    text = (child.text or "").strip()
    if not text and take(child, "resource") is None:
        node.remove(child)
        return
    if _language(work, node, child):
        return
    child.text = work.expressions.condition(node, text, ("条件", "condition"))


def skip(work: Work, node: Node) -> None:
    """Flowable's ``skipExpression`` of an activity."""
    text = take(node, "skipExpression")
    if text is not None:
        _skip(work, node)
        mappings.hold(node, f"skipExpression {text}")


def _skip(work: Work, node: Node) -> None:
    _refuse(
        work, node, "skip-expression",
        ("有跳过条件（skipExpression）。", "has a condition to be skipped (skipExpression)."),
        ("在它前面画一个排他网关绕过它。", "Draw an exclusive gateway that leads around it."),
    )  # fmt: skip


def _language(work: Work, node: Node, child: Node) -> bool:
    """Whether a condition is a script, which is reported and left as FEEL that is refused."""
    language = pop(child, "language")
    resource = take(child, "resource")
    plain = language.rpartition("/")[2].lower()
    if resource is None and plain in ("", "juel", "uel", "el", "feel", "xpath"):
        text = (child.text or "").strip()
        if plain == "feel" and not text.startswith("="):
            child.text = f"={text}"
            return True
        return False
    if resource is None and plain in _ALIKE and _simple(work, node, child, plain):
        return True
    _refuse(
        work, node, "script-condition",
        (
            f"的条件是 {language or '外部'} 脚本：{shown(resource or child.text or '')}",
            f"has a condition in {language or 'a script file'}: "
            f"{shown(resource or child.text or '')}",
        ),
        ("用 FEEL 写出条件。", "Write the condition in FEEL."),
    )  # fmt: skip
    child.text = f"=${{{(child.text or resource or 'script').strip()}}}"
    return True


def _simple(work: Work, node: Node, child: Node, language: str) -> bool:
    """Translate a script that is one comparison or the like, as JUEL would write it."""
    text = (child.text or "").strip()
    result = work.expressions.attempt(node, text)
    if result is None:
        return False
    child.text = f"={result}"
    work.report.check(
        node, "script-condition",
        (
            f"的 {language} 条件“{shown(text)}”已按字面改为 FEEL。",
            f"has the {language} condition “{shown(text)}”, now FEEL.",
        ),
        ("核对类型转换和空值。", "Check conversions of types and null."),
    )  # fmt: skip
    return True


def _cycle(work: Work, node: Node, text: str) -> str:
    if has_expression(text) or not cycles.looks_cron(text):
        return text
    ours = cycles.spring(text)
    if ours == text:
        return text
    if ours is not None:
        work.report.note(
            node, "cron",
            (
                f"的 cron“{text}”改写为“{ours}”：星期改用名称，不写年份。",
                f"has the cron “{text}”, now “{ours}”: weekdays by name, no year.",
            ),
        )  # fmt: skip
        return ours
    _refuse(
        work, node, "cron",
        (f"的 cron“{text}”不能转换。", f"has the cron “{text}”, which cannot be converted."),
        (
            "改写成六段（秒 分 时 日 月 周），不写年份，范围从小到大，"
            f"例如 {cycles.example(text)}。",
            "Write six fields (second, minute, hour, day of month, month, day of week) without "
            f"years and with ranges that go up, e.g. {cycles.example(text)}.",
        ),
    )  # fmt: skip
    return text


def _correlated(work: Work, event: Node, reference: str | None) -> None:
    root = event.getroottree().getroot()
    for one in root.findall(f"{BPMN}message"):
        if one.get("id") == reference and zeebe(one, "subscription") is not None:
            return
    _refuse(
        work, event, "correlation-key",
        (
            "等待消息，但没有关联键：原引擎按业务键或变量匹配。",
            "waits for a message without a correlation key: the other engine matched business "
            "keys or variables.",
        ),
        (
            "在消息上填写订阅关联键，例如 =case.number。",
            "Fill in the message's subscription correlation key, e.g. =case.number.",
        ),
    )  # fmt: skip


def _thrown(work: Work, event: Node) -> None:
    _refuse(
        work, event, "message-throw",
        (
            "抛出消息，但没有实现：原引擎在这里什么也不做。",
            "throws a message without an implementation: the other engine did nothing here.",
        ),
        (
            "填写作业类型，或用扩展属性 message.correlationKey 把消息发给等待它的实例。",
            "Give a job type, or the extension property message.correlationKey to send it to the "
            "instance that waits for it.",
        ),
    )  # fmt: skip


def _defined(work: Work, node: Node, kind: str) -> None:
    """Activiti lets ``errorRef`` be the code itself: give it an element of its own."""
    reference = node.get(f"{kind}Ref")
    root = node.getroottree().getroot()
    if not reference or any(one.get("id") == reference for one in root):
        return
    identity = f"{kind.capitalize()}_{slug(reference)}"
    if not any(one.get("id") == identity for one in root):
        made = etree.Element(f"{BPMN}{kind}", {"id": identity, f"{kind}Code": reference})
        made.set("name", reference)
        made.tail = "\n  "
        root.insert(0, made)
    node.set(f"{kind}Ref", identity)


def _in_sub_process(event: Node) -> bool:
    parent = event.getparent()
    return parent is not None and local_name(parent) != "process"


def _refuse(
    work: Work, node: Node, rule: str, what: tuple[str, str], remedy: tuple[str, str]
) -> None:
    work.report.decide(node, rule, what, remedy)
