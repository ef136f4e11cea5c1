"""For each rule a small file that breaks it and one that does not. ``python -m
tests.unit.bpmn.rule_examples`` writes docs/lint.md from them and the catalogue."""

from __future__ import annotations

from pathlib import Path

from engine.bpmn.rules import catalogue
from tests.unit.bpmn.drawing import (
    ad_hoc,
    boundary,
    catch,
    compensate,
    condition,
    definitions,
    el,
    end,
    event,
    event_sub,
    ext,
    flow,
    flows,
    io,
    link,
    many,
    message,
    process,
    script,
    service,
    signal,
    start,
    throw,
    timer,
    undoing,
    user,
    z,
)

PAGE = Path(__file__).parents[3] / "docs" / "lint.md"
BEGIN, FINISH = "<!-- made by the tests: begin -->\n", "<!-- made by the tests: end -->\n"
WHO = z("assignmentDefinition", candidateGroups="网络部")
KNOWN = (
    el("error", "e", errorCode="NO")
    + el("escalation", "esc", escalationCode="UP")
    + el("signal", "sig", name="alarm")
    + el("message", "m", ext(z("subscription", correlationKey="=key")), name="note")
    + el("message", "keyless", name="plain")
    + el("error", "computed", errorCode="=code")
)
"""What every example may refer to."""

GATE = {"default": "g-b"}


def task(id_: str, *more: str, inside: str = "") -> str:
    return user(id_, WHO, *more, inside=inside)


def line(*content: str) -> str:
    """Element ``a`` between start and end; the rest beside it."""
    return start() + "".join(content) + end() + flows("start a end")


def fork(split: str, join: str, *more: str) -> str:
    """Two tasks between a gateway that forks and one that joins."""
    chosen = split != "parallelGateway"
    return (
        start() + el(split, "g", **(GATE if chosen else {})) + task("a") + task("b")
        + el(join, "j") + task("c") + end() + flows("start g", "a j c end", "b j")
        + flow("g", "a", "=x" if chosen else "") + flow("g", "b") + "".join(more)
    )  # fmt: skip


def choice(first: str, second: str, **attributes: str) -> str:
    return (
        start() + el("exclusiveGateway", "g", **attributes) + end() + end("e2")
        + flows("start g") + flow("g", "end", first) + flow("g", "e2", second)
    )  # fmt: skip


def caught(*events: str) -> str:
    """A task with boundary events that lead to the end."""
    ways = "".join(flow(one.split('id="')[1].split('"')[0], "end") for one in events)
    return line(task("a"), *events) + ways


def sub(*content: str, path: str = "s2 e2") -> str:
    return el("subProcess", "a", start("s2"), end("e2"), *content, flows(path))


def merged(join: str) -> str:
    """Two parallel tasks that meet at ``join``."""
    return (
        start() + el("parallelGateway", "g") + task("a") + task("b") + join + end()
        + flows("start g a j end", "g b j")
    )  # fmt: skip


def around_event(*targets: str, condition_: str = "") -> str:
    made = "".join(catch(one, signal("sig")) for one in targets)
    ways = "".join(flow("g", one, condition_) + flow(one, "end") for one in targets)
    return start() + el("eventBasedGateway", "g") + made + end() + flows("start g") + ways


def crossing(ways: int) -> str:
    """An inclusive gateway with so many conditions that may be true together."""
    made = "".join(flow("g", "j", f"=x{n}", f"g-j{n}") for n in range(ways))
    gates = el("inclusiveGateway", "g", default="g-j") + el("inclusiveGateway", "j")
    return start() + gates + task("a") + end() + flows("start g j a end") + made


LOOP = start() + task("a") + el("exclusiveGateway", "x", default="x-a") + end()
TRANSACTION = el("transaction", "a", start("s2"), end("e2", event("cancel")), flows("s2 e2"))
GOOD = line(task("a"))
TASK_WITH_GATEWAY = start() + el("exclusiveGateway", "g") + task("a") + end()

