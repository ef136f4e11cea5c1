"""The foreign parts of a file under conversion: attributes and elements are *taken* (read and
removed), so that what is left over at the end was understood by nobody and is reported."""

from __future__ import annotations

from lxml import etree

from engine.xml import local_name, namespace

Node = etree._Element

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
TAKEN = "{urn:bihuan:taken}"
"""Namespace of foreign elements that were read; they go when the file is tidied."""

VENDORS = {
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://www.camunda.com/fox": "camunda",
    "http://flowable.org/bpmn": "flowable",
    "http://activiti.org/bpmn": "activiti",
    "http://camunda.org/schema/1.0/dmn": "camunda",
    "http://flowable.org/dmn": "flowable",
    "http://activiti.org/dmn": "activiti",
}
"""Namespace → whose dialect. Camunda 7 reads Activiti's names as its own, and so do we."""


def take(node: Node, *names: str) -> str | None:
    """Remove the foreign attributes of these names; the first that says something, or None."""
    found: str | None = None
    for key in list(node.attrib):
        if is_foreign(str(key)) and plain_name(str(key)) in names:
            text = str(node.attrib.pop(key)).strip()
            found = found or text or None
    return found


def is_foreign(key: str) -> bool:
    """Whether an attribute's name is in a foreign namespace."""
    return key.startswith("{") and key[1:].partition("}")[0] in VENDORS


def plain_name(key: str) -> str:
    """The name in ``{namespace}name``."""
    return key.rpartition("}")[2]


def take_elements(node: Node, name: str) -> list[Node]:
    """The foreign extension elements ``name`` of a node, in order; marked as read, and removed by
    ``tidy``: until then reports find their line and owner."""
    found = [
        child
        for holder in (node, *node.findall(f"{BPMN}extensionElements"))
        for child in holder
        if is_vendor(child) and local_name(child) == name
    ]
    for child in found:
        child.tag = f"{TAKEN}{name}"
    return found


def inner(node: Node, name: str) -> list[Node]:
    """The children ``name`` of a foreign element."""
    return [child for child in node if is_element(child) and local_name(child) == name]


def inner_text(node: Node, *names: str) -> str | None:
    """The text of the first child with one of these names."""
    for name in names:
        for child in inner(node, name):
            return (child.text or "").strip()
    return None


def attribute(node: Node, *names: str) -> str | None:
    """The first of these attributes of a foreign element that says something, with or without a
    prefix; None if none does."""
    given = {plain_name(str(key)): str(text).strip() for key, text in node.attrib.items()}
    return next((given[name] for name in names if given.get(name)), None)


def is_element(node: Node) -> bool:
    """Whether this is an element, not a comment or an instruction."""
    return isinstance(node.tag, str)


def is_vendor(node: Node) -> bool:
    return is_element(node) and namespace(node) in VENDORS
