"""What lint finds: each fault with its rule, its element, its line and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bpmn import Known, lint, parse
from engine.model import Finding
from tests.unit.bpmn.faults import ERRORS, WHO, around
from tests.unit.bpmn.misplaced import MISPLACED, UNSUPPORTED
from tests.unit.bpmn.drawing import (
    message_definition,
    message,
    boundary,
    timer,
    definitions,
    el,
    end,
    ext,
    flows,
    process,
    script,
    service,
    start,
    user,
    z,
)


def found(content: bytes, known: Known | None = None, *, quiet: bool = True) -> list[Finding]:
    """The findings; with ``quiet`` without those about missing drawings and labels."""
    findings = lint(parse(content, "x.bpmn"), known or Known())
    drawn = ("no-bpmndi", "label-required")
    return [one for one in findings if not (quiet and one.rule in drawn)]


def test_a_good_diagram_has_no_findings() -> None:
    assert found(around(user("a", WHO))) == []


def test_every_finding_says_where_and_what_to_do() -> None:
    (finding,) = found(around(el("serviceTask", "a", name="通知")))
    assert finding.rule == "definition-required"
    assert (finding.file, finding.line) == ("x.bpmn", 4)
    assert (finding.element_id, finding.element_name) == ("a", "通知")
    assert finding.zh == "没有任务定义（作业类型）。"
    assert finding.en == "lacks a task definition (job type)."
    assert "mail.send" in finding.remedy_zh
    assert "mail.send" in finding.remedy_en


@pytest.mark.parametrize("case", ERRORS)
def test_error(case: str) -> None:
    content, rule, element = ERRORS[case]
    findings = [one for one in found(content) if one.severity == "error"]
    assert (rule, element) in {(one.rule, one.element_id or "") for one in findings}
    for finding in findings:
        assert finding.file == "x.bpmn"
        assert finding.zh
        assert finding.en
        assert finding.line or finding.rule in ("executable-process", "camunda-7")


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_cannot_run_is_refused_even_where_it_cannot_be_reached(case: str) -> None:
    content = definitions(process(start(), end(), flows("start end"), UNSUPPORTED[case]))
    findings = [one for one in found(content) if one.rule == "unsupported"]
    assert "a" in {one.element_id for one in findings}
    assert all(one.remedy_zh and one.remedy_en for one in findings)


@pytest.mark.parametrize("case", MISPLACED)
def test_what_stands_in_the_wrong_place_is_refused(case: str) -> None:
    content, rule = MISPLACED[case]
    known = el("error", "e", errorCode="NO") + el("signal", "sig", name="alarm")
    known += message_definition("m", "note")
    whole = definitions(known, process(start(), end(), flows("start end"), content))
    (finding, *_) = [one for one in found(whole) if one.rule == rule and one.element_id == "a"]
    assert finding.severity == "error"
    assert finding.remedy_zh
    assert finding.remedy_en


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (around(el("intermediateCatchEvent", "a", timer("date", "2020-01-01"))), "timer-past"),
        (around(user("a")), "assignment"),
        (definitions(process(start(), user("a", WHO), flows("start a"))), "end-event-required"),
        (definitions(process(start(), user("a", WHO), end("e"), flows("start a"))),
         "no-implicit-end"),
        (definitions(process(start(), user("a", WHO), end(), end("e2"),
                             flows("start a end", "a e2"))), "no-implicit-split"),
    ],
)  # fmt: skip
def test_warning(content: bytes, rule: str) -> None:
    assert rule in {one.rule for one in found(content) if one.severity == "warning"}


def test_missing_drawings_are_warnings_and_missing_labels_hints() -> None:
    findings = found(around(user("a", WHO)), quiet=False)
    severities = {(one.rule, one.severity) for one in findings}
    assert severities == {("no-bpmndi", "warning"), ("label-required", "info")}


def test_references_are_checked_against_what_is_known() -> None:
    call = el("callActivity", "c", ext(z("calledElement", processId="child")))
    rule = el("businessRuleTask", "d", ext(z("calledDecision", decisionId="route",
                                            resultVariable="r")))  # fmt: skip
    content = definitions(
        process(
            start(), user("a", WHO, z("formDefinition", formId="handel")), call, rule,
            service("w", "mail.send"), end(), flows("start a c d w end"),
        )
    )  # fmt: skip
    assert found(content) == []
    known = Known(frozenset(), frozenset(), frozenset({"handle"}), frozenset())
    findings = {one.element_id: one for one in found(content, known)}
    assert {key: one.severity for key, one in findings.items()} == {
        "a": "error",
        "c": "error",
        "d": "error",
        "w": "warning",
    }
    assert "handle" in findings["a"].remedy_zh
    good = Known(
        frozenset({"child"}), frozenset({"route"}), frozenset({"handel"}), frozenset({"mail.send"})
    )
    assert found(content, good) == []


def test_the_position_of_a_feel_error_is_told() -> None:
    (finding,) = found(around(script("a", "x", "=a +* b")))
    assert "第 4 个字符" in finding.zh


def test_collaborations_and_pictures_do_not_disturb() -> None:
    content = definitions(
        el("collaboration", "c", el("participant", "pool", processRef="p")),
        process(
            el("laneSet", "ls", el("lane", "l")), start(), user("a", WHO), end(),
            flows("start a end"), el("textAnnotation", "t"), el("association", "as"),
            el("group", "g"), el("dataObjectReference", "d"),
        ),
        el("process", "other", el("complexGateway", "x"), isExecutable="false"),
    )  # fmt: skip
    assert found(content) == []


DATA = Path(__file__).parents[4] / "shared" / "data" / "camunda-bpm-examples"


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no sample diagrams at {DATA}")
def test_strangers_diagrams_get_findings_not_crashes() -> None:
    files = sorted(DATA.rglob("*.bpmn"))
    assert len(files) > 20
    for file in files:
        findings = lint(parse(file.read_bytes(), file.name), Known())
        assert any(one.severity == "error" for one in findings), file


@pytest.mark.parametrize("name", ["action.form", "mail.form", "sms.form"])
def test_the_form_of_a_button_and_of_an_answer_must_exist(name: str) -> None:
    button = z("properties", z("property", name=name, value="urge"))
    content = around(
        user("a", WHO),
        boundary("b", "a", message("m"), button, interrupting=False),
        flows("b end"),
        before=message_definition("m", "催办"),
    )
    assert found(content, Known(forms=frozenset({"urge"}))) == []
    (finding,) = found(content, Known(forms=frozenset()))
    assert (finding.rule, finding.element_id) == ("missing-reference", "b")
