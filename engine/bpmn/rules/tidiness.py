"""What the standard forbids or nobody means: flows drawn twice, gateways that do nothing or two
things, events and boundaries that cannot be what they look like."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.remarks import Remarks
from engine.bpmn.support import GATEWAYS
from engine.model import Finding

_ALWAYS_INTERRUPTS = frozenset({"error", "cancel"})


def check(remarks: Remarks, process: ProcessInfo) -> Iterator[Finding]:
    yield from _twice(remarks, process)
    for element in process.elements.values():
        if element.type in GATEWAYS:
            yield from _gateway(remarks, element)
        if element.type == "eventBasedGateway":
            yield from _event_gateway(remarks, process, element)
        if element.type == "parallelGateway" or element.type in ("startEvent", "boundaryEvent"):
            yield from _ignored_conditions(remarks, process, element)
        yield from _interrupting(remarks, process, element)
    for scope in process.scopes():
        yield from _termination(remarks, process, scope)


def _twice(remarks: Remarks, process: ProcessInfo) -> Iterator[Finding]:
    seen: dict[tuple[str, str, str | None], str] = {}
    for flow in process.flows.values():
        key = (flow.source, flow.target, flow.condition)
        if key in seen:
            yield remarks.on(
                flow,
                "no-duplicate-sequence-flows",
                f"与连线 {seen[key]} 从同一处到同一处，条件也相同。",
                f"goes from and to where the flow {seen[key]} goes, on the same condition.",
                ("删除其中一条。", "Delete one of them."),
            )
        seen.setdefault(key, flow.id)


def _gateway(remarks: Remarks, element: Element) -> Iterator[Finding]:
    many = len(element.incoming), len(element.outgoing)
    if many == (1, 1) and element.type != "eventBasedGateway":
        yield remarks.on(
            element,
            "superfluous-gateway",
            "是多余的网关：只有一条入线和一条出线。",
            "is superfluous: it has one flow in and one flow out.",
            ("删除它，直接连线。", "Delete it and connect its neighbours."),
            severity="warning",
        )
    if min(many) > 1:
        yield remarks.on(
            element,
            "no-gateway-join-fork",
            "既汇合又分支，看不出先后。",
            "joins and forks at once, which is hard to read.",
            ("画成两个网关：先汇合，再分支。", "Draw two gateways: first join, then fork."),
            severity="warning",
        )


def _event_gateway(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    if len(element.outgoing) == 1:
        yield remarks.on(
            element,
            "event-based-gateway",
            "是事件网关，至少要有两条出线。",
            "is an event-based gateway and needs at least two flows out of it.",
            ("画出另一个事件，或直接连到这个事件。", "Draw the other event, or leave it out."),
        )
    for flow_id in element.outgoing:
        flow = process.flows[flow_id]
        if flow.condition is not None:
            yield remarks.on(
                flow,
                "event-based-gateway",
                "从事件网关引出，不能有条件：由先发生的事件决定。",
                "leaves an event-based gateway and cannot have a condition: the event decides.",
                ("删除条件。", "Delete the condition."),
            )


def _ignored_conditions(
    remarks: Remarks, process: ProcessInfo, element: Element
) -> Iterator[Finding]:
    for flow_id in element.outgoing:
        flow = process.flows[flow_id]
        if flow.condition is None:
            continue
        what, what_en = {
            "parallelGateway": ("并行网关", "a parallel gateway"),
            "startEvent": ("开始事件", "a start event"),
        }.get(element.type, ("边界事件", "a boundary event"))
        yield remarks.on(
            flow,
            "flow-condition",
            f"从{what}引出，不能有条件：它总是会走。",
            f"leaves {what_en} and cannot have a condition: it is always taken.",
            (
                "删除条件；要选择，请画排他网关或包容网关。",
                "Delete it; to choose, draw an exclusive or inclusive gateway.",
            ),
        )


def _interrupting(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    kind = element.event.kind if element.event else "none"
    if element.interrupting or kind not in _ALWAYS_INTERRUPTS:
        return
    if element.type not in ("boundaryEvent", "startEvent"):
        return
    zh, en = ("错误", "an error") if kind == "error" else ("取消", "a cancellation")
    yield remarks.on(
        element,
        "interrupting-event",
        f"捕获{zh}，必须是中断的：活动已经失败，不能继续。",
        f"catches {en} and must interrupt: what failed cannot go on.",
        (
            "改为中断事件；要让活动继续，请改用升级事件。",
            "Make it interrupting; to let the activity go on, use an escalation.",
        ),
    )


def _termination(remarks: Remarks, process: ProcessInfo, scope: str | None) -> Iterator[Finding]:
    """A terminate end is superfluous where nothing else can be going on."""
    ends = [
        one
        for one in process.children(scope)
        if not one.outgoing and not one.compensates and not (one.event and one.event.kind == "link")
    ]
    if len(ends) == 1 and ends[0].type == "endEvent":
        event = ends[0].event
        alone = not any(
            len(one.outgoing) > 1 and one.type not in ("exclusiveGateway", "eventBasedGateway")
            for one in process.children(scope)
        )
        beside = any(
            one.type == "boundaryEvent" and not one.interrupting for one in process.children(scope)
        )
        if event is not None and event.kind == "terminate" and alone and not beside:
            yield remarks.on(
                ends[0],
                "superfluous-termination",
                "是终止结束事件，但这里没有别的路径可以终止。",
                "terminates, but nothing else can be going on here.",
                ("改为普通结束事件。", "Make it a plain end event."),
                severity="warning",
            )
