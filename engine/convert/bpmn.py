"""One BPMN file → ours: which steps each element goes through."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from engine.convert import (
    assignment,
    calls,
    decisions,
    events,
    execution,
    listeners,
    loops,
    mappings,
    script,
    service,
    userforms,
)
from engine.convert.context import Work
from engine.convert.foreign import BPMN, TAKEN, VENDORS, Node, is_foreign, is_vendor, plain_name
from engine.convert.markup import MODELER_NS, ZEEBE_NS, serialized, tidy, zeebe
from engine.convert.report import shown
from engine.model import Severity
from engine.xml import local_name, namespace

Step = Callable[[Work, Node], None]

_ACTIVE = frozenset(
    {
        "eventType", "mapException", "errorEventDefinition", "variableListenerEventDefinition",
        "terminateAll", "terminateMultiInstance", "httpRequestHandler", "httpResponseHandler",
        "caseDefinitionKey", "collection", "varMapping", "externalWorkerInParameter",
        "externalWorkerOutParameter", "value", "in", "out", "taskIdVariableName",
    }
)  # fmt: skip
# What changes how things run, so that a person must say how it is done here.
_NOISE = frozenset(
    {
        "localization", "task-candidates-type", "work-form-field-validation", "element-name",
        "static-process-key", "includeInHistory", "jobCategory", "modelerTemplate",
        "modelerTemplateVersion", "modelerTemplateIcon", "sameDeployment", "channelKey",
        "fallbackToDefaultTenant", "eventOutParameter", "eventInParameter", "systemChannel",
        "eventCorrelationParameter", "startEventCorrelationConfiguration", "sendSynchronously",
        "triggerEventType", "triggerEventCorrelationParameter", "channelName", "channelType",
        "keyDetectionType", "keyDetectionValue", "topic", "eventName",
    }
)  # fmt: skip
# What only a modeler reads, and parts of an event that is reported as a whole.
_KEPT = frozenset({"conditionExpression", "documentation", "extensionElements", "script"})


def _service(work: Work, node: Node) -> None:
    implemented = node.get("operationRef") or node.get("implementation", "").startswith("##Web")
    if not service.convert(work, node) and zeebe(node, "taskDefinition") is None:
        if local_name(node) == "sendTask" and node.get("messageRef") and not implemented:
            return
        how = ("由 Web 服务实现。", "is done by a web service.")
        work.report.decide(
            node, "definition-required",
            how if implemented else ("没有实现。", "has no implementation."),
            ("填写作业类型，例如 mail.send。", "Fill in a job type such as mail.send."),
        )  # fmt: skip


def _connection(work: Work, node: Node) -> None:
    events.condition(work, node)
    listeners.convert(work, node)


_STEPS: dict[str, tuple[Step, ...]] = {
    "process": (execution.process,),
    "userTask": (assignment.convert, userforms.convert),
    "startEvent": (userforms.convert,),
    "serviceTask": (_service,),
    "sendTask": (_service,),
    "businessRuleTask": (decisions.convert,),
    "scriptTask": (script.convert,),
    "callActivity": (calls.convert,),
    "receiveTask": (events.task,),
    "multiInstanceLoopCharacteristics": (loops.convert,),
    "timerEventDefinition": (events.timer,),
    "messageEventDefinition": (events.message,),
    "signalEventDefinition": (events.signal,),
    "errorEventDefinition": (events.coded,),
    "escalationEventDefinition": (events.coded,),
    "conditionalEventDefinition": (events.conditional,),
    "sequenceFlow": (_connection,),
    "message": (events.named,),
    "signal": (events.named,),
    "error": (events.code,),
    "escalation": (events.code,),
}


def convert(work: Work, root: Node) -> bytes:
    """Convert the tree in place; the bytes of the new file."""
    for node in list(root.iter(f"{BPMN}*")):
        if local_name(node) not in _KEPT:
            _element(work, node)
    _left_over(work, root)
    tidy(root)
    return _written(root)


def dialect(root: Node) -> str:
    """"camunda", "flowable", "activiti", "plain" (no extensions), or "zeebe": already ours."""
    found = {VENDORS[one] for one in _namespaces(root) if one in VENDORS}
    for name in ("flowable", "camunda", "activiti"):
        if name in found:
            return name
    return "zeebe" if ZEEBE_NS in _namespaces(root) else "plain"


def _element(work: Work, node: Node) -> None:
    name = local_name(node)
    for step in _STEPS.get(name, ()):
        step(work, node)
    mappings.convert(work, node)
    execution.properties(node)
    if name != "sequenceFlow":
        listeners.convert(work, node)
    events.skip(work, node)
    execution.convert(work, node)


def _left_over(work: Work, root: Node) -> None:
    """Report and remove every foreign part that no step took."""
    for node in list(root.iter(f"{BPMN}*")):
        for key in [str(one) for one in node.attrib if is_foreign(str(one))]:
            name, text = plain_name(key), str(node.attrib.pop(key))
            _lost(work, node, name, f"{name}={shown(text)}")
    for node in list(root.iter()):
        if not is_vendor(node):
            continue
        parent = node.getparent()
        if parent is not None and not _within_taken(node):
            _lost(work, node, local_name(node), f"<{local_name(node)}>")
            node.tag = f"{TAKEN}{local_name(node)}"


def _within_taken(node: Node) -> bool:
    return any(str(one.tag).startswith(TAKEN) for one in node.iterancestors())


def _lost(work: Work, node: Node, name: str, what: str) -> None:
    if name in _NOISE:
        return
    severity: Severity = "error" if name in _ACTIVE else "warning"
    if severity == "error":
        mappings.hold(node, what)
    work.report.on(
        node, "extension-dropped", severity,
        (
            f"的扩展 {what} 没有对应的写法，已去掉。",
            f"had the extension {what}, which has no counterpart; dropped.",
        ),
        (
            "若它有作用，请用元素、映射或扩展属性表达。",
            "If it mattered, say it by elements, mappings or extension properties.",
        ),
    )  # fmt: skip


def _namespaces(root: Node) -> set[str]:
    found = {str(one) for one in root.nsmap.values() if one}
    for node in root.iter(etree.Element):
        found.add(namespace(node))
        found |= {
            str(key)[1:].partition("}")[0] for key in node.attrib if str(key).startswith("{")
        }
    return found


def _written(root: Node) -> bytes:
    """The file as Camunda Modeler expects it: our namespaces on the root, foreign ones gone."""
    prefixes = {str(one) for one in root.nsmap if one}
    ours = {
        name: uri
        for name, uri in (("zeebe", ZEEBE_NS), ("modeler", MODELER_NS))
        if name not in prefixes or root.nsmap[name] == uri
    }
    kept = [
        str(prefix)
        for node in root.iter(etree.Element)
        for prefix, uri in node.nsmap.items()
        if prefix and uri not in VENDORS
    ]
    etree.cleanup_namespaces(root, top_nsmap=ours, keep_ns_prefixes=sorted({*kept, *ours}))
    root.set(f"{{{MODELER_NS}}}executionPlatform", "Camunda Cloud")
    root.set(f"{{{MODELER_NS}}}executionPlatformVersion", "8.8.0")
    return serialized(root)
