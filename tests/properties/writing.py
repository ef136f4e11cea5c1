"""Diagrams of the generator as BPMN files."""

from __future__ import annotations

from tests.properties.net import Diagram, Element, Flow
from tests.unit.bpmn.drawing import (
    definitions,
    el,
    event,
    ext,
    flow,
    many,
    message,
    message_definition,
    process,
    timer,
    z,
)

TAGS = {
    "start": "startEvent", "end": "endEvent", "terminate": "endEvent", "error": "endEvent",
    "escalation end": "endEvent", "escalate": "intermediateThrowEvent", "user": "userTask",
    "job": "serviceTask", "receive": "receiveTask", "call": "callActivity",
    "script": "scriptTask", "manual": "manualTask", "sub": "subProcess",
    "xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway",
    "events": "eventBasedGateway", "message": "intermediateCatchEvent",
    "timer": "intermediateCatchEvent", "signal": "intermediateCatchEvent",
    "event sub": "subProcess", "boundary": "boundaryEvent",
}  # fmt: skip
EXTENSIONS = {
    "user": z("userTask"),
    "job": z("taskDefinition", type="work"),
    "call": z("calledElement", processId="child"),
    "script": z("script", expression="=1 + 1", resultVariable="made"),
}


def written(diagram: Diagram) -> bytes:
    """The file; the process is ``p``."""
    codes = {one.code for one in diagram.elements.values() if one.code}
    roots = [message_definition("m", "note", "=1"), el("signal", "s", name="all")]
    roots += [el("error", f"error{code}", errorCode=code, name=code) for code in sorted(codes)]
    roots += [
        el("escalation", f"escalation{code}", escalationCode=code, name=code)
        for code in sorted(codes)
    ]
    return definitions(*roots, process(_inside(diagram, "")))


def _inside(diagram: Diagram, parent: str) -> str:
    elements = [one for one in diagram.elements.values() if one.parent == parent]
    flows = [
        one for one in diagram.flows.values() if diagram.elements[one.source].parent == parent
    ]
    return "".join([_element(diagram, one) for one in elements] + [_flow(one) for one in flows])


def _flow(one: Flow) -> str:
    condition = f"=v_{one.condition.task} < {one.condition.limit}" if one.condition else ""
    return flow(one.source, one.target, condition, one.id)


def _element(diagram: Diagram, one: Element) -> str:
    attributes = {}
    if one.default:
        attributes["default"] = one.default
    if one.kind == "receive":
        attributes["messageRef"] = "m"
    if one.host:
        attributes["attachedToRef"] = one.host
        attributes["cancelActivity"] = "true" if one.interrupting else "false"
    extension = ext(EXTENSIONS[one.kind]) if one.kind in EXTENSIONS else ""
    content = [extension, _definition(one), _rounds(one)]
    if one.kind == "event sub":
        attributes["triggeredByEvent"] = "true"
    if one.kind == "start" and one.trigger:
        attributes["isInterrupting"] = "true" if one.interrupting else "false"
    if one.kind in ("sub", "event sub"):
        content.append(_inside(diagram, one.id))
    return el(TAGS[one.kind], one.id, *content, **attributes)


def _rounds(one: Element) -> str:
    if one.rounds is None:
        return ""
    condition = f"=numberOfCompletedInstances >= {one.enough}" if one.enough else ""
    items = f"={list(range(one.rounds))}"
    return many(items, sequential=one.sequential, condition=condition, inputElement="item")


def _definition(one: Element) -> str:
    kind = one.trigger or one.kind
    if kind == "timer":
        return timer("duration", "PT1H")
    if kind == "cycle":
        return timer("cycle", f"R{one.times or ''}/PT1H")
    if kind == "signal":
        return event("signal", "s")
    if kind == "message":
        return message("m")
    if kind == "terminate":
        return event("terminate")
    if kind == "error":
        return event("error", f"error{one.code}" if one.code else "")
    if kind.startswith("escalat"):
        return event("escalation", f"escalation{one.code}" if one.code else "")
    return ""
