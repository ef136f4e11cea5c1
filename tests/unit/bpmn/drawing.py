"""Small BPMN files for the tests, written as Python calls instead of long XML."""

from __future__ import annotations

import itertools
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="file" targetNamespace="t">\n'
)


def el(tag: str, id_: str, *content: str, name: str = "", **attributes: str) -> str:
    """A BPMN element; ``content`` is XML inside it."""
    more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    title = f" name={quoteattr(name)}" if name else ""
    return f'<bpmn:{tag} id="{id_}"{title}{more}>{"".join(content)}</bpmn:{tag}>\n'


def ext(*content: str) -> str:
    return f"<bpmn:extensionElements>{''.join(content)}</bpmn:extensionElements>"


def z(tag: str, *content: str, **attributes: str) -> str:
    """A ``zeebe:`` extension element."""
    more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<zeebe:{tag}{more}>{''.join(content)}</zeebe:{tag}>"


def io(inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None) -> str:
    """``zeebe:ioMapping``; both map target to source."""
    parts = [z("input", source=source, target=target) for target, source in (inputs or {}).items()]
    parts += [
        z("output", source=source, target=target) for target, source in (outputs or {}).items()
    ]
    return z("ioMapping", *parts)


def user(id_: str, *extensions: str, inside: str = "", name: str = "") -> str:
    return el("userTask", id_, ext(z("userTask"), *extensions), inside, name=name)


def service(id_: str, type_: str = "work", *extensions: str, inside: str = "") -> str:
    return el("serviceTask", id_, ext(z("taskDefinition", type=type_), *extensions), inside)


def script(id_: str, variable: str, expression: str, *extensions: str) -> str:
    found = z("script", expression=expression, resultVariable=variable)
    return el("scriptTask", id_, ext(found, *extensions))


