"""Execution and task listeners → ``zeebe:`` listeners with a job type."""

from __future__ import annotations

from engine.convert import implementation
from engine.convert.context import Work, slug
from engine.convert.foreign import (
    BPMN,
    TAKEN,
    Node,
    attribute,
    inner,
    inner_text,
    is_element,
    take_elements,
)
from engine.convert.markup import ZEEBE, add, ensure
from engine.convert.report import shown
from engine.xml import local_name

_ONLY_END = frozenset({"startEvent", "boundaryEvent"})
_TASK_EVENTS = {
    "create": "creating",
    "assignment": "assigning",
    "update": "updating",
    "complete": "completing",
    "delete": "canceling",
}


def convert(work: Work, node: Node) -> None:
    """All listeners of one element."""
    for one in take_elements(node, "executionListener"):
        _execution(work, node, one)
    for one in take_elements(node, "taskListener"):
        _task(work, node, one)
    for one in take_elements(node, "eventListener"):
        work.report.decide(
            node, "listener",
            (
                f"的引擎事件监听器不能转换：{attribute(one, 'class', 'delegateExpression') or ''}",
                "has a listener to events of the engine: "
                f"{attribute(one, 'class', 'delegateExpression') or ''}",
            ),
            (
                "历史与统计由本系统记录；其他作用画成服务任务。",
                "History is kept here anyway; draw other effects as service tasks.",
            ),
        )  # fmt: skip


def _execution(work: Work, node: Node, listener: Node) -> None:
    name = local_name(node)
    event = attribute(listener, "event") or ("take" if name == "sequenceFlow" else "")
    if name == "sequenceFlow":
        place = _beside(node)
        if place is not None:
            _write(work, place[0], listener, "executionListener", event, place[1])
            return
    elif event in ("start", "end"):
        # Zeebe has no start listeners here; when the event happens, theirs ran, and its end's do.
        ours = "end" if name in _ONLY_END else event
        _write(work, node, listener, "executionListener", event, ours)
        return
    source = attribute(listener, "class", "delegateExpression", "expression") or "script"
    work.report.decide(
        node, "listener",
        (
            f"在经过连线时（{event or '?'}）运行“{shown(source)}”，这里没有这种监听器。",
            f"runs “{shown(source)}” when it is taken ({event or '?'}); there are no such "
            "listeners here.",
        ),
        (
            "在连线上画一个服务任务，或用目标元素的开始监听器。",
            "Draw a service task on the flow, or use a start listener of its target.",
        ),
    )  # fmt: skip


def _beside(flow: Node) -> tuple[Node, str] | None:
    """The element that is passed just when the flow is taken, and its event: the source if it
    has no other way out, the target if it has no other way in; None if both have. Repeated
    activities would be heard each round."""
    scope = flow.getparent()
    if scope is None:
        return None
    flows = scope.findall(f"{BPMN}sequenceFlow")
    for end, event in (("sourceRef", "end"), ("targetRef", "start")):
        id_ = flow.get(end)
        node = next((one for one in scope if is_element(one) and one.get("id") == id_), None)
        if node is None or sum(one.get(end) == id_ for one in flows) > 1:
            continue
        repeats = any(local_name(one).endswith("LoopCharacteristics") for one in node
                      if is_element(one))  # fmt: skip
        # Camunda 8 knows no end listeners of gateways; the file shall run there, too.
        if not repeats and not (event == "end" and local_name(node).endswith("Gateway")):
            return node, event
    return None


def _task(work: Work, node: Node, listener: Node) -> None:
    event = attribute(listener, "event") or ""
    if event == "all":
        for name in ("create", "assignment", "complete", "delete"):
            _write(work, node, listener, "taskListener", name, _TASK_EVENTS[name])
        return
    ours = _TASK_EVENTS.get(event)
    if ours is not None:
        _write(work, node, listener, "taskListener", event, ours)
        return
    definitions = [shown("".join(str(part) for part in one.itertext()).strip())
                   for one in listener if is_element(one) and one.tag.startswith(BPMN)]  # fmt: skip
    when = f"（{'；'.join(definitions)}）" if definitions else ""
    work.report.decide(
        node, "listener",
        (
            f"的任务监听器在 {event or '?'}{when} 时运行，这里没有这种时机。",
            f"has a task listener for {event or '?'}{when}, which does not exist here.",
        ),
        (
            "超时请画成非中断的定时边界事件。",
            "Draw a timeout as a non-interrupting timer boundary event.",
        ),
    )  # fmt: skip


def _write(
    work: Work, node: Node, listener: Node, tag: str, event: str, ours: str
) -> None:
    fallback = slug(f"{node.get('id') or local_name(node)}.{event}")
    found = implementation.of_listener(work, listener, fallback)
    if found is None:
        work.report.decide(
            node, "listener",
            (f"的 {event} 监听器没有实现。", f"has a listener for {event} that does nothing."),
            ("删除它，或填写作业类型。", "Delete it, or fill in a job type."),
        )  # fmt: skip
        return
    made = add(ensure(node, f"{tag}s"), tag, eventType=ours, type=found.job_type, retries="3")
    _fields(work, node, listener, made)
    severity = work.report.decide if found.kind == "script" else work.report.check
    severity(
        listener, "listener",
        (
            f"的 {event} 监听器（{shown(found.source)}）已改为 {ours} 监听器，作业类型 "
            f"{found.job_type}。",
            f"has a {event} listener ({shown(found.source)}), now a {ours} listener with the job "
            f"type {found.job_type}.",
        ),
        (
            "提供这一类型的工作者；只为设置变量的，改用输入输出映射后删除它。",
            "Provide a worker for that type; where it only sets variables, use mappings instead.",
        ),
    )  # fmt: skip


def _fields(work: Work, node: Node, listener: Node, made: Node) -> None:
    """What is injected into the listener becomes headers of its job."""
    for one in inner(listener, "field"):
        name = attribute(one, "name") or ""
        value = attribute(one, "stringValue", "expression") or inner_text(
            one, "string", "expression"
        )
        one.tag = f"{TAKEN}field"
        if name and value is not None and "${" not in value and "#{" not in value:
            headers = made.find(f"{ZEEBE}taskHeaders")
            holder = add(made, "taskHeaders") if headers is None else headers
            add(holder, "header", key=name, value=value)
            continue
        work.report.decide(
            node, "listener",
            (
                f"的监听器字段“{name}”（{shown(value or '')}）要计算，作业的头部是固定文本。",
                f"has a listener with the computed field “{name}” ({shown(value or '')}); headers "
                "of a job are fixed texts.",
            ),
            (
                "在输入映射里计算它：工作者会收到该变量。",
                "Compute it in an input mapping: the worker gets the variable.",
            ),
        )  # fmt: skip
