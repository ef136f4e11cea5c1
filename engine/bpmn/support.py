"""What this engine runs, and what it refuses with the way to draw it instead.

Nothing is passed over in silence: an element that is not in the table is refused wherever it
stands, reachable or not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn import belonging
from engine.bpmn.diagram import Element, Flow, ProcessInfo
from engine.bpmn.needs import needs
from engine.bpmn.remarks import Remarks
from engine.bpmn.remedies import remedy
from engine.model import Finding

EVENTS: dict[str, frozenset[str]] = {
    "startEvent": frozenset({"none", "timer", "message", "signal", "conditional"}),
    "intermediateCatchEvent": frozenset({"timer", "message", "signal", "conditional", "link"}),
    "intermediateThrowEvent": frozenset(
        {"none", "message", "signal", "escalation", "compensate", "link"}
    ),
    "boundaryEvent": frozenset(
        {"timer", "message", "signal", "conditional", "error", "escalation", "compensate", "cancel"}
    ),
    "endEvent": frozenset(
        {"none", "message", "signal", "error", "escalation", "compensate", "cancel", "terminate"}
    ),
}
"""By kind of event, outside of event sub-processes."""
SCOPE_EVENTS = frozenset(
    {"timer", "message", "signal", "conditional", "error", "escalation", "compensate"}
)
"""What may start an event sub-process."""
ACTIVITIES = frozenset(
    {
        "task",
        "manualTask",
        "userTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "callActivity",
    }
)
GATEWAYS = frozenset(
    {
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
    }
)

_ID = re.compile(r"[^\W\d][\w.-]*")


def refusals(filename: str, process: ProcessInfo) -> list[Finding]:
    """Everything in a process that cannot be run as drawn. Empty: it can be compiled."""
    remarks = Remarks(filename)
    found = [_unread(remarks, process, tag, line) for tag, line in process.unknown]
    for flow in process.flows.values():
        found += _flow(remarks, process, flow)
    for element in process.elements.values():
        found += _element(remarks, process, element)
    found += belonging.listeners(remarks, process.itself)
    found += _lacking(remarks, process.itself)
    return found


def _element(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    if not _ID.fullmatch(element.id):
        yield remarks.on(
            element,
            "id-required",
            "没有可用的标识。",
            "has no usable id.",
            (
                "标识以字母开头，只含字母、数字、点、横线和下划线。",
                "An id begins with a letter and has letters, digits, dots, dashes, underscores.",
            ),
        )
    what = _unsupported(process, element)
    if what is not None:
        yield remarks.on(
            element,
            "unsupported",
            f"是 {what}，本引擎不执行。",
            f"is a {what}, which this engine does not run.",
            remedy(what, what.split(" with ")[-1], element.type),
        )
        return
    for tag, line in element.unknown:
        yield remarks.on(
            element,
            "unsupported",
            f"带有 {tag}，本引擎不执行。",
            f"has {tag}, which this engine does not carry out.",
            remedy(tag),
            line=line,
        )
    yield from _lacking(remarks, element)
    if element.type == "boundaryEvent":
        yield from _boundary(remarks, process, element)
    if element.type == "eventBasedGateway":
        yield from _event_gateway(remarks, process, element)
    yield from belonging.check(remarks, process, element)


def _lacking(remarks: Remarks, element: Element) -> Iterator[Finding]:
    for need in needs(element):
        yield remarks.on(
            element,
            "definition-required",
            f"没有{need.zh}。",
            f"lacks {need.en}.",
            (need.remedy_zh, need.remedy_en),
        )


def _unsupported(process: ProcessInfo, element: Element) -> str | None:
    if element.type not in EVENTS:
        return None if element.type in ACTIVITIES | GATEWAYS else element.type
    kind = element.event.kind if element.event else "none"
    if element.type == "startEvent" and element.parent is not None:
        around = process.elements.get(element.parent)
        if around is not None and around.event_sub_process:
            return None if kind in SCOPE_EVENTS else "start of an event sub-process"
        return None if kind == "none" else "startEvent in a sub-process"
    return None if kind in EVENTS[element.type] else f"{element.type} with {kind}"


def _boundary(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    host = process.elements.get(element.attached_to or "")
    strange = host is None or host.type not in ACTIVITIES or host.event_sub_process
    if strange or host is None or host.parent != element.parent:
        yield remarks.on(
            element,
            "boundary-host",
            "没有挂在任何活动上。",
            "is not attached to an activity.",
            ("把它拖到一个任务或子流程的边上。", "Drag it onto the edge of a task or sub-process."),
        )
    if element.incoming:
        yield remarks.on(
            element,
            "boundary-incoming",
            "是边界事件，不能有入线。",
            "is a boundary event and cannot have incoming flows.",
            ("删除入线。", "Delete the incoming flow."),
        )


def _event_gateway(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    targets = [process.elements.get(process.flows[one].target) for one in element.outgoing]
    for target in targets:
        if target is None or not _can_wait(process, target):
            yield remarks.on(
                element,
                "event-based-gateway",
                "是事件网关，每条出线必须直接通向一个只有这条入线的中间捕获事件或接收任务。",
                "is an event-based gateway: each flow out of it must lead to an intermediate "
                "catch event or receive task that has no other incoming flow.",
                (
                    "在每条出线后画一个消息、定时器、信号或条件捕获事件，或不带边界事件的接收任务。",
                    "Draw a message, timer, signal or conditional catch event behind each flow, "
                    "or a receive task without boundary events.",
                ),
            )
            return
    if not targets:
        yield remarks.on(
            element,
            "event-based-gateway",
            "是事件网关，没有出线。",
            "is an event-based gateway without flows out of it.",
            ("画出它等待的事件。", "Draw the events it waits for."),
        )


def _can_wait(process: ProcessInfo, target: Element) -> bool:
    """Whether an event-based gateway can wait for it."""
    if len(target.incoming) > 1 or target.event is None:
        return False
    if target.type == "receiveTask":
        plain = target.loop is None and target.repeat is None and not target.listeners
        return plain and not any(process.boundaries(target.id))
    return target.type == "intermediateCatchEvent" and target.event.kind != "link"


def _flow(remarks: Remarks, process: ProcessInfo, flow: Flow) -> Iterator[Finding]:
    source = process.elements.get(flow.source)
    target = process.elements.get(flow.target)
    if source is None or target is None or source.parent != target.parent:
        yield remarks.on(
            flow,
            "broken-flow",
            "是一条断开的连线：两端必须是同一层（流程或子流程）中的元素。",
            "is a broken flow: both ends must be elements of the same process or sub-process.",
            ("重新连接这条线。", "Connect the flow again."),
        )
    if flow.condition is not None and not flow.condition.startswith("="):
        yield remarks.on(
            flow,
            "condition-feel",
            f"的条件“{flow.condition}”不是 FEEL：必须以 = 开头。",
            f"has the condition “{flow.condition}”, which is no FEEL: it must begin with =.",
            ("写成 =条件，例如 =amount > 100。", "Write = first, e.g. =amount > 100."),
        )


def _unread(remarks: Remarks, process: ProcessInfo, tag: str, line: int | None) -> Finding:
    return Finding(
        "unsupported",
        "error",
        remarks.filename,
        f"流程“{process.name}”带有 {tag}，本引擎不执行。",
        f"Process “{process.name}” has {tag}, which this engine does not carry out.",
        *remedy(tag),
        line=line,
        element_id=process.id,
        element_name=process.name,
    )
