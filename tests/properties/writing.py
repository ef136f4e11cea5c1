"""Diagrams of the generator as BPMN files."""

from __future__ import annotations

from tests.properties.net import Collects, Diagram, Element, Expression, Flow
from tests.unit.bpmn.drawing import (
    again,
    compensate,
    condition,
    definitions,
    el,
    event,
    ext,
    flow,
    io,
    link,
    many,
    message,
    message_definition,
    process,
    timer,
    z,
)

TAGS = {
    "start": "startEvent", "end": "endEvent", "terminate": "endEvent", "error": "endEvent",
    "escalation end": "endEvent", "compensation end": "endEvent", "cancel": "endEvent",
    "escalate": "intermediateThrowEvent", "compensate": "intermediateThrowEvent",
    "link throw": "intermediateThrowEvent", "publish": "intermediateThrowEvent",
    "broadcast": "intermediateThrowEvent", "link catch": "intermediateCatchEvent",
    "message": "intermediateCatchEvent", "timer": "intermediateCatchEvent",
    "signal": "intermediateCatchEvent", "condition": "intermediateCatchEvent",
    "boundary": "boundaryEvent", "user": "userTask", "job": "serviceTask",
    "receive": "receiveTask", "call": "callActivity", "script": "scriptTask",
    "manual": "manualTask", "sub": "subProcess", "event sub": "subProcess",
    "transaction": "transaction", "ad hoc": "adHocSubProcess", "xor": "exclusiveGateway",
    "and": "parallelGateway", "or": "inclusiveGateway", "events": "eventBasedGateway",
}  # fmt: skip
_TASK_LISTENERS = ("creating", "assigning", "updating", "completing", "canceling")


def written(diagram: Diagram) -> bytes:
    """The file; the process is ``p``."""
    codes = {one.code for one in diagram.elements.values() if one.code}
    roots = [message_definition("m", "note", "=1"), el("signal", "s", name="all")]
    for one in diagram.elements.values():
        if one.host and one.trigger == "message":
            roots.append(message_definition(f"m-{one.id}", f"note {one.id}", "=1"))
        if one.host and one.trigger == "signal":
            roots.append(el("signal", f"s-{one.id}", name=f"alarm {one.id}"))
    roots += [el("error", f"error{code}", errorCode=code, name=code) for code in sorted(codes)]
    roots += [
        el("escalation", f"escalation{code}", escalationCode=code, name=code)
        for code in sorted(codes)
    ]
    return definitions(*roots, process(ext(*_listeners(diagram.process)), _inside(diagram, "")))


def _inside(diagram: Diagram, parent: str) -> str:
    flows = [
        one for one in diagram.flows.values() if diagram.elements[one.source].parent == parent
    ]
    made = [_element(diagram, one) for one in diagram.inside(parent)]
    return "".join(made + [_flow(one) for one in flows])


def _flow(one: Flow) -> str:
    said = f"={one.condition.name} < {one.condition.limit}" if one.condition else ""
    return flow(one.source, one.target, said, one.id)


def _element(diagram: Diagram, one: Element) -> str:
    content = [ext(*_extensions(one)), _definition(one), _rounds(one)]
    if one.kind in ("sub", "event sub", "transaction", "ad hoc"):
        content.append(_inside(diagram, one.id))
    if one.kind == "ad hoc" and one.gathers and one.suffices:
        done = f"=count({one.gathers.into}) &gt;= {one.suffices}"
        content.append(f"<bpmn:completionCondition>{done}</bpmn:completionCondition>")
    made = el(TAGS[one.kind], one.id, *content, **_attributes(one))
    if one.undo:
        made += el(
            "boundaryEvent", f"{one.id}-undo", compensate(), attachedToRef=one.id
        ) + el("association", f"{one.id}-to-{one.undo}", sourceRef=f"{one.id}-undo",
               targetRef=one.undo)  # fmt: skip
    return made


