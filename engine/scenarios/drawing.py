"""Draws a diagram file as SVG, what was passed in one colour and what was not in another.

Source: BPMN 2.0.2, chapter 12 (Diagram Interchange), and the shapes of chapter 7."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Any
from unicodedata import east_asian_width

from engine.scenarios.symbols import EVENTS, GATEWAYS, TASKS
from engine.xml import local_name, parse_xml

STYLE = """
.passed{--ink:#12783f;--fill:#e3f5e9}.missed{--ink:#8a9099;--fill:#f4f5f6}
.plain{--ink:#8a9099;--fill:none}
.shape,.lane{fill:var(--fill);stroke:var(--ink);stroke-width:1.5}.lane{fill:none;stroke-width:1}
.open{fill:none}.thick{stroke-width:3.5}.dashed{stroke-dasharray:5 3}
.line{fill:none;stroke:var(--ink);stroke-width:1.5}.faint{stroke-dasharray:2 3;stroke-width:1}
.sign{fill:none;stroke:var(--ink);stroke-width:1.4;vector-effect:non-scaling-stroke}
.full{fill:var(--ink);stroke:var(--fill)}
.label{fill:#1c2127;font:11px/1.25 sans-serif}.missed .label{fill:#5d646d}
"""
TIPS = (
    '<svg width="0" height="0" aria-hidden="true"><defs>'
    + "".join(
        f'<marker id="tip-{state}" class="{state}" viewBox="0 0 10 10" refX="10" refY="5" '
        'markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 1L10 5L0 9Z" fill="var(--ink)"/></marker>'
        for state in ("passed", "missed", "plain")
    )
    + "</defs></svg>"
)

_SIZE = 11
"""Of letters."""
_MARGIN = 12
_BIG = frozenset({"subProcess", "transaction", "adHocSubProcess"})
_FRAMES = frozenset({"participant", "lane"})


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class _Shape:
    id: str
    node: Any
    box: Box
    label: Box | None
    expanded: bool
    upright: bool


@dataclass(frozen=True, slots=True)
class _Edge:
    id: str
    node: Any
    points: tuple[tuple[float, float], ...]
    label: Box | None


def draw(content: bytes, filename: str, passed: Collection[str]) -> str:
    """The file's drawing as an ``<svg>`` element, or "" where it has none. ``passed`` are ids of
    elements and flows. The page around it has the style and the arrow heads (``STYLE``,
    ``TIPS``). Raises Invalid if the file is no XML."""
    root = parse_xml(content, filename)
    nodes: dict[str, Any] = {str(node.get("id")): node for node in root.iter() if node.get("id")}
    shapes, edges = list(_shapes(root, nodes)), list(_edges(root, nodes))
    if not shapes:
        return ""
    # What contains others is drawn before them.
    shapes.sort(key=lambda one: -one.box.width * one.box.height)
    parts = [_shape(one, passed) for one in shapes if _holds(one)]
    parts += [_edge(one, passed) for one in edges]
    parts += [_shape(one, passed) for one in shapes if not _holds(one)]
    return _frame(_extent(shapes, edges), "".join(parts))


def _holds(shape: _Shape) -> bool:
    kind = local_name(shape.node)
    return kind in _FRAMES or (kind in _BIG and shape.expanded)


# -- reading


def _shapes(root: Any, nodes: dict[str, Any]) -> Iterator[_Shape]:
    for one in root.iter("{*}BPMNShape"):
        node, box = nodes.get(one.get("bpmnElement", "")), _box(one)
        if node is not None and box is not None:
            yield _Shape(
                node.get("id"), node, box, _label(one), one.get("isExpanded") != "false",
                one.get("isHorizontal") != "false",
            )


def _edges(root: Any, nodes: dict[str, Any]) -> Iterator[_Edge]:
    for one in root.iter("{*}BPMNEdge"):
        node = nodes.get(one.get("bpmnElement", ""))
        points = tuple(
            (_number(point.get("x")), _number(point.get("y"))) for point in one.iter("{*}waypoint")
        )
        if node is not None and len(points) > 1:
            yield _Edge(node.get("id"), node, points, _label(one))


def _box(shape: Any) -> Box | None:
    found = shape.find("{*}Bounds")
    if found is None:
        return None
    return Box(*(_number(found.get(name)) for name in ("x", "y", "width", "height")))


def _label(shape: Any) -> Box | None:
    found = shape.find("{*}BPMNLabel")
    return None if found is None else _box(found)


def _number(text: str | None) -> float:
    try:
        found = round(float(text or 0), 1)
    except ValueError:
        return 0.0
    return found if isfinite(found) else 0.0


def _extent(shapes: list[_Shape], edges: list[_Edge]) -> Box:
    boxes = [one.box for one in shapes]
    labels = [*(one.label for one in shapes), *(one.label for one in edges)]
    boxes += [one for one in labels if one is not None]
    xs = [x for one in edges for x, _ in one.points]
    ys = [y for one in edges for _, y in one.points]
    left = min([one.x for one in boxes] + xs) - _MARGIN
    top = min([one.y for one in boxes] + ys) - _MARGIN
    right = max([one.x + one.width for one in boxes] + xs) + _MARGIN
    # A label without a place of its own stands below its shape.
    bottom = max([one.y + one.height for one in boxes] + ys) + _MARGIN + 2 * _SIZE
    return Box(left, top, right - left, bottom - top)


def _frame(box: Box, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{box.width:g}" '
        f'height="{box.height:g}" viewBox="{box.x:g} {box.y:g} {box.width:g} {box.height:g}">'
        f"{inside}</svg>"
    )


# -- drawing


def _edge(edge: _Edge, passed: Collection[str]) -> str:
    kind = local_name(edge.node)
    points = " ".join(f"{x:g},{y:g}" for x, y in edge.points)
    flow = kind == "sequenceFlow"
    state = _state(edge.id, passed, flow)
    tip = f' marker-end="url(#tip-{state})"' if kind in ("sequenceFlow", "messageFlow") else ""
    name = edge.node.get("name") or ""
    middle = edge.points[len(edge.points) // 2]
    place = edge.label or Box(middle[0] - 40, middle[1] - 18, 80, 14)
    return (
        f'<g class="{state}">{_title(edge.node)}'
        f'<polyline class="line{"" if flow else " faint"}" points="{points}"{tip}/>'
        f"{_text(name, place, hang=True)}</g>"
    )


def _shape(shape: _Shape, passed: Collection[str]) -> str:
    kind = local_name(shape.node)
    counted = kind in _BIG or kind.endswith(("Event", "Task", "Gateway", "Activity", "task"))
    if kind.endswith("Event"):
        body = _event(shape, kind)
    elif kind.endswith("Gateway"):
        body = _gateway(shape, kind)
    elif kind in _FRAMES:
        body = _lane(shape)
    elif counted:
        body = _activity(shape, kind)
    else:
        body = _other(shape, kind)
    state = _state(shape.id, passed, counted)
    return f'<g class="{state}">{_title(shape.node)}{body}</g>'


def _state(id_: str, passed: Collection[str], counted: bool) -> str:
    if not counted:
        return "plain"
    return "passed" if id_ in passed else "missed"


def _title(node: Any) -> str:
    name, id_ = node.get("name") or "", node.get("id") or ""
    return f"<title>{escape(f'{name}（{id_}）' if name else id_)}</title>"


def _event(shape: _Shape, kind: str) -> str:
    (x, y), radius = shape.box.middle, shape.box.width / 2
    dashed = shape.node.get("cancelActivity") == "false" or (
        kind == "startEvent" and shape.node.get("isInterrupting") == "false"
    )
    style = "shape thick" if kind == "endEvent" else "shape"
    parts = [_circle(x, y, radius, f"{style} dashed" if dashed else style)]
    if kind.startswith("intermediate") or kind == "boundaryEvent":
        parts.append(_circle(x, y, radius - 3, "shape dashed" if dashed else "shape"))
    definition = next(
        (local_name(one) for one in shape.node if local_name(one).endswith("EventDefinition")), ""
    )
    sign = EVENTS.get(definition.removesuffix("EventDefinition"))
    if sign is not None:
        full = kind in ("endEvent", "intermediateThrowEvent")
        parts.append(_sign(sign, x, y, radius * 0.62, full=full))
    return "".join(parts) + _below(shape)


def _circle(x: float, y: float, radius: float, style: str) -> str:
    return f'<circle class="{style}" cx="{x:g}" cy="{y:g}" r="{radius:g}"/>'


def _gateway(shape: _Shape, kind: str) -> str:
    (x, y), box = shape.box.middle, shape.box
    corners = (
        f"{x:g},{box.y:g} {box.x + box.width:g},{y:g} {x:g},{box.y + box.height:g} {box.x:g},{y:g}"
    )
    sign = _sign(GATEWAYS[kind], x, y, box.width * 0.3, full=False) if kind in GATEWAYS else ""
    return f'<polygon class="shape" points="{corners}"/>{sign}{_below(shape)}'


def _activity(shape: _Shape, kind: str) -> str:
    style = "shape thick" if kind == "callActivity" else "shape"
    if shape.node.get("triggeredByEvent") == "true":
        style += " dashed"
    if _holds(shape):
        style += " open"
    box, name = shape.box, shape.node.get("name") or ""
    parts = [_rect(box, style, 10)]
    if kind in TASKS:
        parts.append(_sign(TASKS[kind], box.x + 13, box.y + 13, 8, full=False))
    if kind in _BIG and shape.expanded:
        parts.append(_text(name, Box(box.x, box.y + 4, box.width, _SIZE * 1.4), hang=True))
    else:
        parts.append(_text(name, box))
    parts.append(_repeats(shape))
    return "".join(parts)


def _repeats(shape: _Shape) -> str:
    """The mark of a multi-instance activity at its lower edge."""
    x, bottom = shape.box.middle[0], shape.box.y + shape.box.height
    loop = shape.node.find("{*}multiInstanceLoopCharacteristics")
    if loop is None:
        return ""
    lying = loop.get("isSequential") == "true"
    return _sign(
        "M-.6-.5H.6 M-.6 0H.6 M-.6.5H.6" if lying else "M-.5-.6V.6 M0-.6V.6 M.5-.6V.6",
        x, bottom - 9, 8, full=False,
    )


def _lane(shape: _Shape) -> str:
    box, name = shape.box, escape(shape.node.get("name") or "")
    if not shape.upright:
        return _rect(box, "lane", 0) + _text(
            shape.node.get("name") or "", Box(box.x, box.y + 6, box.width, 14), hang=True
        )
    x, y = box.x + 18, box.middle[1]
    return (
        f'{_rect(box, "lane", 0)}<text class="label" transform="rotate(-90 {x:g} {y:g})" '
        f'x="{x:g}" y="{y:g}" text-anchor="middle">{name}</text>'
    )


def _other(shape: _Shape, kind: str) -> str:
    if kind == "textAnnotation":
        box = shape.box
        edge = f"M{box.x + 10:g} {box.y:g}H{box.x:g}V{box.y + box.height:g}H{box.x + 10:g}"
        text = shape.node.findtext("{*}text") or ""
        return f'<path class="line faint" d="{edge}"/>{_text(text, box)}'
    return _rect(shape.box, "lane", 2) + _below(shape)


def _rect(box: Box, style: str, radius: int) -> str:
    return (
        f'<rect class="{style}" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="{radius}"/>'
    )


def _sign(path: str, x: float, y: float, size: float, *, full: bool) -> str:
    style = "sign full" if full else "sign"
    return (
        f'<path class="{style}" transform="translate({x:g} {y:g}) scale({size:.3g})" d="{path}"/>'
    )


def _below(shape: _Shape) -> str:
    box = shape.box
    place = shape.label or Box(box.middle[0] - 45, box.y + box.height + 4, 90, 2 * _SIZE)
    return _text(shape.node.get("name") or "", place, hang=True)


def _text(text: str, box: Box, *, hang: bool = False) -> str:
    """Lines in the middle of the box; with ``hang``, from its upper edge down."""
    if not text.strip():
        return ""
    leading = _SIZE * 1.25
    room = max(1, int((box.height - 4) // leading)) if not hang else 4
    lines = _wrapped(text, max(box.width, 60 if hang else 0) - 6)
    if len(lines) > room:
        lines = [*lines[: room - 1], f"{lines[room - 1][:-1]}…"]
    x, middle = box.middle
    top = box.y + _SIZE if hang else middle - leading * (len(lines) - 1) / 2 + _SIZE * 0.35
    spans = "".join(
        f'<tspan x="{x:g}" y="{top + index * leading:g}">{escape(line)}</tspan>'
        for index, line in enumerate(lines)
    )
    return f'<text class="label" text-anchor="middle">{spans}</text>'


def _wrapped(text: str, width: float) -> list[str]:
    """Lines no wider than ``width``: Latin words whole where they fit, Chinese anywhere."""
    lines, line = [], ""
    for piece in _pieces(text):
        if piece == "\n" or (line and _width(line + piece.rstrip()) > width):
            lines.append(line.rstrip())
            line = ""
        line += piece.lstrip() if not line else piece
    return [one for one in [*lines, line.rstrip()] if one]


def _pieces(text: str) -> Iterator[str]:
    word = ""
    for letter in text:
        if letter.isspace() or _wide(letter):
            yield from filter(None, (word, "\n" if letter == "\n" else letter))
            word = ""
        else:
            word += letter
    if word:
        yield word


def _width(text: str) -> float:
    return sum(_SIZE if _wide(letter) else _SIZE * 0.56 for letter in text)


def _wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"
