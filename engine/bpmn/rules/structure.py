"""Rules about how elements are connected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.diagram import Element, Flow, ProcessInfo
from engine.bpmn.remarks import Remarks
from engine.bpmn.rules.conditions import always_one
from engine.bpmn.support import ACTIVITIES, GATEWAYS
from engine.feel import Function
from engine.model import Finding

_CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})


def check(
    remarks: Remarks, process: ProcessInfo, functions: Mapping[str, Function]
) -> Iterator[Finding]:
    """Starts, ends, reachability, gateways and the conditions on flows."""
    yield from _starts(remarks, process)
    for scope in process.scopes():
        yield from _ends(remarks, process, scope)
        yield from _unreachable(remarks, process, scope)
    for element in process.elements.values():
        yield from _ways(remarks, process, element)
        if element.type in _CHOOSING and len(element.outgoing) > 1:
            yield from _conditions(remarks, process, element)
            if element.default is None:
                yield from _no_default(remarks, process, element, functions)
        if element.default is not None:
            yield from _default(remarks, process, element)


def _starts(remarks: Remarks, process: ProcessInfo) -> Iterator[Finding]:
    whole = Flow(process.id, process.name, "", "", line=process.line)
    if not process.starts:
        yield remarks.on(
            whole,
            "start-event-required",
            "没有开始事件。",
            "has no start event.",
            ("画一个开始事件。", "Draw a start event."),
        )
    plain = [start for start in process.starts if start.kind == "none"]
    for start in plain[1:]:
        yield remarks.on(
            process.elements[start.id],
            "single-blank-start-event",
            "是第二个空白开始事件，只能有一个。",
            "is a second plain start event; there can be only one.",
            ("合并为一个，用网关分开后续路径。", "Merge them and split with a gateway."),
        )


def _ends(remarks: Remarks, process: ProcessInfo, scope: str | None) -> Iterator[Finding]:
    elements = list(process.children(scope))
    if scope is not None and process.elements[scope].type == "adHocSubProcess":
        return
    if elements and not any(element.type == "endEvent" for element in elements):
        yield remarks.on(
            _owner(process, scope),
            "end-event-required",
            "没有结束事件。",
            "has no end event.",
            ("画一个结束事件。", "Draw an end event."),
            severity="warning",
        )


def _owner(process: ProcessInfo, scope: str | None) -> Element | Flow:
    if scope is not None:
        return process.elements[scope]
    return Flow(process.id, process.name, "", "", line=process.line)


def _unreachable(remarks: Remarks, process: ProcessInfo, scope: str | None) -> Iterator[Finding]:
    elements = {element.id: element for element in process.children(scope)}
    open_ = [element.id for element in elements.values() if element.type == "startEvent"]
    if not open_:
        return
    seen: set[str] = set()
    while open_:
        at = open_.pop()
        if at in seen or at not in elements:
            continue
        seen.add(at)
        open_ += [process.flows[flow].target for flow in elements[at].outgoing]
        open_ += [event.id for event in process.boundaries(at)]
        if elements[at].type == "intermediateThrowEvent":
            open_ += [other.id for other in process.links(elements[at])]
    for element in elements.values():
        handler = element.compensates and element.type in ACTIVITIES
        if element.id not in seen and not element.event_sub_process and not handler:
            yield remarks.on(
                element,
                "no-disconnected",
                "从开始事件走不到。",
                "cannot be reached from a start event.",
                ("连上它，或删除它。", "Connect it or delete it."),
            )


def _ways(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    if element.type == "startEvent" and element.incoming:
        yield remarks.on(
            element,
            "start-event-incoming",
            "是开始事件，不能有入线。",
            "is a start event and cannot have incoming flows.",
            ("回路请连到开始事件之后的元素。", "Lead the loop to the element behind it."),
        )
    if element.type == "endEvent" and element.outgoing:
        yield remarks.on(
            element,
            "end-event-outgoing",
            "是结束事件，不能有出线。",
            "is an end event and cannot have outgoing flows.",
            ("改为中间事件，或删除出线。", "Make it an intermediate event or delete the flow."),
        )
    around = process.elements.get(element.parent or "")
    loose = around is not None and around.type == "adHocSubProcess"
    loose = loose and element.type not in GATEWAYS
    if element.type != "endEvent" and not element.outgoing and not loose and not _apart(element):
        yield from _dead_end(remarks, element)
    if len(element.outgoing) > 1 and element.type not in GATEWAYS:
        yield remarks.on(
            element,
            "no-implicit-split",
            "有多条出线：它们会同时走。",
            "has several outgoing flows: all of them are taken.",
            ("用网关画明是并行还是选择。", "Draw a gateway that shows a split or a choice."),
            severity="warning",
        )


def _apart(element: Element) -> bool:
    """Whether no sequence flow leaves the element because of what it is."""
    kind = element.event.kind if element.event else "none"
    links = element.type == "intermediateThrowEvent" and kind == "link"
    undoes = element.type == "boundaryEvent" and kind == "compensate"
    return element.event_sub_process or element.compensates or links or undoes


def _dead_end(remarks: Remarks, element: Element) -> Iterator[Finding]:
    if element.type in GATEWAYS or element.type == "startEvent":
        kind = "网关" if element.type in GATEWAYS else "开始事件"
        yield remarks.on(
            element,
            "way-out-required",
            f"是{kind}，没有出线。",
            "has no outgoing flow.",
            ("画出它之后的路径。", "Draw the path behind it."),
        )
        return
    yield remarks.on(
        element,
        "no-implicit-end",
        "没有出线，路径到此为止。",
        "has no outgoing flow; the path ends there.",
        ("接一个结束事件，说明结果。", "Add an end event that says how it ends."),
        severity="warning",
    )


def _conditions(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    name = element.name or element.id
    for flow_id in element.outgoing:
        flow = process.flows[flow_id]
        if not flow.condition and flow.id != element.default:
            yield remarks.on(
                flow,
                "conditional-flows",
                f"从网关“{name}”引出，却没有条件。",
                f"leaves the gateway “{name}” without a condition.",
                ("填写条件，或把它设为默认流向。", "Give it a condition or make it the default."),
            )


def _no_default(
    remarks: Remarks, process: ProcessInfo, element: Element, functions: Mapping[str, Function]
) -> Iterator[Finding]:
    """Not where one of the conditions is always true."""
    conditions = [process.flows[flow].condition or "" for flow in element.outgoing]
    if all(conditions) and always_one(conditions, functions):
        return
    yield remarks.on(
        element,
        "gateway-default",
        "没有默认流向，条件可能都不成立：那时流程会停下成为异常。",
        "has no default flow, and its conditions may all be false: then it stops with an incident.",
        (
            "把一条出线设为默认流向，或让条件覆盖所有情况（例如 =x > 5 与 =x <= 5）。",
            "Make one of its flows the default, or let the conditions cover everything, e.g. "
            "=x > 5 and =x <= 5.",
        ),
    )


def _default(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    if element.default not in element.outgoing:
        yield remarks.on(
            element,
            "gateway-default",
            f"的默认流向 {element.default} 不是它的出线。",
            f"has the default flow {element.default}, which does not leave it.",
            ("重新选择默认流向。", "Choose the default flow again."),
        )
    elif process.flows[element.default].condition:
        yield remarks.on(
            process.flows[element.default],
            "gateway-default",
            "是默认流向，它的条件不会被使用。",
            "is a default flow; its condition is not used.",
            ("删除条件。", "Delete the condition."),
            severity="warning",
        )
