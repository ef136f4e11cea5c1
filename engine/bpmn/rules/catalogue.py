"""Every rule of the check of diagrams: its name, how severe it is, what it means and what to
draw instead. ``docs/lint.md`` is made from it."""

from __future__ import annotations

from typing import NamedTuple

from engine.model import Severity


class Rule(NamedTuple):
    """``bpmnlint`` is the name of the same rule there, "" if it has none."""

    name: str
    severity: Severity
    means: str
    instead: str
    bpmnlint: str = ""


FILE = (
    Rule(
        "xml",
        "error",
        "The file is no well-formed XML, has a DTD or is too large.",
        "Save it again from the Modeler.",
    ),
    Rule("bpmn", "error", "The file is XML, but no BPMN 2.0.", "Save it as BPMN."),
    Rule(
        "camunda-7",
        "error",
        "The file is drawn for Camunda 7, whose extensions mean nothing here.",
        "Convert it with `bihuan convert`, or draw it as a Camunda 8 diagram.",
    ),
    Rule(
        "executable-process", "error", "No process of the file is executable.", "Tick “Executable”."
    ),
    Rule("duplicate-id", "error", "An id is used more than once.", "Give each element its own."),
    Rule(
        "process-id",
        "error",
        "The id of a process cannot be used.",
        "Begin with a letter; letters, digits, dots, dashes and underscores only.",
    ),
    Rule("id-required", "error", "An element has no usable id.", "As for `process-id`."),
)
"""About the file as a whole."""

FLOW = (
    Rule(
        "start-event-required",
        "error",
        "A process has no start event.",
        "Draw one.",
        "start-event-required",
    ),
    Rule(
        "single-blank-start-event",
        "error",
        "A process has several plain start events.",
        "Merge them.",
        "single-blank-start-event",
    ),
    Rule(
        "sub-process-blank-start-event",
        "error",
        "A sub-process has not exactly one start event.",
        "Draw one plain start event in it.",
        "sub-process-blank-start-event",
    ),
    Rule(
        "event-sub-process-typed-start-event",
        "error",
        "An event sub-process has not exactly one start event.",
        "Draw one start event with a timer, message, signal, error …",
        "event-sub-process-typed-start-event",
    ),
    Rule(
        "event-sub-process-flows",
        "error",
        "Sequence flows touch an event sub-process.",
        "Delete them: its start event triggers it.",
    ),
    Rule(
        "end-event-required",
        "warning",
        "A process or sub-process has no end event.",
        "Draw one.",
        "end-event-required",
    ),
    Rule(
        "no-implicit-end",
        "warning",
        "A path ends without an end event.",
        "Add an end event that says how it ends.",
        "no-implicit-end",
    ),
    Rule(
        "way-out-required",
        "error",
        "A gateway or start event has no outgoing flow.",
        "Draw the path behind it.",
        "no-implicit-end",
    ),
    Rule(
        "no-disconnected",
        "error",
        "An element cannot be reached from a start event.",
        "Connect it or delete it.",
        "no-disconnected, no-implicit-start",
    ),
    Rule(
        "broken-flow",
        "error",
        "A flow does not join two elements of one process or sub-process.",
        "Connect it again.",
    ),
    Rule(
        "start-event-incoming",
        "error",
        "A flow leads into a start event.",
        "Lead it to the element behind the start event.",
    ),
    Rule(
        "end-event-outgoing",
        "error",
        "A flow leads out of an end event.",
        "Make it an intermediate event.",
    ),
    Rule(
        "no-duplicate-sequence-flows",
        "error",
        "Two flows have the same source, target and condition.",
        "Delete one of them.",
        "no-duplicate-sequence-flows",
    ),
    Rule(
        "no-implicit-split",
        "warning",
        "Several flows leave an activity or event.",
        "Draw a gateway that shows a fork or a choice.",
        "no-implicit-split",
    ),
)
"""How elements are connected."""

