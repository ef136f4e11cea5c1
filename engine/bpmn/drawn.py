"""Reads where shapes are drawn (BPMN DI)."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.diagram import Bounds

_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_BOUNDS = "{http://www.omg.org/spec/DD/20100524/DC}Bounds"


def bounds(root: etree._Element) -> dict[str, Bounds]:
    """By the id of what is drawn; of what is drawn twice the first. What is drawn wrongly is
    left out."""
    found: dict[str, Bounds] = {}
    for number, plane in enumerate(root.iter(f"{_DI}BPMNPlane")):
        for shape in plane.iter(f"{_DI}BPMNShape"):
            box = _box(shape.find(_BOUNDS), number)
            if box is not None:
                found.setdefault(shape.get("bpmnElement", ""), box)
    return found


def _box(node: etree._Element | None, plane: int) -> Bounds | None:
    if node is None:
        return None
    try:
        x, y, width, height = (float(node.get(one, "")) for one in ("x", "y", "width", "height"))
    except ValueError:
        return None
    return Bounds(x, y, width, height, plane)
