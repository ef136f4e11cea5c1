"""Rules about what can be seen: shapes and labels."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.remarks import Remarks
from engine.bpmn.support import ACTIVITIES
from engine.model import Finding


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
