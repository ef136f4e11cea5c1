"""Rules about what can be seen: shapes and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.bpmn.diagram import Bounds, Definition, Element, Flow, ProcessInfo
from engine.bpmn.remarks import Remarks
from engine.bpmn.support import ACTIVITIES
from engine.model import Finding

_KINDS = {"message": "消息", "signal": "信号", "error": "错误", "escalation": "升级"}


def overlaps(
    remarks: Remarks, process: ProcessInfo, bounds: Mapping[str, Bounds]
) -> Iterator[Finding]:
    """Elements that are drawn over each other, or outside of the sub-process they belong to."""
    for scope in process.scopes():
        drawn = [one for one in process.children(scope) if one.id in bounds]
        for number, element in enumerate(drawn):
            others = (one for one in drawn[:number] if not _attached(one, element))
            over = next((o for o in others if bounds[o.id].overlaps(bounds[element.id])), None)
            if over is not None:
                name = over.name or over.id
                yield remarks.on(
                    element,
                    "no-overlapping-elements",
                    f"与“{name}”重叠，看不清。",
                    f"overlaps “{name}”: neither can be read.",
                    ("把它们移开。", "Move them apart."),
                    severity="warning",
                )
            around = None if scope is None else bounds.get(scope)
            if around is not None and not around.holds(bounds[element.id]):
                yield from _outside(remarks, element, process.elements[scope or ""])


def _attached(one: Element, other: Element) -> bool:
    return one.attached_to == other.id or other.attached_to == one.id


def _outside(remarks: Remarks, element: Element, around: Element) -> Iterator[Finding]:
    """A boundary event of an activity at the edge may stand out a little."""
    if element.type != "boundaryEvent":
        name = around.name or around.id
        yield remarks.on(
            element,
            "no-overlapping-elements",
            f"画在它所属的子流程“{name}”之外。",
            f"is drawn outside of its sub-process “{name}”.",
            ("把它移进去，或把子流程拉大。", "Move it inside, or make the sub-process larger."),
            severity="warning",
        )


def definitions(remarks: Remarks, found: Sequence[Definition]) -> Iterator[Finding]:
    """Messages, signals, errors and escalations without name, with the name of another, or
    that nothing uses: the next person takes the wrong one."""
    known: set[tuple[str, str]] = set()
    for one in found:
        said = ("没有名称。", "has no name.") if not one.name else None
        if one.name and (one.kind, one.name) in known:
            said = ("与另一个同名，容易选错。", "has the name of another one.")
        if not one.used:
            said = ("没有被任何元素使用。", "is used by no element.")
        known.add((one.kind, one.name))
        if said is not None:
            yield remarks.on(
                Flow(one.id, one.name, "", "", line=one.line),
                "global",
                f"（{_KINDS[one.kind]}）{said[0]}",
                f"({one.kind}) {said[1]}",
                ("给它不同的名称；不用的请删除。", "Give it a name of its own, or delete it."),
                severity="warning",
            )


def check(remarks: Remarks, process: ProcessInfo, shapes: frozenset[str]) -> Iterator[Finding]:
    """A missing drawing is a warning, a missing label an info: neither changes how it runs."""
    for element in process.elements.values():
        if element.id not in shapes:
            yield remarks.on(
                element,
                "no-bpmndi",
                "没有画在图上，办理人员看不到它。",
                "is not drawn in the diagram: nobody can see it.",
                ("在 Camunda Modeler 中重新画出它。", "Draw it again in Camunda Modeler."),
                severity="warning",
            )
        if not element.name and _wants_label(element):
            yield remarks.on(
                element,
                "label-required",
                "没有名称。",
                "has no label.",
                ("写上名称，便于阅读。", "Give it a label, so that it can be read."),
                severity="info",
            )

    for flow in process.flows.values():
        if flow.condition and not flow.name:
            yield remarks.on(
                flow,
                "label-required",
                "是有条件的连线，没有名称。",
                "is a conditional flow without a label.",
                ("写上条件的含义。", "Say what the condition means."),
                severity="info",
            )
        if flow.id not in shapes:
            yield remarks.on(
                flow,
                "no-bpmndi",
                "这条连线没有画在图上。",
                "is a flow that is not drawn in the diagram.",
                ("在 Camunda Modeler 中重新画出它。", "Draw it again in Camunda Modeler."),
                severity="warning",
            )


def _wants_label(element: Element) -> bool:
    choice = element.type in ("exclusiveGateway", "inclusiveGateway") and len(element.outgoing) > 1
    return choice or element.type in ACTIVITIES or element.type.endswith("Event")
