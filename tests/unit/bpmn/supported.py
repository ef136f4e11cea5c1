"""The table of docs/bpmn.md: every supported element as a small process that is run, every
refused one as a diagram that lint refuses. ``python -m tests.unit.bpmn.supported`` writes it."""

from __future__ import annotations

from pathlib import Path

from tests.unit.bpmn.drawing import (
    boundary,
    el,
    end,
    event,
    ext,
    flow,
    flows,
    io,
    many,
    message,
    properties,
    script,
    service,
    start,
    timer,
    user,
    z,
)

from tests.unit.bpmn.supported_events import REFUSED as REFUSED_PARTS
from tests.unit.bpmn.supported_events import ROWS, Row, file, host, line

PAGE = Path(__file__).parents[3] / "docs" / "bpmn.md"
BEGIN, FINISH = "<!-- made by the tests: begin -->\n", "<!-- made by the tests: end -->\n"


def sub(*content: str, path: str) -> str:
    return el("subProcess", "a", start("s2"), *content, flows(path))


def thrown(kind: str, reference: str) -> bytes:
    """A sub-process whose end event throws, caught at its edge."""
    return file(
        start(),
        sub(end("x", event(kind, reference)), path="s2 x"),
        boundary("b", "a", event(kind, reference)),
        end(),
        end("e2"),
        flows("start a end", "b e2"),
    )


def gateway(tag: str) -> bytes:
    return file(
        start(), el(tag, "g"), user("a"), user("b"), el(tag, "j"), end(), flows("start g"),
        flow("g", "a", "" if tag == "parallelGateway" else "=true"),
        flow("g", "b", "" if tag == "parallelGateway" else "=true"), flows("a j end", "b j"),
    )  # fmt: skip


CALL = el("callActivity", "a", ext(z("calledElement", processId="child")))
RULE = el("businessRuleTask", "a", ext(z("calledDecision", decisionId="d", resultVariable="r")))
KEY = ext(z("properties", z("property", name="message.correlationKey", value='="k"')))
EACH = many("=[1, 2]", inputElement="one", outputCollection="all", outputElement="=one")
IN_TURN = many("=[1, 2]", sequential=True, inputElement="one")

