"""The XML of a file under conversion: foreign attributes and elements are *taken* (read and
removed), so that what is left over at the end was understood by nobody and is reported."""

from __future__ import annotations

from lxml import etree

from engine.xml import local_name, namespace

Node = etree._Element

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE_NS = "http://camunda.org/schema/zeebe/1.0"
ZEEBE = f"{{{ZEEBE_NS}}}"
MODELER_NS = "http://camunda.org/schema/modeler/1.0"
_TAKEN = "{urn:bihuan:taken}"

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


def pop(node: Node, name: str) -> str:
    """Remove an attribute of BPMN's own; its text, "" where there is none."""
    return str(node.attrib.pop(name, "")).strip()


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
        child.tag = f"{_TAKEN}{name}"
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


def extensions(node: Node) -> Node:
    """The ``extensionElements`` of a node, made where BPMN wants it if there is none."""
    found = node.find(f"{BPMN}extensionElements")
    if found is None:
        found = etree.Element(f"{BPMN}extensionElements")
        place = len(node.findall(f"{BPMN}documentation"))
        node.insert(place, found)
        if place == 0:
            found.tail = node.text
    return found


def zeebe(node: Node, tag: str) -> Node | None:
    """The ``zeebe:tag`` of a node."""
    return node.find(f"{BPMN}extensionElements/{ZEEBE}{tag}")


def ensure(node: Node, tag: str) -> Node:
    """The ``zeebe:tag`` of a node, made if there is none."""
    found = zeebe(node, tag)
    return etree.SubElement(extensions(node), f"{ZEEBE}{tag}") if found is None else found


def put(node: Node, tag: str, **attributes: str | None) -> Node:
    """Set attributes of the node's one ``zeebe:tag``; None leaves an attribute out."""
    found = ensure(node, tag)
    for key, text in attributes.items():
        if text is not None:
            found.set(key, text)
    return found


def add(parent: Node, tag: str, **attributes: str) -> Node:
    """A new ``zeebe:tag`` inside a ``zeebe:`` element."""
    return etree.SubElement(parent, f"{ZEEBE}{tag}", attributes)


def rename(node: Node, tag: str) -> None:
    """Make a task one of another kind; id, flows and drawing stay."""
    node.tag = f"{BPMN}{tag}"


def uncomment(root: Node) -> None:
    """Remove comments that stand inside texts, so that each text is in one piece."""
    for comment in list(root.iter(etree.Comment)):
        parent = comment.getparent()
        if parent is not None and not any(is_element(child) for child in parent):
            etree.strip_tags(parent, etree.Comment)


def tidy(root: Node) -> None:
    """Remove what was taken, drop empty extension elements, lay out the others like the rest."""
    for taken in list(root.iter(f"{_TAKEN}*")):
        parent = taken.getparent()
        if parent is not None:
            _drop(parent, taken)
    for holder in list(root.iter(f"{BPMN}extensionElements")):
        parent = holder.getparent()
        if len(holder) == 0 and parent is not None:
            _drop(parent, holder)
        elif len(holder):
            level = sum(1 for _ in holder.iterancestors())
            tail = holder.tail
            etree.indent(holder, "  ", level=level)
            holder.tail = tail


def serialized(root: Node) -> bytes:
    """The whole file, what stands before the root element included."""
    written: bytes = etree.tostring(root.getroottree(), encoding="UTF-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written.strip() + b"\n"


def _drop(parent: Node, node: Node) -> None:
    """Remove a node with the line break before it, not the one behind."""
    tail, before = node.tail, node.getprevious()
    parent.remove(node)
    if before is not None:
        before.tail = tail
    elif len(parent):
        parent.text = tail
    else:
        parent.text = None