EXAMPLES: dict[str, tuple[str, str]] = {
    # rule: (what breaks it, what does not); contents of a process
    "id-required": (line(task("a"), task("1b")), GOOD),
    "start-event-required": (task("a") + end() + flows("a end"), GOOD),
    "single-blank-start-event": (line(task("a"), start("s2")) + flows("s2 a"), GOOD),
    "sub-process-blank-start-event": (
        line(el("subProcess", "a", task("b"), end("e2"), flows("b e2"))), line(sub()),
    ),
    "event-sub-process-typed-start-event": (
        line(task("a"), event_sub("s", signal("sig"), start("x", signal("sig")), end("e2"),
                                  flows("s-start e2", "x e2"))),
        line(task("a"), event_sub("s", signal("sig"), end("e2"), flows("s-start e2"))),
    ),
    "event-sub-process-flows": (
        line(task("a"), event_sub("s", signal("sig"), end("e2"), flows("s-start e2")))
        + flows("a s"),
        line(task("a"), event_sub("s", signal("sig"), end("e2"), flows("s-start e2"))),
    ),
    "end-event-required": (start() + task("a") + flows("start a"), GOOD),
    "no-implicit-end": (line(task("a"), boundary("b", "a", signal("sig"))),
                        caught(boundary("b", "a", signal("sig")))),
    "way-out-required": (start() + el("exclusiveGateway", "g") + flows("start g"), GOOD),
    "no-disconnected": (line(task("a"), task("b")), GOOD),
    "broken-flow": (line(task("a")) + flow("a", "gone"), GOOD),
    "start-event-incoming": (line(task("a")) + flows("a start"), GOOD),
    "end-event-outgoing": (line(task("a")) + flows("end a"), GOOD),
    "no-duplicate-sequence-flows": (line(task("a")) + flow("start", "a", id_="again"), GOOD),
    "no-implicit-split": (
        line(task("a"), end("e2")) + flows("a e2"),
        start() + task("a") + el("parallelGateway", "g") + end() + end("e2")
        + flows("start a g end", "g e2"),
    ),
    "gateway-default": (choice("=x > 5", "=x < 5"), choice("=x > 5", "=x <= 5")),
    "conditional-flows": (choice("=x > 5", ""), choice("=x > 5", "", default="g-e2")),
    "flow-condition": (fork("parallelGateway", "parallelGateway").replace(
        flow("g", "a"), flow("g", "a", "=x")), fork("inclusiveGateway", "inclusiveGateway")),
    "fake-join": (merged(task("j")), merged(el("parallelGateway", "j"))),
    "lack-of-synchronization": (
        fork("parallelGateway", "exclusiveGateway"), fork("parallelGateway", "parallelGateway"),
    ),
    "join-deadlock": (
        fork("exclusiveGateway", "parallelGateway"), fork("exclusiveGateway", "exclusiveGateway"),
    ),
    "endless-loop": (
        LOOP + flows("start a x a") + flow("x", "a", "=y", "f"),
        LOOP + flows("start a x a") + flow("x", "end", "=done"),
    ),
    "superfluous-gateway": (line(el("exclusiveGateway", "a")), GOOD),
    "no-gateway-join-fork": (
        fork("parallelGateway", "parallelGateway", end("e2"), flows("j e2")),
        fork("parallelGateway", "parallelGateway"),
    ),
    "superfluous-termination": (
        start() + end("end", event("terminate")) + flows("start end"), GOOD,
    ),
    "event-based-gateway": (around_event("a"), around_event("a", "b")),
    "unsupported": (line(el("complexGateway", "a")), GOOD),
    "boundary-host": (caught(boundary("b", "gone", signal("sig"))),
                      caught(boundary("b", "a", signal("sig")))),
    "boundary-incoming": (
        caught(boundary("b", "a", signal("sig"))) + flows("start b"),
        caught(boundary("b", "a", signal("sig"))),
    ),
    "interrupting-event": (
        caught(boundary("b", "a", event("error", "e"), interrupting=False)),
        caught(boundary("b", "a", event("error", "e"))),
    ),
    "duplicate-code": (
        caught(boundary("b", "a", event("error", "e")), boundary("c", "a", event("error", "e"))),
        caught(boundary("b", "a", event("error", "e")), boundary("c", "a", event("error"))),
    ),
    "link-event": (
        line(task("a")) + throw("t", link("x")) + flows("a t"),
        start() + throw("t", link("x")) + catch("c", link("x")) + end()
        + flows("start t", "c end"),
    ),
    "ad-hoc-sub-process": (
        line(ad_hoc("a", task("b"), start("s2"), activeElementsCollection='=["b"]')),
        line(ad_hoc("a", task("b"), activeElementsCollection='=["b"]')),
    ),
    "compensation-handler": (
        line(task("a"), boundary("b", "a", compensate())),
        line(task("a"), undoing("a", "undo", task("undo"))),
    ),
    "compensation-activity": (
        line(task("a"), throw("t", compensate("a"))) + flows("a t", "t end"),
        line(throw("a", compensate())),
    ),
    "compensation-place": (
        line(task("a"), event_sub("s", compensate(), end("e2"), flows("s-start e2"))),
        line(sub(event_sub("s", compensate(), end("e3"), flows("s-start e3")))),
    ),
    "cancel-place": (
        start() + end("end", event("cancel")) + flows("start end"),
        line(TRANSACTION, boundary("b", "a", event("cancel"))) + flows("b end"),
    ),
    "definition-required": (line(el("serviceTask", "a")), line(service("a", "mail.send"))),
    "undefined-reference": (
        line(throw("a", signal("gone"))), line(throw("a", signal("sig"))),
    ),
    "condition-feel": (
        choice("${x}", "", default="g-e2"), choice("=x", "", default="g-e2"),
    ),
    "feel": (line(script("a", "r", "=1 +")), line(script("a", "r", "=1 + 1"))),
    "constant-value": (
        line(catch("a", timer("duration", '=duration("4 hours")'))),
        line(catch("a", timer("duration", '=duration("PT4H")'))),
    ),
    "timer-text": (
        line(catch("a", timer("duration", "4 hours"))),
        line(catch("a", timer("duration", "PT4H"))),
    ),
    "timer-kind": (
        line(catch("a", timer("cycle", "R/PT1H"))), line(catch("a", timer("duration", "PT1H"))),
    ),
    "timer-past": (
        line(catch("a", timer("date", "2020-01-01"))),
        line(catch("a", timer("date", "=deadline"))),
    ),
    "clock-property": (
        line(task("a", z("properties", z("property", name="clock.strat", value="回复")))),
        line(task("a", z("properties", z("property", name="clock.start", value="回复")))),
    ),
    "case-property": (
        line(task("a", z("properties", z("property", name="case.link", value="dublicate"),
                         z("property", name="case.link.to", value="=original")))),
        line(task("a", z("properties", z("property", name="case.link", value="repeat"),
                         z("property", name="case.link.to", value="=original")))),
    ),
    "correlation-key": (line(catch("a", message("keyless"))), line(catch("a", message("m")))),
    "static-code": (
        caught(boundary("b", "a", event("error", "computed"))),
        caught(boundary("b", "a", event("error", "e"))),
    ),
    "variable-name": (line(script("a", "my var", "=1")), line(script("a", "mine", "=1"))),
    "multi-instance-output": (
        line(task("a", inside=many("=items", outputCollection="all"))),
        line(task("a", inside=many("=items", outputCollection="all", outputElement="=r"))),
    ),
    "version-tag": (
        line(task("a", z("formDefinition", formId="f", bindingType="versionTag"))),
        line(task("a", z("formDefinition", formId="f", bindingType="latest"))),
    ),
    "missing-reference": (
        line(task("a", z("formDefinition", formId="gone"))),
        line(task("a", z("formDefinition", formId="f"))),
    ),
    "unknown-group": (
        line(user("a", z("assignmentDefinition", candidateGroups="网路部"))), GOOD),
    "assignment": (line(user("a")), GOOD),
    "ad-hoc-choice": (
        line(el("adHocSubProcess", "a", task("u"))),
        line(ad_hoc("a", task("u"), activeElementsCollection='=["u"]')),
    ),
    "duplicate-event": (
        line(task("a"), boundary("b", "a", signal("sig")), boundary("c", "a", signal("sig")),
             flows("b end", "c end")),
        line(task("a"), boundary("b", "a", signal("sig")), boundary("c", "a", message("m")),
             flows("b end", "c end")),
    ),
    "called-process-start": (
        line(el("callActivity", "a", ext(z("calledElement", processId="by-mail")))),
        line(el("callActivity", "a", ext(z("calledElement", processId="plain")))),
    ),
    "too-large-to-play": (crossing(9), crossing(2)),
    "no-bpmndi": (GOOD, GOOD),
    "label-required": (GOOD, GOOD),
    "global": (GOOD, GOOD),
    "no-overlapping-elements": (GOOD, GOOD),
}  # fmt: skip