def many(collection: str, *, sequential: bool = False, condition: str = "", **names: str) -> str:
    """``multiInstanceLoopCharacteristics``; names: inputElement, outputCollection …"""
    loop = ext(z("loopCharacteristics", inputCollection=collection, **names))
    done = (
        f"<bpmn:completionCondition>{escape(condition)}</bpmn:completionCondition>"
        if condition
        else ""
    )
    flag = ' isSequential="true"' if sequential else ""
    return (
        f"<bpmn:multiInstanceLoopCharacteristics{flag}>{loop}{done}"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def timer(kind: str, text: str) -> str:
    tag = {"date": "timeDate", "duration": "timeDuration", "cycle": "timeCycle"}[kind]
    inside = f"<bpmn:{tag}>{escape(text)}</bpmn:{tag}>"
    return f"<bpmn:timerEventDefinition>{inside}</bpmn:timerEventDefinition>"


def message(id_: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{id_}"/>'


def event(kind: str, reference: str = "") -> str:
    """An error, escalation, terminate … definition."""
    ref = f' {kind}Ref="{reference}"' if reference else ""
    return f"<bpmn:{kind}EventDefinition{ref}/>"


def boundary(
    id_: str, host: str, definition: str, *extensions: str, interrupting: bool = True
) -> str:
    return el(
        "boundaryEvent",
        id_,
        ext(*extensions) if extensions else "",
        definition,
        attachedToRef=host,
        cancelActivity="true" if interrupting else "false",
    )


def flow(source: str, target: str, condition: str = "", id_: str = "") -> str:
    inside = (
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
        f"{escape(condition)}</bpmn:conditionExpression>"
        if condition
        else ""
    )
    name = id_ or f"{source}-{target}"
    return (
        f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inside}'
        "</bpmn:sequenceFlow>\n"
    )


def flows(*chains: str) -> str:
    """``"a b c"`` is a → b → c."""
    made = []
    for chain in chains:
        steps = chain.split()
        made += [flow(one, two) for one, two in itertools.pairwise(steps)]
    return "".join(made)


def process(*content: str, id_: str = "p", name: str = "") -> str:
    return el("process", id_, *content, name=name, isExecutable="true")


def definitions(*content: str) -> bytes:
    return (HEAD + "".join(content) + "</bpmn:definitions>").encode()


def message_definition(id_: str, name: str, key: str = "=key") -> str:
    return el("message", id_, ext(z("subscription", correlationKey=key)), name=name)


def start(id_: str = "start", *content: str) -> str:
    return el("startEvent", id_, *content)


def end(id_: str = "end", *content: str) -> str:
    return el("endEvent", id_, *content)


def signal(id_: str) -> str:
    return event("signal", id_)


def condition(text: str, watched: str = "") -> str:
    """A conditional definition; ``watched`` is an extension element."""
    extension = ext(watched) if watched else ""
    return (
        f"<bpmn:conditionalEventDefinition>{extension}"
        f'<bpmn:condition xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:condition>'
        "</bpmn:conditionalEventDefinition>"
    )


def link(name: str) -> str:
    return f'<bpmn:linkEventDefinition name="{name}"/>'


def compensate(activity: str = "") -> str:
    ref = f' activityRef="{activity}"' if activity else ""
    return f"<bpmn:compensateEventDefinition{ref}/>"


def undoing(host: str, handler: str, content: str = "") -> str:
    """A compensation boundary event at ``host``, its handler (a user task unless given) and the
    association between them."""
    made = content or user(handler)
    return (
        boundary(f"{host}-undo", host, compensate())
        + made.replace(f'id="{handler}"', f'id="{handler}" isForCompensation="true"', 1)
        + el("association", f"{host}-to-{handler}", sourceRef=f"{host}-undo", targetRef=handler)
    )


def event_sub(id_: str, definition: str, *content: str, interrupting: bool = True) -> str:
    """An event sub-process: its start ``{id_}-start`` leads to ``content``, whose flows the
    caller draws."""
    begin = el(
        "startEvent", f"{id_}-start", definition,
        isInterrupting="true" if interrupting else "false",
    )  # fmt: skip
    return el("subProcess", id_, begin, *content, triggeredByEvent="true")


def throw(id_: str, *content: str) -> str:
    return el("intermediateThrowEvent", id_, *content)


def catch(id_: str, *content: str) -> str:
    return el("intermediateCatchEvent", id_, *content)


def again(condition_: str = "", **attributes: str) -> str:
    """``standardLoopCharacteristics``."""
    inside = f"<bpmn:loopCondition>{escape(condition_)}</bpmn:loopCondition>" if condition_ else ""
    more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<bpmn:standardLoopCharacteristics{more}>{inside}</bpmn:standardLoopCharacteristics>"


def times(count: str) -> str:
    """Multi-instance by number."""
    return (
        "<bpmn:multiInstanceLoopCharacteristics>"
        f"<bpmn:loopCardinality>{escape(count)}</bpmn:loopCardinality>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def ad_hoc(id_: str, *content: str, condition_: str = "", rest: str = "", **said: str) -> str:
    """An ad-hoc sub-process; ``said`` are the attributes of ``zeebe:adHoc``, ``rest`` more
    extensions."""
    inside = "" if not condition_ else (
        f"<bpmn:completionCondition>{escape(condition_)}</bpmn:completionCondition>"
    )  # fmt: skip
    extensions = (z("adHoc", **said) if said else "") + rest
    return el("adHocSubProcess", id_, ext(extensions), *content, inside)


def properties(**values: str) -> str:
    """``zeebe:properties``; ``_`` in a name stands for a dot."""
    return z(
        "properties",
        *(z("property", name=name.replace("_", "."), value=text) for name, text in values.items()),
    )


def listener(kind: str, on: str, job: str = "hear") -> str:
    """``zeebe:executionListeners`` or ``taskListeners`` with one of it; ``kind`` is "execution"
    or "task"."""
    return z(f"{kind}Listeners", z(f"{kind}Listener", eventType=on, type=job))