TOKENS = (
    Rule(
        "gateway-default",
        "error",
        "The conditions of a gateway without default may all be "
        "false. (A condition on the default flow itself is a warning.)",
        "Make one flow the default, or let the conditions provably cover everything.",
    ),
    Rule(
        "conditional-flows",
        "error",
        "A flow out of a choosing gateway has neither condition nor is it the default.",
        "Give it a condition or make it the default.",
        "conditional-flows",
    ),
    Rule(
        "flow-condition",
        "error",
        "A condition stands where it cannot be used: behind a "
        "parallel gateway, a start event or a boundary event.",
        "Delete it, or draw a gateway that chooses.",
    ),
    Rule(
        "fake-join",
        "error",
        "Two tokens can come to an activity or event by different flows: "
        "it happens twice. (Warning, if a non-interrupting event starts one of them.)",
        "Join with a parallel or inclusive gateway.",
        "fake-join",
    ),
    Rule(
        "lack-of-synchronization",
        "error",
        "As `fake-join`, at an exclusive gateway.",
        "Join with a parallel or inclusive gateway.",
    ),
    Rule(
        "join-deadlock",
        "error",
        "A join can wait for a token that never comes. (Warning, if "
        "an interrupting event around it can end the waiting.)",
        "Join with the kind of gateway that split.",
    ),
    Rule(
        "endless-loop",
        "error",
        "Nothing leads out of a loop.",
        "Draw an exclusive gateway in it, with a flow to an end.",
    ),
    Rule(
        "too-large-to-play",
        "warning",
        "There are more parallel paths and choices than can be played through: more than 20,000 "
        "states, 24 tokens at once, or 256 sets of conditions at one gateway.",
        "Draw parts of it as sub-processes: each is played by itself.",
    ),
    Rule(
        "superfluous-gateway",
        "warning",
        "A gateway has one flow in and one out.",
        "Delete it.",
        "superfluous-gateway",
    ),
    Rule(
        "no-gateway-join-fork",
        "warning",
        "A gateway joins and forks.",
        "Draw two gateways.",
        "no-gateway-join-fork",
    ),
    Rule(
        "superfluous-termination",
        "warning",
        "A terminate end event has nothing to end.",
        "Make it a plain end event.",
        "superfluous-termination",
    ),
    Rule(
        "event-based-gateway",
        "error",
        "An event-based gateway has fewer than two ways out, "
        "one of them has a condition, or it does not lead to an event it can wait for.",
        "Draw a catch event or receive task directly behind each flow.",
        "event-based-gateway",
    ),
)
"""Choices, forks and joins, played through with tokens."""

PLACE = (
    Rule(
        "unsupported",
        "error",
        "The element, or something it carries, is not run here.",
        "See docs/bpmn.md; the finding names what to use.",
        "no-complex-gateway, single-event-definition",
    ),
    Rule(
        "boundary-host",
        "error",
        "A boundary event is attached to no activity of its level.",
        "Drag it onto the edge of one.",
    ),
    Rule("boundary-incoming", "error", "A flow leads into a boundary event.", "Delete it."),
    Rule(
        "interrupting-event",
        "error",
        "An error or cancel event is drawn as non-interrupting.",
        "Make it interrupting, or use an escalation.",
    ),
    Rule(
        "duplicate-code",
        "error",
        "Two events in one place catch the same code.",
        "Delete one of them.",
    ),
    Rule(
        "link-event",
        "error",
        "Link events do not pair: one catch for each name, at least one "
        "throw, no flow across the link.",
        "Correct the names.",
        "link-event",
    ),
    Rule(
        "ad-hoc-sub-process",
        "error",
        "An ad-hoc sub-process has start or end events, nothing "
        "to activate, or both a job and conditions.",
        "Draw tasks without incoming flow in it.",
        "ad-hoc-sub-process",
    ),
    Rule(
        "compensation-handler",
        "error",
        "A compensation boundary event and its handler are not "
        "associated one to one, or have flows.",
        "Draw one association between them.",
    ),
    Rule(
        "compensation-activity",
        "error",
        "What shall be compensated is elsewhere, or cannot be.",
        "Choose an activity with a compensation boundary event in the same scope.",
    ),
    Rule(
        "compensation-place",
        "error",
        "A compensation start event stands outside of an event sub-process in a sub-process.",
        "Draw it there.",
    ),
    Rule(
        "cancel-place",
        "error",
        "A cancel event has no transaction to cancel, or nobody catches it.",
        "Use an error event, or a transaction with a cancel boundary event.",
    ),
)
"""Where elements may stand, and what belongs together."""

