"""Files with one fault each, for the tests of lint."""

from __future__ import annotations

from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    ext,
    flow,
    flows,
    io,
    listener,
    many,
    message,
    message_definition,
    process,
    properties,
    script,
    start,
    timer,
    user,
    z,
)

WHO = z("assignmentDefinition", candidateGroups="网络部")


def around(*content: str, before: str = "") -> bytes:
    """A process in which element ``a`` stands between start and end."""
    return definitions(before, process(start(), *content, end(), flows("start a end")))


ERROR = el("error", "e", errorCode="NO")

ERRORS: dict[str, tuple[bytes, str, str]] = {
    # name: (file, rule, element)
    "service task without definition": (around(el("serviceTask", "a")), "definition-required", "a"),
    "send task without anything": (around(el("sendTask", "a")), "definition-required", "a"),
    "receive task without message": (around(el("receiveTask", "a")), "definition-required", "a"),
    "script without expression": (around(el("scriptTask", "a")), "definition-required", "a"),
    "rule without decision": (around(el("businessRuleTask", "a")), "definition-required", "a"),
    "call without process": (around(el("callActivity", "a")), "definition-required", "a"),
    "timer without time": (
        around(el("intermediateCatchEvent", "a", "<bpmn:timerEventDefinition/>")),
        "definition-required",
        "a",
    ),
    "message without name": (
        around(el("intermediateCatchEvent", "a", message("m")), before=el("message", "m")),
        "definition-required",
        "a",
    ),
    "message without key": (
        around(el("receiveTask", "a", messageRef="m"), before=el("message", "m", name="x")),
        "correlation-key",
        "a",
    ),
    "thrown message without key": (
        around(
            el("intermediateThrowEvent", "a", message("m")), before=el("message", "m", name="x")
        ),
        "correlation-key",
        "a",
    ),
    "error end without code": (
        definitions(process(start(), end("a", event("error")), flows("start a"))),
        "definition-required",
        "a",
    ),
    "boundary error whose error has no code": (
        definitions(
            el("error", "x"),
            process(
                start(), user("u", WHO), boundary("a", "u", event("error", "x")), end(),
                flows("start u end", "a end"),
            ),
        ),
        "definition-required",
        "a",
    ),
    "two boundaries for one code": (
        definitions(
            ERROR,
            process(
                start(), user("u", WHO), boundary("b", "u", event("error", "e")),
                boundary("a", "u", event("error", "e")), end(),
                flows("start u end", "a end", "b end"),
            ),
        ),
        "duplicate-code",
        "a",
    ),
    "boundary on nothing": (
        definitions(
            process(
                start(), user("u", WHO), boundary("a", "zz", timer("duration", "PT1H")), end(),
                flows("start u end", "a end"),
            )
        ),
        "boundary-host",
        "a",
    ),
    "multi-instance without collection": (
        around(user("a", WHO, inside=many(""))),
        "definition-required",
        "a",
    ),
    "multi-instance by cardinality": (
        around(
            user("a", WHO, inside=many("=x")).replace(
                "</bpmn:multiInstanceLoopCharacteristics>",
                "<bpmn:loopCardinality>3</bpmn:loopCardinality>"
                "</bpmn:multiInstanceLoopCharacteristics>",
            )
        ),
        "unsupported",
        "a",
    ),
    "half an output": (
        around(user("a", WHO, inside=many("=x", outputCollection="all"))),
        "multi-instance-output",
        "a",
    ),
    "standard loop": (
        around(user("a", WHO, inside="<bpmn:standardLoopCharacteristics/>")),
        "definition-required",
        "a",
    ),
    "form by key": (
        around(user("a", WHO, z("formDefinition", formKey="embedded:x.html"))),
        "unsupported",
        "a",
    ),
    "listener": (
        around(user("a", WHO, z("taskListeners", z("taskListener", type="x")))),
        "unsupported",
        "a",
    ),
    "condition is no FEEL": (
        definitions(
            process(start(), user("a", WHO), end(), flows("start a"),
                    flow("a", "end", "${x > 1}", "f"))
        ),
        "condition-feel",
        "f",
    ),
    "wrong FEEL in a condition": (
        definitions(
            process(start(), user("a", WHO), end(), flows("start a"),
                    flow("a", "end", "=x >", "f"))
        ),
        "feel",
        "f",
    ),
    "wrong FEEL in an input": (around(user("a", WHO, io({"x": "=1 +"}))), "feel", "a"),
    "wrong FEEL in an output": (around(user("a", WHO, io(outputs={"x": "=("}))), "feel", "a"),
    "wrong FEEL in a script": (around(script("a", "x", "=if x")), "feel", "a"),
    "script without equals sign": (around(script("a", "x", "1 + 1")), "feel", "a"),
    "wrong FEEL in the assignee": (
        around(user("a", z("assignmentDefinition", assignee="=f("))),
        "feel",
        "a",
    ),
    "unknown function": (around(script("a", "x", "=workingDu(1)")), "feel", "a"),
    "wrong collection": (around(user("a", WHO, inside=many("items"))), "feel", "a"),
    "wrong due date": (
        around(user("a", WHO, z("taskSchedule", dueDate="morgen"))),
        "timer-text",
        "a",
    ),
    "wrong priority": (
        around(user("a", WHO, z("priorityDefinition", priority="high"))),
        "timer-text",
        "a",
    ),
    "wrong duration": (
        around(el("intermediateCatchEvent", "a", timer("duration", "4 hours"))),
        "timer-text",
        "a",
    ),
    "wrong date": (
        around(el("intermediateCatchEvent", "a", timer("date", "2026-02-30T00:00:00Z"))),
        "timer-text",
        "a",
    ),
    "cycle where nothing repeats": (
        around(el("intermediateCatchEvent", "a", timer("cycle", "R/PT1H"))),
        "timer-kind",
        "a",
    ),
    "condition of a timer that does not repeat": (
        around(
            el(
                "intermediateCatchEvent",
                "a",
                ext(properties(timer_condition="=is working day(due)")),
                timer("duration", "PT1H"),
            )
        ),
        "timer-kind",
        "a",
    ),
    "wrong condition of a timer": (
        definitions(
            process(
                start("a", ext(properties(timer_condition="=due >")), timer("cycle", "@daily")),
                end(),
                flows("a end"),
            )
        ),
        "feel",
        "a",
    ),
    "cron without seconds": (
        definitions(process(start("a", timer("cycle", "0 9 * * *")), end(), flows("a end"))),
        "timer-text",
        "a",
    ),
    "start after a duration": (
        definitions(process(start("a", timer("duration", "PT1H")), end(), flows("a end"))),
        "timer-kind",
        "a",
    ),
    "bad variable name": (around(script("a", "my var", "=1")), "variable-name", "a"),
    "bad mapping target": (around(user("a", WHO, io({"x-y": "=1"}))), "variable-name", "a"),
    "version tag without tag": (
        around(user("a", WHO, z("formDefinition", formId="f", bindingType="versionTag"))),
        "version-tag",
        "a",
    ),
    "no start": (definitions(process(user("u", WHO), end(), flows("u end"))),
                 "start-event-required", "p"),
    "two plain starts": (
        definitions(process(start(), start("a"), end(), flows("start end", "a end"))),
        "single-blank-start-event",
        "a",
    ),
    "unreachable": (
        definitions(process(start(), end(), user("a", WHO), end("e2"), flows("start end", "a e2"))),
        "no-disconnected",
        "a",
    ),
    "gateway without a way out": (
        definitions(process(start(), el("exclusiveGateway", "a"), flows("start a"))),
        "way-out-required",
        "a",
    ),
    "start without a way out": (definitions(process(start("a"), end())), "way-out-required", "a"),
    "flow into a start": (
        definitions(process(start("a"), user("u", WHO), end(), flows("a u end", "u a"))),
        "start-event-incoming",
        "a",
    ),
    "flow out of an end": (
        definitions(process(start(), end("a"), end("e"), flows("start a e"))),
        "end-event-outgoing",
        "a",
    ),
    "missing condition": (
        definitions(
            process(
                start(), el("exclusiveGateway", "g"), end(), end("e2"), flows("start g"),
                flow("g", "end", "", "f"), flow("g", "e2", "=x"),
            )
        ),
        "conditional-flows",
        "f",
    ),
    "default that leaves elsewhere": (
        definitions(
            process(
                start(), el("exclusiveGateway", "a", default="start-a"), end(), end("e2"),
                flows("start a"), flow("a", "end", "=x"), flow("a", "e2", "=y"),
            )
        ),
        "gateway-default",
        "a",
    ),
    "broken flow": (
        definitions(process(start(), end(), flows("start end"), flow("start", "gone", "", "f"))),
        "broken-flow",
        "f",
    ),
    "flow across a sub-process": (
        definitions(
            process(
                start(), el("subProcess", "s", start("s2"), user("u", WHO), end("e2"),
                            flows("s2 u e2")),
                end(), flows("start s end"), flow("u", "end", "", "f"),
            )
        ),
        "broken-flow",
        "f",
    ),
    "sub-process without start": (
        definitions(process(start(), el("subProcess", "a", user("u", WHO)), end(),
                            flows("start a end"))),
        "sub-process-blank-start-event",
        "a",
    ),
    "sub-process with a timer start": (
        definitions(
            process(
                start(), el("subProcess", "s", start("a", timer("date", "2026-01-01")), end("e2"),
                            flows("a e2")),
                end(), flows("start s end"),
            )
        ),
        "unsupported",
        "a",
    ),
    "event gateway before a task": (
        definitions(
            process(start(), el("eventBasedGateway", "a"), user("u", WHO), end(),
                    flows("start a u end"))
        ),
        "event-based-gateway",
        "a",
    ),
    "gateway with several instances": (
        definitions(process(start(), el("exclusiveGateway", "a", many("=x")), end(),
                            flows("start a end"))),
        "unsupported",
        "a",
    ),
    "flow into a boundary event": (
        definitions(
            process(
                start(), user("u", WHO), boundary("a", "u", timer("duration", "PT1H")), end(),
                flows("start u end", "a end", "u a"),
            )
        ),
        "boundary-incoming",
        "a",
    ),
    "event gateway without events": (
        definitions(process(start(), el("eventBasedGateway", "a"), flows("start a"))),
        "event-based-gateway",
        "a",
    ),
    "listener of the process": (
        definitions(
            process(ext(listener("execution", "cancel")), start(), end(), flows("start end"))
        ),
        "unsupported",
        "p",
    ),
    "unusable process id": (
        definitions(process(start(), end(), flows("start end"), id_="1 x")), "process-id", "1 x",
    ),
    "unusable id": (
        definitions(process(start(), user("a#each", WHO), end(), flows("start end"))),
        "id-required",
        "a#each",
    ),
    "no id": (
        definitions(
            process(start(), user("ID", WHO), end(), flows("start end")).replace('id="ID"', "")
        ),
        "id-required",
        "userTask:4",
    ),
    "condition on a default flow": (
        definitions(
            process(
                start(), el("exclusiveGateway", "g", default="f"), end(), end("e2"),
                flows("start g"), flow("g", "end", "x", "f"), flow("g", "e2", "=x"),
            )
        ),
        "condition-feel",
        "f",
    ),
    "no process can run": (
        definitions(el("process", "p", start(), isExecutable="false")),
        "executable-process",
        "",
    ),
    "Camunda 7": (
        around(user("a", WHO)).replace(
            b'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"',
            b'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="urn:x"',
        ),
        "camunda-7",
        "",
    ),
    "for compensation": (around(user("a", WHO).replace("id=", 'isForCompensation="true" id=')),
                         "compensation-handler", "a"),
    "receive task that starts": (
        around(el("receiveTask", "a", messageRef="m", instantiate="true"),
               before=message_definition("m", "x")),
        "unsupported",
        "a",
    ),
    "caught code computed": (
        definitions(
            el("error", "x", errorCode="=code"),
            process(
                start(), user("u", WHO), boundary("a", "u", event("error", "x")), end(),
                flows("start u end", "a end"),
            ),
        ),
        "static-code",
        "a",
    ),
    "an id twice": (
        definitions(process(start(), user("a", WHO), user("a", WHO), end(), flows("start a end"))),
        "duplicate-id",
        "a",
    ),
}  # fmt: skip
