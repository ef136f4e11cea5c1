"""BPMN XML → Diagram. Reads everything in the file, drawn well or not; ``lint`` judges it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from engine.bpmn import characteristics, drawn, zeebe
from engine.bpmn.attributes import EventDefinition, TimerKind
from engine.bpmn.diagram import (
    SUB_PROCESSES,
    Definition,
    Diagram,
    Element,
    Flow,
    ProcessInfo,
    Start,
)
from engine.bpmn.zeebe import BPMN, line_of
from engine.errors import Invalid
from engine.model import Finding
from engine.xml import parse_xml

_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_CAMUNDA_7 = "http://camunda.org/schema/1.0/bpmn"
# Children of a process or sub-process that are no flow nodes and change nothing when it runs.
_NO_NODES = frozenset(
    {
        "documentation",
        "extensionElements",
        "laneSet",
        "sequenceFlow",
        "incoming",
        "outgoing",
        "textAnnotation",
        "association",
        "group",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "ioSpecification",
        "property",
        "auditing",
        "monitoring",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "artifact",
        "dataInputAssociation",
        "dataOutputAssociation",
        "completionCondition",
        "supports",
        "correlationSubscription",
        "resourceRole",
        "performer",
        "humanPerformer",
        "potentialOwner",
    }
)
_LOST_FLAGS = {
    "instantiate": "true",
    "parallelMultiple": "true",
    "eventGatewayType": "Parallel",
}
_REFERENCES = frozenset({"messageRef", "signalRef", "errorRef", "escalationRef"})
_TIMERS: dict[str, TimerKind] = {
    "timeDate": "date",
    "timeDuration": "duration",
    "timeCycle": "cycle",
}


class BpmnInvalid(Invalid):
    """The file is no BPMN that can be read; ``findings`` say where and why."""

    code = "bpmn-invalid"

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            "；".join(f"{_where(finding)}{finding.zh}" for finding in findings[:3]),
            "; ".join(f"{_where(finding)}{finding.en}" for finding in findings[:3]),
        )
        self.findings = tuple(findings)


def _where(finding: Finding) -> str:
    return f"{finding.element_name or finding.element_id}: " if finding.element_id else ""


def parse(content: bytes, filename: str) -> Diagram:
    """Read one file. Raises BpmnInvalid if it is not XML or not BPMN."""
    try:
        root = parse_xml(content, filename)
    except Invalid as error:
        line = error.details.get("line")
        finding = Finding("xml", "error", filename, error.zh, error.en, line=line)
        raise BpmnInvalid([finding]) from None
    if root.tag != f"{BPMN}definitions":
        raise BpmnInvalid([_not_bpmn(root, filename)])
    return _Reader(root, filename).read()


def _not_bpmn(root: etree._Element, filename: str) -> Finding:
    return Finding(
        "bpmn",
        "error",
        filename,
        f"文件 {filename} 不是 BPMN 2.0 流程图：根元素是 {root.tag}。",
        f"File {filename} is not a BPMN 2.0 diagram: its root is {root.tag}.",
        "请用 Camunda Modeler 保存为 BPMN 文件。",
        "Save it as a BPMN file from Camunda Modeler.",
        line_of(root),
    )


class _Reader:
    def __init__(self, root: etree._Element, filename: str) -> None:
        self.root = root
        self.filename = filename
        self.named: dict[str, etree._Element] = {
            node.get("id", ""): node for node in root if isinstance(node.tag, str)
        }

    def read(self) -> Diagram:
        processes = tuple(self._process(node) for node in self.root.iter(f"{BPMN}process"))
        shapes = frozenset(
            node.get("bpmnElement", "")
            for node in self.root.iter(f"{_DI}BPMNShape", f"{_DI}BPMNEdge")
        )
        camunda_7 = _CAMUNDA_7 in (self.root.nsmap or {}).values()
        zeebe_used = zeebe.ZEEBE[1:-1] in (self.root.nsmap or {}).values()
        dialect = "camunda" if camunda_7 and not zeebe_used else "zeebe"
        return Diagram(
            self.filename, processes, shapes, self._repeated(), dialect, frozenset(self.named),
            tuple(self._definitions()), drawn.bounds(self.root),
        )  # fmt: skip

    def _definitions(self) -> Iterator[Definition]:
        used = {
            value
            for node in self.root.iter(f"{BPMN}*")
            for name, value in node.attrib.items()
            if name in _REFERENCES
        }
        for name, node in self.named.items():
            tag = etree.QName(node).localname
            if f"{tag}Ref" in _REFERENCES:
                title = " ".join((node.get("name") or "").split())
                yield Definition(name, tag, title, name in used, line_of(node))

    def _repeated(self) -> tuple[tuple[str, int | None], ...]:
        seen: set[str] = set()
        again = []
        for node in self.root.iter(f"{BPMN}*"):
            name = node.get("id")
            if name is not None and name in seen:
                again.append((name, line_of(node)))
            seen.add(name or "")
        return tuple(again)

    def _process(self, node: etree._Element) -> ProcessInfo:
        elements: dict[str, Element] = {}
        flows: dict[str, Flow] = {}
        handlers = _associations(node)
        scopes: list[tuple[etree._Element, str | None]] = [(node, None)]
        while scopes:
            scope, parent = scopes.pop(0)
            for child, tag in _parts(scope):
                if tag == "sequenceFlow":
                    flow = _flow(child)
                    flows.setdefault(flow.id, flow)
                    continue
                element = self._element(child, tag, parent)
                if element.id in handlers and tag == "boundaryEvent":
                    element = replace(element, handler=handlers[element.id])
                elements.setdefault(element.id, element)
                if tag in SUB_PROCESSES:
                    scopes.append((child, element.id))
        tag_node = zeebe.extension(node, "versionTag")
        return ProcessInfo(
            node.get("id", ""),
            node.get("name") or node.get("id") or "",
            None if tag_node is None else tag_node.get("value"),
            node.get("isExecutable", "false") == "true",
            _starts(elements),
            _connect(elements, flows),
            flows,
            line_of(node),
            tuple(zeebe.unread(node)),
            characteristics.listeners(node),
        )

    def _element(self, node: etree._Element, tag: str, parent: str | None) -> Element:
        job = zeebe.job(node)
        user = zeebe.user_task(node) if tag == "userTask" else None
        reference = zeebe.reference(node, tag)
        return Element(
            id=node.get("id") or f"{tag}:{line_of(node)}",
            type=tag,
            name=" ".join((node.get("name") or "").split()),
            parent=parent,
            properties=zeebe.properties(node),
            documentation=(node.findtext(f"{BPMN}documentation") or "").strip(),
            form=_static(user.form_id if user else _form_id(node)),
            task_type=_static(job.type) if job else None,
            called=_static(reference.target) if reference else None,
            line=line_of(node),
            event=self._event(node, tag),
            attached_to=node.get("attachedToRef") if tag == "boundaryEvent" else None,
            interrupting=_interrupting(node, tag),
            default=node.get("default"),
            inputs=zeebe.mappings(node, "input"),
            outputs=zeebe.mappings(node, "output"),
            loop=characteristics.loop(node),
            job=job,
            user=user,
            reference=reference,
            script=zeebe.script(node),
            event_sub_process=node.get("triggeredByEvent") == "true",
            repeat=characteristics.repeat(node),
            ad_hoc=characteristics.ad_hoc(node) if tag == "adHocSubProcess" else None,
            listeners=characteristics.listeners(node),
            compensates=node.get("isForCompensation") == "true",
            unknown=tuple(_unknown(node)),
        )

    def _event(self, node: etree._Element, tag: str) -> EventDefinition | None:
        if tag in ("receiveTask", "sendTask") and node.get("messageRef"):
            return self._message(node)
        if not tag.endswith("Event"):
            return None
        found = [
            child
            for child in node.findall(f"{BPMN}*")
            if etree.QName(child).localname.lower().endswith("eventdefinition")
        ]
        references = node.findall(f"{BPMN}eventDefinitionRef")
        if not found and not references:
            return EventDefinition(line=line_of(node))
        if len(found) + len(references) > 1 or references:
            return EventDefinition("multiple", line=line_of(node))
        return self._definition(found[0])

    def _definition(self, node: etree._Element) -> EventDefinition:
        kind = etree.QName(node).localname.removesuffix("EventDefinition")
        if kind == "message":
            return self._message(node)
        if kind == "timer":
            return EventDefinition("timer", _timer(node), line=line_of(node))
        if kind in ("error", "escalation"):
            reference = node.get(f"{kind}Ref")
            target = self.named.get(reference or "")
            code = None if target is None else target.get(f"{kind}Code") or None
            return EventDefinition(kind, code=code, reference=reference, line=line_of(node))
        if kind == "signal":
            reference = node.get("signalRef")
            target = self.named.get(reference or "")
            name = None if target is None else target.get("name") or None
            return EventDefinition(kind, name=name, reference=reference, line=line_of(node))
        if kind == "link":
            name = " ".join((node.get("name") or "").split()) or None
            return EventDefinition(kind, name=name, line=line_of(node))
        if kind == "conditional":
            condition = (node.findtext(f"{BPMN}condition") or "").strip() or None
            watched = characteristics.watched(node)
            return EventDefinition(kind, condition=condition, watched=watched, line=line_of(node))
        if kind == "compensate":
            waits = node.get("waitForCompletion") != "false"
            activity = node.get("activityRef")
            return EventDefinition(kind, activity=activity, waits=waits, line=line_of(node))
        return EventDefinition(kind, line=line_of(node))

    def _message(self, node: etree._Element) -> EventDefinition:
        reference = node.get("messageRef")
        target = self.named.get(reference or "")
        name = key = None
        if target is not None:
            name = target.get("name") or None
            found = zeebe.extension(target, "subscription")
            key = None if found is None else found.get("correlationKey") or None
        return EventDefinition(
            "message", name=name, correlation_key=key, reference=reference, line=line_of(node)
        )


def _parts(scope: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """The flows and flow nodes directly in a process or sub-process, with their tags."""
    for child in scope.findall(f"{BPMN}*"):
        tag = etree.QName(child).localname
        if tag == "sequenceFlow" or tag not in _NO_NODES:
            yield child, tag


def _flow(node: etree._Element) -> Flow:
    condition = node.findtext(f"{BPMN}conditionExpression")
    return Flow(
        node.get("id") or f"sequenceFlow:{line_of(node)}",
        " ".join((node.get("name") or "").split()),
        node.get("sourceRef", ""),
        node.get("targetRef", ""),
        None if condition is None else condition.strip(),
        line_of(node),
    )


def _associations(process: etree._Element) -> dict[str, str]:
    """The associations drawn in a process: what each one leads to."""
    return {
        node.get("sourceRef", ""): node.get("targetRef", "")
        for node in process.iter(f"{BPMN}association")
    }


def _connect(elements: dict[str, Element], flows: dict[str, Flow]) -> dict[str, Element]:
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[str]] = {}
    for flow in flows.values():
        outgoing.setdefault(flow.source, []).append(flow.id)
        incoming.setdefault(flow.target, []).append(flow.id)
    return {
        key: replace(
            element,
            incoming=tuple(incoming.get(key, ())),
            outgoing=tuple(outgoing.get(key, ())),
        )
        for key, element in elements.items()
    }


def _starts(elements: dict[str, Element]) -> tuple[Start, ...]:
    return tuple(
        Start(
            element.id,
            event.kind,
            event.name if event.kind == "message" else None,
            event.timer,
            event.name if event.kind == "signal" else None,
            event.condition,
            element.properties.get("timer.condition") or None,
        )
        for element in elements.values()
        if element.type == "startEvent" and element.parent is None
        for event in [element.event or EventDefinition()]
    )


def _timer(node: etree._Element) -> tuple[TimerKind, str] | None:
    for tag, kind in _TIMERS.items():
        text = node.findtext(f"{BPMN}{tag}")
        if text is not None:
            return kind, text.strip()
    return None


def _interrupting(node: etree._Element, tag: str) -> bool:
    attribute = "isInterrupting" if tag == "startEvent" else "cancelActivity"
    return node.get(attribute, "true") != "false"


def _form_id(node: etree._Element) -> str | None:
    found = zeebe.extension(node, "formDefinition")
    return None if found is None else found.get("formId")


def _static(text: str | None) -> str | None:
    return None if not text or text.startswith("=") else text


def _unknown(node: etree._Element) -> list[tuple[str, int | None]]:
    found = zeebe.unread(node)
    found += [
        (name, line_of(node)) for name, value in _LOST_FLAGS.items() if node.get(name) == value
    ]
    form = zeebe.extension(node, "formDefinition")
    if form is not None and not form.get("formId"):
        found += [
            (name, line_of(form)) for name in ("formKey", "externalReference") if form.get(name)
        ]
    return found
