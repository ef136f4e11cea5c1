"""What is drawn over each other, and messages, signals, errors and escalations nobody can tell
apart."""

from __future__ import annotations

import pytest

from engine.bpmn import Known, lint, parse
from engine.model import Finding
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    event_sub,
    flows,
    message,
    process,
    signal,
    start,
    timer,
    user,
)

DC = 'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
Box = tuple[float, float, float, float]


def page(**boxes: Box) -> str:
    """A drawing of these shapes (x, y, width, height)."""
    shapes = "".join(
        f'<bpmndi:BPMNShape bpmnElement="{name}"><dc:Bounds {DC} x="{x}" y="{y}" '
        f'width="{width}" height="{height}"/></bpmndi:BPMNShape>'
        for name, (x, y, width, height) in boxes.items()
    )
    return f"<bpmndi:BPMNDiagram><bpmndi:BPMNPlane>{shapes}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"


def found(content: bytes, rule: str) -> list[Finding]:
    return [one for one in lint(parse(content, "x"), Known()) if one.rule == rule]


INNER = el("subProcess", "sub", start("s2"), user("c"), end("e2"), flows("s2 c e2"))
DRAWN = process(
    start(), user("a"), user("b"), boundary("t", "a", timer("duration", "PT1H")), INNER, end(),
    end("e3"), flows("start a b sub end", "t e3"),
)  # fmt: skip


def overlapping(*pages: str) -> list[tuple[str | None, str]]:
    drawn = definitions(DRAWN, *pages)
    return [(one.element_id, one.en) for one in found(drawn, "no-overlapping-elements")]


def test_shapes_beside_each_other_and_boundary_events_are_well() -> None:
    assert overlapping(
        page(a=(0, 0, 100, 80), b=(100, 0, 100, 80), t=(40, 62, 36, 36),
             sub=(300, 0, 400, 200), c=(350, 50, 100, 80))
    ) == []  # fmt: skip


def test_shapes_over_each_other_are_told() -> None:
    ((element, en),) = overlapping(page(a=(0, 0, 100, 80), b=(50, 40, 100, 80)))
    assert element == "b"
    assert "“a”" in en


def test_what_lies_outside_of_its_sub_process_is_told() -> None:
    ((element, en),) = overlapping(page(sub=(300, 0, 400, 200), c=(650, 50, 100, 80)))
    assert element == "c"
    assert "outside" in en


def test_a_collapsed_sub_process_is_drawn_on_a_page_of_its_own() -> None:
    assert overlapping(page(sub=(300, 0, 100, 80)), page(c=(0, 0, 100, 80))) == []


@pytest.mark.parametrize("size", ["wide", "", "-"])
def test_a_drawing_that_cannot_be_read_is_left_out(size: str) -> None:
    broken = page(a=(0, 0, 100, 80), b=(50, 40, 100, 80)).replace('width="100"', f'width="{size}"')
    assert overlapping(broken) == []


def test_a_shape_of_nothing_is_left_out() -> None:
    assert overlapping(page(**{"": (300, 0, 50, 50), "a": (0, 0, 100, 80)})) == []


def test_definitions_that_cannot_be_told_apart() -> None:
    content = definitions(
        el("message", "m1", name="paid"), el("message", "m2", name="paid"),
        el("error", "e1", errorCode="NO"), el("signal", "s1", name="paid"),
        el("escalation", "x1", name="up", escalationCode="UP"),
        process(
            start("start", message("m1")), user("a"), boundary("b", "a", message("m2")),
            boundary("c", "a", event("error", "e1")), boundary("d", "a", signal("s1")), end(),
            event_sub("s", event("error", "e1"), end("e2"), flows("s-start e2")),
            flows("start a end", "b end", "c end", "d end"),
        ),
    )  # fmt: skip
    said = {one.element_id: (one.severity, one.zh) for one in found(content, "global")}
    assert said == {
        "m2": ("warning", "（消息）与另一个同名，容易选错。"),
        "e1": ("warning", "（错误）没有名称。"),
        "x1": ("warning", "（升级）没有被任何元素使用。"),
    }
