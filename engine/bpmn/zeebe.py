"""Reads the ``zeebe:`` extension elements of one BPMN node, as Camunda Modeler writes them."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.attributes import (
    JobDefinition,
    Mapping,
    Reference,
    Script,
    UserTaskDefinition,
)
from engine.model import Binding, BindingType

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"

# Extension elements that only tools read, or that are read together with another one.
_READ = frozenset(
    {
        "taskDefinition",
        "taskHeaders",
        "ioMapping",
        "userTask",
        "assignmentDefinition",
        "taskSchedule",
        "priorityDefinition",
        "formDefinition",
        "calledElement",
        "calledDecision",
        "script",
        "loopCharacteristics",
        "subscription",
        "properties",
        "versionTag",
        "userTaskForm",
        "adHoc",
        "conditionalFilter",
        "executionListeners",
        "taskListeners",
    }
)
_BINDINGS: dict[str, BindingType] = {
    "latest": "latest",
    "deployment": "deployment",
    "versionTag": "versionTag",
}


def line_of(node: etree._Element) -> int | None:
    """The line in the file, from 1."""
    line: int | None = getattr(node, "sourceline", None)
    return line


def extension(node: etree._Element, tag: str) -> etree._Element | None:
    """The extension element ``zeebe:tag`` of a node, or None."""
    return node.find(f"{BPMN}extensionElements/{ZEEBE}{tag}")


def unread(node: etree._Element) -> list[tuple[str, int | None]]:
    """``zeebe:`` extensions of the node that we do not carry out, as (tag, line)."""
    found = node.findall(f"{BPMN}extensionElements/{ZEEBE}*")
    tags = [(etree.QName(one).localname, line_of(one)) for one in found]
    return [(f"zeebe:{tag}", line) for tag, line in tags if tag not in _READ]


def properties(node: etree._Element) -> dict[str, str]:
    found = extension(node, "properties")
    if found is None:
        return {}
    return {one.get("name", ""): one.get("value", "") for one in found.iter(f"{ZEEBE}property")}


def mappings(node: etree._Element, tag: str) -> tuple[Mapping, ...]:
    """The ``input`` or ``output`` mappings in order."""
    found = extension(node, "ioMapping")
    if found is None:
        return ()
    return tuple(
        Mapping(one.get("source", ""), one.get("target", ""), line_of(one))
        for one in found.findall(f"{ZEEBE}{tag}")
    )


def binding(node: etree._Element) -> Binding:
    kind = _BINDINGS.get(node.get("bindingType", "latest"), "latest")
    return Binding(kind, node.get("versionTag") if kind == "versionTag" else None)


def job(node: etree._Element) -> JobDefinition | None:
    found = extension(node, "taskDefinition")
    if found is None:
        return None
    told = headers(extension(node, "taskHeaders"))
    return JobDefinition(found.get("type", ""), found.get("retries") or "3", told)


def headers(node: etree._Element | None) -> dict[str, str]:
    """What ``zeebe:taskHeaders`` say; nothing for None."""
    pairs = () if node is None else node.findall(f"{ZEEBE}header")
    return {one.get("key", ""): one.get("value", "") for one in pairs}


def user_task(node: etree._Element) -> UserTaskDefinition:
    assignment = attributes(node, "assignmentDefinition")
    schedule = attributes(node, "taskSchedule")
    form = extension(node, "formDefinition")
    return UserTaskDefinition(
        assignment.get("assignee"),
        assignment.get("candidateUsers"),
        assignment.get("candidateGroups"),
        schedule.get("dueDate"),
        schedule.get("followUpDate"),
        attributes(node, "priorityDefinition").get("priority"),
        None if form is None else form.get("formId"),
        Binding() if form is None else binding(form),
    )


def reference(node: etree._Element, tag: str) -> Reference | None:
    """The process of a call activity or the decision of a business rule task."""
    if tag == "callActivity" and (found := extension(node, "calledElement")) is not None:
        return Reference(
            found.get("processId", ""),
            binding(found),
            None,
            found.get("propagateAllParentVariables", "true") != "false",
            found.get("propagateAllChildVariables", "true") != "false",
        )
    if tag == "businessRuleTask" and (found := extension(node, "calledDecision")) is not None:
        result = found.get("resultVariable", "")
        return Reference(found.get("decisionId", ""), binding(found), result)
    return None


def script(node: etree._Element) -> Script | None:
    found = extension(node, "script")
    if found is None:
        return None
    return Script(found.get("expression", ""), found.get("resultVariable", ""))


def attributes(node: etree._Element, tag: str) -> dict[str, str]:
    """The attributes of the extension element ``zeebe:tag``."""
    found = extension(node, tag)
    return {} if found is None else {str(key): str(text) for key, text in found.attrib.items()}
