"""The report in HTML, the drawings in it, and JUnit's XML."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from engine.errors import Invalid
from engine.scenarios.drawing import draw
from tests.scenarios.complaint import FOLDER
from tests.scenarios.steps import Step, create, is_, of
from tests.unit.bpmn.drawing import definitions, el, end, flows, process, start, user
from web.commands.test import command

SVG = "{http://www.w3.org/2000/svg}"
JUDGED = {"type": "ASSERT_VARIABLE", **of(), "variableName": "reply",
          "satisfiesJudge": {"expectation": "polite & short"}}


def drawn(diagram: bytes, *shapes: str) -> bytes:
    """A diagram with a shape for each element, side by side."""
    boxes = "".join(
        f'<bpmndi:BPMNShape bpmnElement="{one}"><dc:Bounds x="{index * 150}" y="80" width="100" '
        f'height="80"/></bpmndi:BPMNShape>' for index, one in enumerate(shapes)
    )
    edge = (
        '<bpmndi:BPMNEdge bpmnElement="start-work"><di:waypoint x="100" y="120"/>'
        '<di:waypoint x="150" y="120"/></bpmndi:BPMNEdge>'
    )
    plane = f"<bpmndi:BPMNDiagram><bpmndi:BPMNPlane>{boxes}{edge}</bpmndi:BPMNPlane>" \
        "</bpmndi:BPMNDiagram></bpmn:definitions>"
    spaces = 'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" ' \
        'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:zeebe='
    text = diagram.decode().replace("</bpmn:definitions>", plane)
    return text.replace("xmlns:zeebe=", spaces, 1).encode()


DIAGRAM = drawn(
    definitions(process(start(), user("work", name='审核 <b>"重要"</b> & 说明'), end(),
                        flows("start work end"))),
    "start", "work", "end",
)


def states(svg: str) -> dict[str, str]:
    """Class of each shape and edge by its title."""
    root = ElementTree.fromstring(svg)
    return {
        str(group.findtext(f"{SVG}title")): str(group.get("class"))
        for group in root.iter(f"{SVG}g")
    }


def run(folder: Path, *cases: tuple[str, list[Step]]) -> tuple[str, ElementTree.Element]:
    (folder / "p.bpmn").write_bytes(DIAGRAM)
    text = json.dumps({"testCases": [{"name": n, "instructions": i} for n, i in cases]})
    (folder / "p.test.json").write_text(text, encoding="utf-8")
    html, junit = folder / "r.html", folder / "r.xml"
    CliRunner().invoke(command, [str(folder), "--report", str(html), "--junit", str(junit)])
    return html.read_text("utf-8"), ElementTree.fromstring(junit.read_bytes())


def test_what_was_passed_is_drawn_as_passed() -> None:
    found = states(draw(DIAGRAM, "p.bpmn", {"start", "start-work", "work"}))
    assert found == {
        "start": "passed", '审核 <b>"重要"</b> & 说明（work）': "passed", "end": "missed",
        "start-work": "passed",
    }


def test_a_file_without_drawing_gives_none() -> None:
    assert draw(definitions(process(start())), "p.bpmn", ()) == ""
    with pytest.raises(Invalid):
        draw(b"<", "p.bpmn", ())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.bpmn")), ids=lambda path: path.stem)
def test_every_shape_and_flow_of_the_shipped_diagrams_is_drawn(path: Path) -> None:
    content = path.read_bytes()
    root = ElementTree.fromstring(draw(content, path.name, ()))
    di = "{http://www.omg.org/spec/BPMN/20100524/DI}"
    source = ElementTree.fromstring(content)
    shapes = [*source.iter(f"{di}BPMNShape"), *source.iter(f"{di}BPMNEdge")]
    assert len(list(root.iter(f"{SVG}g"))) == len(shapes)
    x, y, width, height = (float(one) for one in root.get("viewBox", "").split())
    for circle in root.iter(f"{SVG}circle"):
        assert x < float(circle.get("cx", "")) < x + width
        assert y < float(circle.get("cy", "")) < y + height


def test_long_names_are_broken_into_lines_that_fit() -> None:
    name = "核定回复时限并且通知客户经理与现场主管 immediately"
    diagram = drawn(definitions(process(el("task", "work", name=name))), "work")
    lines = [str(one.text) for one in
             ElementTree.fromstring(draw(diagram, "p", ())).iter(f"{SVG}tspan")]
    assert "".join(lines).replace(" ", "") == name.replace(" ", "")
    assert len(lines) > 1
    assert max(map(len, lines)) <= 11


def test_the_report_says_all_and_loads_nothing(tmp_path: Path) -> None:
    html, _ = run(tmp_path, ("好 <1>", [create()]),
                  ("坏", [create(), is_("IS_COMPLETED")]), ("问", [create(reply="hi"), JUDGED]))
    assert "3 个场景：通过 1，失败 1，未判定 1" in html
    assert "好 &lt;1&gt;" in html
    assert "第 2 步 ASSERT_PROCESS_INSTANCE：" in html
    assert "期望 IS_COMPLETED，实际 IS_ACTIVE" in html
    assert "<b>&quot;重要" not in html
    assert "未经过：end、work-end" in html
    assert len(re.findall(r"<svg [^>]*role=\"img\"", html)) == 1
    assert not re.search(r"(?:src|href)=|@import|url\((?!#)|<script", html)


def test_junit_counts_what_failed_and_what_was_not_judged(tmp_path: Path) -> None:
    _, junit = run(tmp_path, ("a\u0001", [create()]), ("b", [create(), is_("IS_COMPLETED")]),
                   ("c", [create(reply="hi"), JUDGED]))
    (suite,) = junit.iter("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    names = [one.get("name") for one in junit.iter("testcase")]
    assert names == ["a", "b", "c"]
    (failure,) = junit.iter("failure")
    assert "期望 IS_COMPLETED" in str(failure.text)
    (skipped,) = junit.iter("skipped")
    assert "polite & short" in str(skipped.get("message"))


def test_an_undecided_case_does_not_fail_the_run_but_is_told(tmp_path: Path) -> None:
    run(tmp_path, ("c", [create(reply="hi"), JUDGED]))
    result = CliRunner().invoke(command, [str(tmp_path)])
    assert result.exit_code == 0
    assert "未判定  c" in result.output
    assert "1 个场景，通过 0，失败 0，未判定 1。" in result.output