def _attributes(one: Element) -> dict[str, str]:
    found = {}
    if one.default:
        found["default"] = one.default
    if one.kind == "receive":
        found["messageRef"] = "m"
    if one.host:
        found["attachedToRef"] = one.host
        found["cancelActivity"] = _flag(one.interrupting)
    if one.kind == "event sub":
        found["triggeredByEvent"] = "true"
    if one.kind == "start" and one.trigger:
        found["isInterrupting"] = _flag(one.interrupting)
    if one.kind == "ad hoc":
        found["cancelRemainingInstances"] = _flag(one.cancel_rest)
        found["ordering"] = "Sequential" if one.in_order else "Parallel"
    if one.handles:
        found["isForCompensation"] = "true"
    return found


def _extensions(one: Element) -> list[str]:
    found = [_zeebe(one)]
    if one.inputs or one.outputs:
        found.append(io(_mappings(one.inputs), _mappings(one.outputs)))
    if one.kind == "publish":
        key = z("property", name="message.correlationKey", value="=1")
        found.append(z("properties", key))
    return found + _listeners(one)


def _listeners(one: Element) -> list[str]:
    found = []
    for tag, inner, mine in (
        ("executionListeners", "executionListener", False),
        ("taskListeners", "taskListener", True),
    ):
        said = [each for each in one.listeners if (each in _TASK_LISTENERS) is mine]
        if said:
            found.append(z(tag, *(z(inner, eventType=each, type="hear") for each in said)))
    return found


def _zeebe(one: Element) -> str:
    if one.kind == "user":
        return z("userTask")
    if one.kind == "job":
        return z("taskDefinition", type="work")
    if one.kind == "call":
        return z(
            "calledElement",
            processId="child",
            propagateAllParentVariables=_flag(one.all_parent),
            propagateAllChildVariables=_flag(one.all_child),
        )
    if one.kind == "script":
        return z("script", expression=feel(one.script[1]), resultVariable=one.script[0])
    if one.kind == "ad hoc":
        chosen = "=[" + ", ".join(f'"{each}"' for each in one.chosen) + "]"
        said = {"activeElementsCollection": chosen} if one.chosen else {}
        job = "" if one.chosen else z("taskDefinition", type="choose")
        return z("adHoc", **said, **_collects(one.gathers)) + job
    return ""


def feel(one: Expression) -> str:
    parts = [one.name] if one.name else []
    parts += [str(one.number)] if one.number or not one.name else []
    return "=" + " + ".join(parts)


def _mappings(pairs: list[tuple[str, Expression]]) -> dict[str, str]:
    return {name: feel(expression) for name, expression in pairs}


def _collects(one: Collects | None) -> dict[str, str]:
    return {"outputCollection": one.into, "outputElement": feel(one.element)} if one else {}


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _rounds(one: Element) -> str:
    if one.again is not None:
        said = {"testBefore": _flag(one.test_before)}
        if one.most:
            said["loopMaximum"] = str(one.most)
        return again(f"={one.again.name} < {one.again.limit}", **said)
    if one.rounds is None:
        return ""
    done = f"=numberOfCompletedInstances >= {one.enough}" if one.enough else ""
    items = f"={list(range(one.rounds))}"
    names = {"inputElement": "item", **_collects(one.collects)}
    return many(items, sequential=one.sequential, condition=done, **names)


def _definition(one: Element) -> str:
    kind = one.trigger or one.kind
    own = f"-{one.id}" if one.host else ""
    plain = {
        "timer": timer("duration", "PT1H"), "signal": event("signal", f"s{own}"),
        "broadcast": event("signal", "s"), "message": message(f"m{own}"), "publish": message("m"),
        "terminate": event("terminate"), "cancel": event("cancel"),
        "link throw": link(one.link), "link catch": link(one.link),
        "compensation": compensate(), "compensate": compensate(one.undoes),
        "compensation end": compensate(one.undoes),
    }  # fmt: skip
    if kind in plain:
        return plain[kind]
    if kind == "cycle":
        return timer("cycle", f"R{one.times or ''}/PT1H")
    if one.condition is not None:
        return condition(f"={one.condition.name} < {one.condition.limit}")
    if kind == "error":
        return event("error", f"error{one.code}" if one.code else "")
    if kind.startswith("escalat"):
        return event("escalation", f"escalation{one.code}" if one.code else "")
    return ""
