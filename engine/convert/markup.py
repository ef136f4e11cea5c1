"""Writing our part into the XML of a file, and laying out the result."""

from __future__ import annotations

from lxml import etree

from engine.convert.foreign import BPMN, TAKEN, Node, is_element

ZEEBE_NS = "http://camunda.org/schema/zeebe/1.0"
ZEEBE = f"{{{ZEEBE_NS}}}"
MODELER_NS = "http://camunda.org/schema/modeler/1.0"


def pop(node: Node, name: str) -> str:
    """Remove an attribute of BPMN's own; its text, "" where there is none."""
    return str(node.attrib.pop(name, "")).strip()


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
    for taken in list(root.iter(f"{TAKEN}*")):
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
