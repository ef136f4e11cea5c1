"""Elements that cannot run at all, and elements in the wrong place."""

from __future__ import annotations

from tests.unit.bpmn.drawing import (
    ad_hoc,
    again,
    boundary,
    catch,
    compensate,
    condition,
    el,
    end,
    event,
    event_sub,
    ext,
    flow,
    flows,
    link,
    listener,
    many,
    message,
    service,
    signal,
    start,
    throw,
    timer,
    undoing,
    user,
    z,
)
from tests.unit.bpmn.faults import WHO

UNSUPPORTED = {
    "complexGateway": el("complexGateway", "a"),
    "two definitions": el("intermediateCatchEvent", "a", message("m"), timer("duration", "PT1H")),
    "none catch": el("intermediateCatchEvent", "a"),
    "timer throw": el("intermediateThrowEvent", "a", timer("duration", "PT1H")),
    "error catch": catch("a", event("error")),
    "conditional throw": throw("a", condition("=x")),
    "link end": end("a", link("x")),
    "error start of a process": start("a", event("error")),
    "escalation start of a process": start("a", event("escalation")),
    "compensation start of a process": start("a", compensate()),
    "timer start of a sub-process": el(
        "subProcess", "s", start("a", timer("duration", "PT1H")), end("e2"), flows("a e2")
    ),
    "plain start of an event sub-process": el(
        "subProcess", "s", start("a"), end("e2"), flows("a e2"), triggeredByEvent="true"
    ),
    "terminate start of an event sub-process": event_sub("s", event("terminate")).replace(
        "s-start", "a"
    ),
    "event sub-process many times": event_sub("a", signal("sig"), many("=[1]")),
    "assigning listener of execution": user("a", listener("execution", "assigning")),
    "start listener of a task": user("a", listener("task", "start")),
    "cancel listener": user("a", listener("execution", "cancel")),
    "listener before all": user("a", listener("execution", "beforeAll")),
    "creating listener of a service task": service("a", "t", listener("task", "creating")),
    "start listener of a start event": start("a", ext(listener("execution", "start"))),
    "gateway many times": el("exclusiveGateway", "a", many("=[1]")),
    "loop and multi-instance": user("a", inside=many("=[1]") + again("=x")),
    "choreographyTask": el("choreographyTask", "a"),
    "unknown tag": el("magicTask", "a"),
}

MISPLACED: dict[str, tuple[str, str]] = {
    # name: (content beside start and end, rule); the fault is at element "a"
    "signal without name": (catch("a", event("signal")), "definition-required"),
    "condition without text": (
        catch("a", "<bpmn:conditionalEventDefinition/>"), "definition-required",
    ),
    "condition that is no FEEL": (catch("a", condition("x > 1")), "feel"),
    "link without name": (throw("a", event("link")), "definition-required"),
    "link to nowhere": (throw("a", link("x")), "link-event"),
    "link from nowhere": (catch("a", link("x")), "link-event"),
    "link to two places": (
        throw("a", link("x")) + catch("c", link("x")) + catch("d", link("x")), "link-event",
    ),
    "link with a flow behind it": (
        throw("a", link("x")) + catch("c", link("x")) + flow("a", "end"), "link-event",
    ),
    "handler of nothing": (
        user("a").replace('id="a"', 'id="a" isForCompensation="true"'), "compensation-handler",
    ),
    "handler that is a gateway": (
        user("u") + undoing("u", "a", el("parallelGateway", "a")), "compensation-handler",
    ),
    "handler with a flow": (
        user("u") + undoing("u", "a") + flow("a", "end"), "compensation-handler",
    ),
    "handler with a boundary event": (
        user("u") + undoing("u", "a") + boundary("b", "a", timer("duration", "PT1H")),
        "compensation-handler",
    ),
    "compensation boundary without handler": (
        user("u") + boundary("a", "u", compensate()), "compensation-handler",
    ),
    "compensation boundary with a flow": (
        user("u") + undoing("u", "h").replace("u-undo", "a") + flow("a", "end"),
        "compensation-handler",
    ),
    "compensation of nothing": (throw("a", compensate("zz")), "compensation-activity"),
    "compensation of what cannot be undone": (
        user("u") + throw("a", compensate("u")), "compensation-activity",
    ),
    "compensation of another scope": (
        el("subProcess", "s", start("s2"), user("u"), undoing("u", "h"), end("e2"),
           flows("s2 u e2")) + throw("a", compensate("u")),
        "compensation-activity",
    ),
    "compensation start of the whole process": (
        event_sub("s", compensate()).replace("s-start", "a"), "compensation-place",
    ),
    "cancel end outside of a transaction": (end("a", event("cancel")), "cancel-place"),
    "cancel end of an uncaught transaction": (
        el("transaction", "t", start("s2"), end("a", event("cancel")), flows("s2 a")),
        "cancel-place",
    ),
    "cancel boundary of a task": (
        user("u") + boundary("a", "u", event("cancel")), "cancel-place",
    ),
    "event sub-process with a flow": (
        event_sub("a", signal("sig")) + flow("a", "end"), "event-sub-process-flows",
    ),
    "event sub-process with two starts": (
        event_sub("a", signal("sig"), start("x", signal("sig"))),
        "event-sub-process-typed-start-event",
    ),
    "ad-hoc with nothing inside": (
        ad_hoc("a", activeElementsCollection="=[]"), "ad-hoc-sub-process",
    ),
    "ad-hoc with an end event": (
        ad_hoc("h", user("u", WHO), end("a"), activeElementsCollection="=[]"),
        "ad-hoc-sub-process",
    ),
    "ad-hoc with job and condition": (
        ad_hoc("a", user("u", WHO), condition_="=x", rest=z("taskDefinition", type="agent")),
        "ad-hoc-sub-process",
    ),
    "loop without condition": (user("a", inside=again()), "definition-required"),
    "loop condition that is no FEEL": (user("a", inside=again("x < 3")), "feel"),
    "listener without type": (user("a", listener("task", "creating", "")), "definition-required"),
    "two error event sub-processes for one code": (
        event_sub("s1", event("error", "e")) +
        event_sub("s2", event("error", "e")).replace("s2-start", "a"),
        "duplicate-code",
    ),
    "boundary on an event sub-process": (
        event_sub("s", signal("sig")) + boundary("a", "s", timer("duration", "PT1H")),
        "boundary-host",
    ),
    "gateway before a link": (
        el("eventBasedGateway", "a") + catch("c", link("x")) + flow("a", "c"),
        "event-based-gateway",
    ),
    "gateway before a receive task with a boundary event": (
        el("eventBasedGateway", "a") + el("receiveTask", "r", messageRef="m")
        + boundary("b", "r", timer("duration", "PT1H")) + flow("a", "r"),
        "event-based-gateway",
    ),
}  # fmt: skip