MORE_BAD: dict[str, tuple[str, ...]] = {
    "event-based-gateway": (around_event("a", "b", condition_="=x"),),
    "constant-value": (
        choice("=1 + 1", "", default="g-e2"),
        line(catch("a", timer("date", '="tomorrow"'))),
        line(task("a", inside=many('="abc"'))),
    ),
    "endless-loop": (
        LOOP.replace(' default="x-a"', "") + flows("start a x a"),
        start() + el("parallelGateway", "x") + task("a") + task("b") + end()
        + flows("start b x a b", "x end"),
    ),
    "fake-join": (
        start() + task("a") + task("b") + task("j") + end() + flows("start a j end", "start b j"),
    ),
    "definition-required": (line(catch("a", condition(""))),),
    "undefined-reference": (
        caught(boundary("b", "a", event("error", "gone"))),
        caught(boundary("b", "a", event("escalation", "gone"))),
        line(catch("a", message("gone"))),
    ),
    "clock-property": (
        line(task("a", z("properties", z("property", name="clock.due", value="due")))),
        line(task("a", z("properties", z("property", name="clock.reason", value="=why")))),
        line(task("a", z(
            "properties", z("property", name="clock.start", value="回复"),
            z("property", name="clock.due", value="=due"),
        ))),
        line(task("a", z(
            "properties", z("property", name="clock.start", value="监管"),
            z("property", name="clock.consent", value="yes"),
        ))),
        line(task("a", z("properties", z("property", name="clock.moves", value="due, =late")))),
    ),
    "case-property": (
        line(task("a", z("properties", z("property", name="customer.marks", value="D")))),
        line(task("a", z("properties", z("property", name="customer.mark.why", value="=why")))),
        line(task("a", z("properties", z("property", name="case.merge", value="=original"),
                         z("property", name="case.merge.undo", value="gone")))),
    ),
    "variable-name": (line(task("a", io({"x-y": "=1"}))),),
    "interrupting-event": (
        line(task("a"), event_sub("s", event("error", "e"), end("e2"), flows("s-start e2"),
                                  interrupting=False)),
    ),
}  # fmt: skip