BASIC: tuple[Row, ...] = (
    Row("Tasks", "user task", "assignee, candidates, due and follow-up date, priority, form "
        "(`zeebe:`), each static or FEEL", line(user("a")), ("complete a",)),
    Row("Tasks", "service task", "a job of its type", line(service("a")), ("complete a",)),
    Row("Tasks", "send task", "a job, or publishes its message",
        line(el("sendTask", "a", ext(z("taskDefinition", type="t")))), ("complete a",)),
    Row("Tasks", "send task with a message", "key: `message.correlationKey`, else the message's; "
        "`message.timeToLive`, else PT1H; variables: its inputs",
        line(el("sendTask", "a", messageRef="m"))),
    Row("Tasks", "receive task", "waits for its message",
        line(el("receiveTask", "a", messageRef="m")), ("receive a",)),
    Row("Tasks", "script task", "FEEL, or a job", line(script("a", "x", "=1 + 1"))),
    Row("Tasks", "business rule task", "a DMN decision, or a job", line(RULE)),
    Row("Tasks", "manual task", "passes through", line(el("manualTask", "a"))),
    Row("Tasks", "undefined task", "passes through", line(el("task", "a"))),
    Row("Sub-processes", "embedded sub-process", "a scope of its own",
        line(sub(user("x"), end("e2"), path="s2 x e2")), ("complete x",)),
    Row("Sub-processes", "call activity", "a child instance; id static or FEEL; binding latest, "
        "deployment, versionTag", line(CALL), ("complete a",)),
    Row("Sub-processes", "multi-instance, parallel", "input and output collection, completion "
        "condition; any task, sub-process or call activity",
        line(user("a", inside=EACH)), ("complete a", "complete a")),
    Row("Sub-processes", "multi-instance, sequential", "the same, one after the other",
        line(user("a", inside=IN_TURN)), ("complete a", "complete a")),
    Row("Gateways", "exclusive", "the first true flow in the order of the file, else the default",
        file(start(), el("exclusiveGateway", "g", default="g-end"), end(), end("e2"),
             flows("start g end"), flow("g", "e2", "=x = 1"))),
    Row("Gateways", "parallel", "joins count tokens by flow, right in loops, too",
        gateway("parallelGateway"), ("complete b", "complete a")),
    Row("Gateways", "inclusive", "joins wait while a token can still arrive",
        gateway("inclusiveGateway"), ("complete b", "complete a")),
    Row("Gateways", "event-based", "before message and timer catch events",
        file(start(), el("eventBasedGateway", "g"),
             el("intermediateCatchEvent", "c", message("m")),
             el("intermediateCatchEvent", "t", timer("duration", "PT1H")), end(), end("e2"),
             flows("start g c end", "g t e2")), ("fire t",)),
    Row("Gateways", "conditions on flows out of tasks", "honoured, with default flow",
        file(start(), user("a"), end(), end("e2"), flows("start a"),
             flow("a", "end", "=1 > 2"), flow("a", "e2", "=2 > 1")), ("complete a",)),
    Row("Events", "none start, end, intermediate throw", "",
        line(el("intermediateThrowEvent", "a"))),
    Row("Events", "message start", "output mapping of the payload",
        file(start("go", message("m")), end(), flows("go end")), start="go"),
    Row("Events", "timer start", "date or cycle",
        file(start("go", timer("cycle", "R/P1D")), end(), flows("go end")), start="go"),
    Row("Events", "timer cycle by cron", "Spring's six fields and macros; times chosen by the "
        "property `timer.condition`",
        file(start("go", ext(properties(timer_condition="=due.hour < 12")),
                   timer("cycle", "0 0 9,17 * * MON-FRI")), user("a"),
             boundary("b", "a", ext(properties(timer_condition="=due.hour < 12"))
                      + timer("cycle", "0 0 9,17 * * *"), interrupting=False),
             end(), end("e2"), flows("go a end", "b e2")), ("fire b", "fire b", "complete a"),
        start="go"),
    Row("Events", "message catch", "", line(el("intermediateCatchEvent", "a", message("m"))),
        ("receive a",)),
    Row("Events", "timer catch", "date or duration",
        line(el("intermediateCatchEvent", "a", timer("duration", "PT1H"))), ("fire a",)),
    Row("Events", "message throw", "a job, or publishes",
        line(el("intermediateThrowEvent", "a", KEY, message("m")))),
    Row("Events", "message end", "a job, or publishes",
        file(start(), end("a", KEY, message("m")), flows("start a"))),
    Row("Events", "timer boundary, interrupting", "date or duration",
        host(boundary("b", "a", timer("duration", "PT1H"))), ("fire b",)),
    Row("Events", "timer boundary, non-interrupting", "date, duration or cycle; cycles re-arm",
        host(boundary("b", "a", timer("cycle", "R2/PT1H"), interrupting=False)),
        ("fire b", "fire b", "complete a")),
    Row("Events", "message boundary, interrupting", "", host(boundary("b", "a", message("m"))),
        ("receive b",)),
    Row("Events", "message boundary, non-interrupting", "fires for every message",
        host(boundary("b", "a", message("m"), interrupting=False)),
        ("receive b", "receive b", "complete a")),
    Row("Events", "error end and boundary", "code static, FEEL when thrown; a boundary without "
        "error catches all", thrown("error", "e")),
    Row("Events", "error of a job", "at the task or around it",
        file(start(), service("a"), boundary("b", "a", event("error", "e")), end(), end("e2"),
             flows("start a end", "b e2")), ("throw a NO",)),
    Row("Events", "escalation end and boundary", "interrupting or not",
        thrown("escalation", "s")),
    Row("Events", "escalation throw", "the token goes on",
        line(el("intermediateThrowEvent", "a", event("escalation", "s")))),
    Row("Events", "terminate end", "ends its process or sub-process",
        file(start(), el("parallelGateway", "g"), user("a"), end("x", event("terminate")),
             flows("start g a", "g x"))),
    Row("Data", "input and output mappings", "Zeebe's scope rules, paths (`customer.name`)",
        line(user("a", io({"x": "=1"}, {"y.z": "=x"}))), ("complete a",)),
)  # fmt: skip


def alone(content: str) -> bytes:
    return file(start(), end(), flows("start end"), content)


REFUSED: tuple[Row, ...] = tuple(
    Row("", name, "", alone(content), element="a") for name, content in REFUSED_PARTS
)
GROUPS = ("Tasks", "Sub-processes", "Event sub-processes", "Gateways", "Events", "Data")
SUPPORTED: tuple[Row, ...] = tuple(
    row for group in GROUPS for row in (*BASIC, *ROWS) if row.group == group
)


def table(remedies: dict[str, str]) -> str:
    """The generated part of the page; ``remedies`` by the name of a refused row."""
    made = "### What runs\n\n| | element | how |\n|---|---|---|\n"
    for row in SUPPORTED:
        made += f"| {row.group} | {row.name} | {row.note} |\n"
    made += "\n### What is refused when it is deployed\n\n| element | draw instead |\n|---|---|\n"
    for row in REFUSED:
        made += f"| {row.name} | {remedies[row.name]} |\n"
    return made


def main() -> None:
    """Write the table into the page."""
    from tests.unit.bpmn.test_supported import remedies

    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    tail = rest.split(FINISH)[1]
    PAGE.write_text(head + BEGIN + table(remedies()) + FINISH + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
