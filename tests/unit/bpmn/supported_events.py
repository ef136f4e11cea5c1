"""More rows of the table of docs/bpmn.md: event sub-processes, signals, conditions, links,
compensation, transactions, ad-hoc sub-processes, loops, listeners."""

from __future__ import annotations

from dataclasses import dataclass

from tests.unit.bpmn.drawing import (
    ad_hoc,
    again,
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
    flows,
    link,
    listener,
    message,
    message_definition,
    process,
    service,
    signal,
    start,
    throw,
    timer,
    times,
    undoing,
    user,
    z,
)

COMMON = (
    message_definition("m", "note", '="k"')
    + el("error", "e", name="refused", errorCode="NO")
    + el("escalation", "s", name="late", escalationCode="LATE")
    + el("signal", "sig", name="alarm")
)


@dataclass(frozen=True, slots=True)
class Row:
    """``actions`` ("complete a", "fire t", "receive m", "throw a NO", "set x", "activate a x")
    bring it to its end; a refused row has none and is refused at ``element``."""

    group: str
    name: str
    note: str
    content: bytes
    actions: tuple[str, ...] = ()
    start: str | None = None
    element: str = ""


def file(*content: str) -> bytes:
    return definitions(COMMON, process(*content))


def line(*content: str, path: str = "start a end") -> bytes:
    return file(start(), *content, end(), flows(path))


def host(event_: str) -> bytes:
    """A user task ``a`` with a boundary event ``b``."""
    return file(start(), user("a"), event_, end(), end("e2"), flows("start a end", "b e2"))


def scoped(definition: str, *, interrupting: bool, thrower: str = "") -> bytes:
    """A user task ``a`` (and what throws) beside an event sub-process ``x`` with a task ``u``."""
    inside = event_sub(
        "x", definition, user("u"), end("xe"), flows("x-start u xe"), interrupting=interrupting
    )
    if not thrower:
        return file(start(), user("a"), end(), flows("start a end"), inside)
    return file(
        start(), el("parallelGateway", "g"), user("a"), thrower, end(), inside,
        flows("start g a end", "g t"),
    )  # fmt: skip


GATE = el("eventBasedGateway", "g")
ERROR_END = end("t", event("error", "e"))
LATE_END = end("t", event("escalation", "s"))
UNDO = user("a") + undoing("a", "h")
INNER = el(
    "subProcess", "sub", start("s2"), UNDO, end("e2"), flows("s2 a e2"),
)  # fmt: skip
CANCELLED = el(
    "transaction", "tx", start("s2"), UNDO, end("x", event("cancel")), flows("s2 a x")
) + boundary("b", "tx", event("cancel"))
OWN_UNDO = el(
    "subProcess", "sub", start("s2"), user("a"), end("e2"), flows("s2 a e2"),
    event_sub("x", compensate(), user("u"), end("xe"), flows("x-start u xe")),
)  # fmt: skip



def both(first: str, last: str) -> str:
    """A start and an end listener."""
    return z("executionListeners", z("executionListener", eventType="start", type=first),
             z("executionListener", eventType="end", type=last))  # fmt: skip