SAYS = (
    Rule(
        "definition-required",
        "error",
        "An element lacks what it needs: job type, script, "
        "decision, process, message, signal, code, timer, condition, collection …",
        "Fill it in; the finding names it.",
        "conditional-event",
    ),
    Rule(
        "undefined-reference",
        "error",
        "A message, signal, error or escalation is named that the file does not define.",
        "Choose it again, or make one.",
    ),
    Rule("condition-feel", "error", "A condition does not begin with `=`.", "Write FEEL."),
    Rule("feel", "error", "A FEEL text is wrong, or missing its `=`.", "Correct it."),
    Rule(
        "constant-value",
        "error",
        "A FEEL text without variables never gives what its place "
        "needs: a time, a number, true or false.",
        "Correct it.",
    ),
    Rule(
        "timer-text",
        "error",
        "A fixed time, duration, cycle or number cannot be read.",
        "Write ISO 8601, or FEEL.",
    ),
    Rule(
        "timer-kind",
        "error",
        "The kind of timer is not possible here.",
        "Cycles belong to start events and non-interrupting events, durations elsewhere.",
    ),
    Rule(
        "timer-past",
        "warning",
        "A fixed date has passed: the timer fires at once.",
        "Give a date to come, or compute it.",
    ),
    Rule(
        "clock-property",
        "error",
        "An extension property of clocks is unknown, or says nothing on its own.",
        "Write the property as docs/clocks.md has it.",
    ),
    Rule(
        "case-property",
        "error",
        "An extension property about the case or its customer is unknown, or says nothing alone.",
        "Write the property as docs/customers.md has it.",
    ),
    Rule("correlation-key", "error", "A message has no correlation key.", "Fill in the key."),
    Rule("static-code", "error", "A caught code is an expression.", "Write a fixed code."),
    Rule(
        "variable-name",
        "error",
        "A result or mapping names no variable.",
        "Begin with a letter; letters, digits and underscores only.",
    ),
    Rule(
        "multi-instance-output",
        "error",
        "Output collection and output element are not both given.",
        "Give both or none.",
    ),
    Rule("version-tag", "error", "A reference by version tag names none.", "Fill in the tag."),
    Rule(
        "missing-reference",
        "error",
        "A form, decision, process or adapter does not exist. "
        "(A job type of no system known here waits for outside workers: a warning.)",
        "Deploy it, or correct the name.",
    ),
    Rule(
        "unknown-group",
        "warning",
        "A candidate group, or a group that sees a button, is not in the organisation.",
        "Correct the group's id, or add the group first.",
    ),
    Rule(
        "ad-hoc-choice",
        "warning",
        "An ad-hoc sub-process names neither elements to activate nor a job.",
        "Fill in the collection of active elements or a job type.",
    ),
    Rule(
        "duplicate-event",
        "error",
        "Two start events of a process, or two boundary events of an activity, wait for the same "
        "message, signal or condition.",
        "Delete one of them.",
    ),
    Rule(
        "called-process-start",
        "error",
        "A called process has no plain start event.",
        "Draw one in it, or send it a message.",
    ),
    Rule(
        "assignment",
        "warning",
        "A user task has neither assignee nor candidates.",
        "Fill in candidate groups.",
    ),
)
"""What single elements say."""

SEEN = (
    Rule("no-bpmndi", "warning", "An element or flow is not drawn.", "Draw it again.", "no-bpmndi"),
    Rule("label-required", "info", "An element has no label.", "Give it one.", "label-required"),
    Rule(
        "global",
        "warning",
        "A message, signal, error or escalation has no name, that of another, or no use.",
        "Give it a name of its own, or delete it.",
        "global",
    ),
    Rule(
        "no-overlapping-elements",
        "warning",
        "Elements are drawn over each other, or outside of their sub-process.",
        "Move them apart.",
        "no-overlapping-elements",
    ),
)
"""What readers see."""

CATALOGUE = (*FILE, *FLOW, *TOKENS, *PLACE, *SAYS, *SEEN)
"""All rules, in the order of the documentation."""