def whole(content: str) -> bytes:
    return definitions(KNOWN, process(content))


def page() -> str:
    """The part of docs/lint.md that is made from the code."""
    parts = []
    for rules, title in (
        (catalogue.FILE, "The file"),
        (catalogue.FLOW, "Flows, starts and ends"),
        (catalogue.TOKENS, "Choices, forks and joins"),
        (catalogue.PLACE, "What belongs where"),
        (catalogue.SAYS, "What elements say"),
        (catalogue.SEEN, "What readers see"),
    ):
        rows = "".join(
            f"| `{one.name}` | {one.severity} | {one.means} | {one.instead} | {one.bpmnlint} |\n"
            for one in rules
        )
        head = "| rule | severity | means | draw instead | in bpmnlint |\n|---|---|---|---|---|\n"
        parts.append(f"### {title}\n\n{head}{rows}")
    return "\n".join([*parts, _examples()])


def _examples() -> str:
    shown = [
        f"`{rule}`\n\n```xml\n<!-- refused -->\n{bad.strip()}\n<!-- good -->\n{good.strip()}\n```\n"
        for rule, (bad, good) in EXAMPLES.items()
        if bad != good
    ]
    return "## Examples\n\nEach is the content of a process.\n\n" + "\n".join(shown)


def write() -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(FINISH)[1]
    PAGE.write_text(before + BEGIN + page() + FINISH + after, encoding="utf-8")


if __name__ == "__main__":
    write()