ROWS: tuple[Row, ...] = (
    Row("Tasks", "receive task behind an event-based gateway", "without boundary events",
        file(start(), GATE, el("receiveTask", "r", messageRef="m"),
             catch("t", timer("duration", "PT1H")), end(), end("e2"),
             flows("start g r end", "g t e2")), ("receive r",)),
    Row("Tasks", "execution listeners", "`start` and `end`, on every element but start and "
        "boundary events (`end` there) and compensation boundary events (none)",
        line(user("a", z("executionListeners",
                         z("executionListener", eventType="start", type="one"),
                         z("executionListener", eventType="end", type="two")))),
        ("complete a", "complete a", "complete a")),
    Row("Tasks", "listeners of the process", "`start` and `end`; element id is the process's",
        file(ext(both("one", "two")), start(), user("a"), end(), flows("start a end")),
        ("listener p", "complete a", "listener p")),
    Row("Tasks", "listeners of an event sub-process", "`start` and `end`",
        file(start(), user("b"), end(),
             event_sub("a", message("m"), ext(both("one", "two")), user("u"), end("xe"),
                       flows("a-start u xe")), flows("start b end")),
        ("receive a-start", "listener a", "complete u", "listener a")),
    Row("Tasks", "task listener: `creating`", "corrects the task before anybody sees it",
        line(user("a", listener("task", "creating"))), ("listener a", "complete a")),
    Row("Tasks", "task listener: `assigning`", "assigned by the process or a person; may deny",
        line(user("a", z("assignmentDefinition", assignee="li"), listener("task", "assigning"))),
        ("deny a", "assign a wang", "listener a", "complete a")),
    Row("Tasks", "task listener: `updating`", "attributes, and variables set at it; may deny",
        line(user("a", listener("task", "updating"))),
        ("update a", "deny a", "update a", "listener a", "complete a")),
    Row("Tasks", "task listener: `completing`", "may deny",
        line(user("a", listener("task", "completing"))),
        ("complete a", "deny a", "complete a", "listener a")),
    Row("Tasks", "task listener: `canceling`", "what interrupts the task goes on after it",
        file(start(), user("a", listener("task", "canceling")),
             boundary("b", "a", message("m")), user("u"), end(), end("e2"),
             flows("start a end", "b u e2")), ("receive b", "listener a", "complete u")),
    Row("Sub-processes", "multi-instance by cardinality", "a number, or FEEL",
        line(user("a", inside=times("=1 + 1"))), ("complete a", "complete a")),
    Row("Sub-processes", "standard loop", "`loopCondition` (FEEL; sees `loopCounter`), "
        "`loopMaximum`, `testBefore`",
        line(user("a", inside=again("=loopCounter < 3", loopMaximum="2"))),
        ("complete a", "complete a")),
    Row("Sub-processes", "ad-hoc sub-process", "active elements, completion condition, cancel "
        "remaining instances, output collection",
        line(ad_hoc("a", user("x"), user("y"), user("z"), flows("y z"),
                    activeElementsCollection='=["x", "y"]')),
        ("complete x", "complete y", "complete z")),
    Row("Sub-processes", "ad-hoc sub-process of a worker", "its job chooses, again after each "
        "inner instance",
        line(ad_hoc("a", user("x"), rest=z("taskDefinition", type="agent"))),
        ("activate a x", "complete x", "complete a")),
    Row("Sub-processes", "ad-hoc sub-process, sequential", "`ordering=\"Sequential\"`: one "
        "inner instance at a time, in the order chosen; none once the condition is true",
        line(ad_hoc("a", user("x"), user("y"), activeElementsCollection='=["y", "x"]').replace(
            'id="a"', 'id="a" ordering="Sequential"')),
        ("complete y", "complete x")),
    Row("Sub-processes", "ad-hoc sub-process with event sub-processes", "they belong to the whole; "
        "the end of one counts like that of an inner instance, that of an interrupting one ends "
        "the whole",
        file(start(), ad_hoc("a", user("x"), user("y"), event_sub(
            "n", message("m"), user("u"), end("n-end"), flows("n-start u n-end")),
            activeElementsCollection='=["x"]'), end(), flows("start a end")),
        ("receive n-start", "complete u")),
    Row("Sub-processes", "transaction", "a sub-process that can be cancelled",
        line(el("transaction", "a", start("s2"), user("x"), end("e2"), flows("s2 x e2"))),
        ("complete x",)),
    *(
        Row("Event sub-processes", f"{kind}, {how}", note, content, actions)
        for kind, how, note, content, actions in (
            ("timer", "interrupting", "date or duration",
             scoped(timer("duration", "PT1H"), interrupting=True), ("fire x-start", "complete u")),
            ("timer", "non-interrupting", "date, duration or cycle",
             scoped(timer("cycle", "R2/PT1H"), interrupting=False),
             ("fire x-start", "fire x-start", "complete a", "complete u", "complete u")),
            ("message", "interrupting", "",
             scoped(message("m"), interrupting=True), ("receive x-start", "complete u")),
            ("message", "non-interrupting", "for every message",
             scoped(message("m"), interrupting=False),
             ("receive x-start", "receive x-start", "complete u", "complete a", "complete u")),
            ("signal", "interrupting", "",
             scoped(signal("sig"), interrupting=True), ("receive x-start", "complete u")),
            ("signal", "non-interrupting", "for every signal",
             scoped(signal("sig"), interrupting=False),
             ("receive x-start", "complete a", "complete u")),
            ("conditional", "interrupting", "",
             scoped(condition("=x"), interrupting=True), ("set x", "complete u")),
            ("conditional", "non-interrupting", "each time it becomes true",
             scoped(condition("=x"), interrupting=False), ("set x", "complete a", "complete u")),
            ("error", "interrupting", "an error always interrupts",
             scoped(event("error", "e"), interrupting=True, thrower=ERROR_END), ("complete u",)),
            ("escalation", "interrupting", "",
             scoped(event("escalation", "s"), interrupting=True, thrower=LATE_END),
             ("complete u",)),
            ("escalation", "non-interrupting", "",
             scoped(event("escalation", "s"), interrupting=False, thrower=LATE_END),
             ("complete u", "complete a")),
        )
    ),
    Row("Event sub-processes", "compensation", "undoes its sub-process with the variables that "
        "it had", line(OWN_UNDO, throw("t", compensate()), path="start sub t end"),
        ("complete a", "complete u")),
    Row("Gateways", "event-based, with signals and conditions", "",
        file(start(), GATE, catch("c", signal("sig")), catch("d", condition("=x")), end(),
             end("e2"), flows("start g c end", "g d e2")), ("set x",)),
    Row("Events", "signal start", "output mapping of the payload",
        file(start("go", signal("sig")), end(), flows("go end")), start="go"),
    Row("Events", "signal catch", "", line(catch("a", signal("sig"))), ("receive a",)),
    Row("Events", "signal boundary, interrupting", "", host(boundary("b", "a", signal("sig"))),
        ("receive b",)),
    Row("Events", "signal boundary, non-interrupting", "for every signal",
        host(boundary("b", "a", signal("sig"), interrupting=False)),
        ("receive b", "receive b", "complete a")),
    Row("Events", "signal throw", "to all who wait now, in every instance; variables: its inputs",
        line(throw("a", signal("sig")))),
    Row("Events", "signal end", "the same",
        file(start(), end("a", signal("sig")), flows("start a"))),
    Row("Events", "conditional start", "by the command that evaluates conditions",
        file(start("go", condition("=x")), end(), flows("go end")), start="go"),
    Row("Events", "conditional catch", "goes on at once if it is true",
        line(catch("a", condition("=x"))), ("set x",)),
    Row("Events", "conditional boundary, interrupting", "",
        host(boundary("b", "a", condition("=x"))), ("set x",)),
    Row("Events", "conditional boundary, non-interrupting", "each time it becomes true",
        host(boundary("b", "a", condition("=x"), interrupting=False)), ("set x", "complete a")),
    Row("Events", "conditional filter", "`variableNames`, `variableEvents`",
        line(catch("a", condition("=x", z("conditionalFilter", variableNames="x")))),
        ("set x",)),
    Row("Events", "link throw and catch", "within one scope; one catch, any number of throws",
        file(start(), throw("t", link("on")), catch("c", link("on")), user("a"), end(),
             flows("start t", "c a end")), ("complete a",)),
    Row("Events", "compensation throw", "all of its scope in reverse order of completion, or one "
        "activity", line(UNDO, throw("t", compensate("a")), path="start a t end"),
        ("complete a", "complete h")),
    Row("Events", "compensation without waiting", "`waitForCompletion=\"false\"`: goes on at "
        "once; its scope ends when the handlers have",
        line(UNDO, throw("t", compensate().replace("/>", ' waitForCompletion="false"/>')),
             user("z"), path="start a t z end"),
        ("complete a", "complete z", "complete h")),
    Row("Events", "compensation end", "the same",
        file(start(), UNDO, end("t", compensate()), flows("start a t")),
        ("complete a", "complete h")),
    Row("Events", "compensation boundary", "its handler: any task, sub-process or call activity; "
        "also of what completed inside a sub-process",
        line(INNER, throw("t", compensate("sub")), path="start sub t end"),
        ("complete a", "complete h")),
    Row("Events", "cancel end and boundary", "undoes the transaction, then leaves it",
        file(start(), CANCELLED, end(), end("e3"), flows("start tx end", "b e3")),
        ("complete a", "complete h")),
    Row("Events", "error of an ad-hoc or event sub-process", "goes outwards like any other",
        file(start(), el("subProcess", "sub", start("s2"), user("a"), end("e2"), flows("s2 a e2"),
                         event_sub("x", message("m"), ERROR_END, flows("x-start t"))),
             boundary("b", "sub", event("error", "e")), end(), end("e3"),
             flows("start sub end", "b e3")), ("receive x-start",)),
    Row("Data", "job results", "errors of a listener's job are caught at its element",
        file(start(), service("a", "t", listener("execution", "start")),
             boundary("b", "a", event("error", "e")), end(), end("e2"),
             flows("start a end", "b e2")), ("throw a NO",)),
)  # fmt: skip

REFUSED: tuple[tuple[str, str], ...] = (
    ("complex gateway", el("complexGateway", "a")),
    ("several definitions in one event",
     catch("a", message("m"), timer("duration", "PT1H"))),
    ("error or escalation start of a process", start("a", event("error"))),
    ("triggered start of a sub-process",
     el("subProcess", "s", start("a", timer("duration", "PT1H")), end("e2"), flows("a e2"))),
    ("listeners of other events", user("a", listener("execution", "beforeAll"))),
    ("cardinality besides a collection",
     user("a", inside='<bpmn:multiInstanceLoopCharacteristics>'
          + ext(z("loopCharacteristics", inputCollection="=x"))
          + "<bpmn:loopCardinality>3</bpmn:loopCardinality>"
          "</bpmn:multiInstanceLoopCharacteristics>")),
    ("receive task that starts a process",
     el("receiveTask", "a", messageRef="m", instantiate="true")),
    ("forms by key", user("a", z("formDefinition", formKey="camunda-forms:bpmn:x"))),
    ("custom forms by external reference", user("a", z("formDefinition", externalReference="x"))),
    ("linked resources", service("a", "rpa", z("linkedResources"))),
)  # fmt: skip
