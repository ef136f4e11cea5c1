"""Files: versions, prefixes, and what is no DMN."""

from __future__ import annotations

import pytest

from engine.dmn import DmnInvalid, parse
from engine.dmn.reader import NAMESPACES
from engine.errors import Invalid
from engine.feel import to_json

from .writing import decision, definitions, literal, table


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
@pytest.mark.parametrize("prefix", ["", "dmn:"])
def test_every_version_under_any_prefix(namespace: str, prefix: str) -> None:
    declared = f"xmlns:dmn='{namespace}'" if prefix else f"xmlns='{namespace}'"
    text = (
        f"<{prefix}definitions {declared} namespace='n' name='n'>"
        f"<{prefix}decision id='d' name='d'><{prefix}literalExpression><{prefix}text>1 + n"
        f"</{prefix}text></{prefix}literalExpression></{prefix}decision></{prefix}definitions>"
    )
    found = parse(text.encode(), "x.dmn")

    assert to_json(found.evaluate("d", {"n": 2}).value) == 3


def test_types_with_prefixes_of_dmn_1_1() -> None:
    logic = table([("x", "feel:number")], [["> 1", '"a"']], outputs=[("o", "feel:string")])

    assert parse(definitions(decision("d", logic)), "x").evaluate("d", {"x": 2}).value == "a"


def test_the_version_tag_of_a_decision() -> None:
    tag = (
        "<extensionElements><zeebe:versionTag xmlns:zeebe='http://camunda.org/schema/zeebe/1.0' "
        "value='v2'/></extensionElements>"
    )
    found = parse(definitions(decision("a", tag + literal("1")), decision("b", literal("2"))), "x")

    assert found.decisions["a"].version_tag == "v2"
    assert found.decisions["b"].version_tag is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"not xml", "第 1 行不是正确的 XML"),
        (b"<a><b></a>", "第 1 行"),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "DOCTYPE"),
        (b"<!DOCTYPE l [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]><l>&b;</l>", "DOCTYPE"),
        (b"<a>" * 5000, "第 1 行"),
        (b" " * (11 * 1024 * 1024), "超过上限 10 MB"),
        (b"<bpmn xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>", "不是 DMN"),
        (b"<definitions/>", "不是 DMN"),
    ],
)
def test_what_is_no_dmn_is_refused_with_its_reason(content: bytes, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(content, "坏.dmn")
    assert words in caught.value.zh
    assert "坏.dmn" in caught.value.zh


@pytest.mark.parametrize(
    ("element", "rule", "line"),
    [
        (decision("d", literal("1 +")), "feel", 2),
        (decision("d", literal('uper case("x") +')), "feel", 2),
        (decision("d", table([("x", "")], [["> ", "1"]])), "feel", 2),
        (decision("d", table([("x", "")], [["1", "1 1"]])), "feel", 2),
        (decision("d", table([("x", "")], [["1"]])), "rule-width", 2),
        (decision("d", table([("x", "")], [["1", "1"]], policy="SOME")), "hit-policy", 2),
        (decision("d", table([("x", "")], [["1", "1"]], outputs=[])), "no-output", 2),
        (decision("d", table([("x", "")], [["1", "1"]] * 10_001)), "too-many-rules", 2),
        (decision("d", "<conditional><if/></conditional>"), "missing-expression", 2),
        (decision("d", "") + decision("d", ""), "duplicate-id", 3),
        (
            "<decision id='d' name='d'><informationRequirement><requiredInput href='#gone'/>"
            "</informationRequirement></decision>",
            "reference",
            2,
        ),
        (
            "<decision id='d' name='d'><literalExpression expressionLanguage='http://java'>"
            "<text>x</text></literalExpression></decision>",
            "feel",
            2,
        ),
        (
            "<businessKnowledgeModel id='b' name='b'><encapsulatedLogic kind='Java'>"
            "<literalExpression><text>1</text></literalExpression></encapsulatedLogic>"
            "</businessKnowledgeModel>",
            "feel",
            2,
        ),
        ("<itemDefinition name='t'><typeRef>t</typeRef></itemDefinition>", "item-type", 2),
        (
            "<import name='o' namespace='gone' importType='http://www.omg.org/spec/DMN/'/>",
            "import",
            None,
        ),
    ],
)
def test_what_cannot_run_is_a_finding_with_its_line(
    element: str, rule: str, line: int | None
) -> None:
    with pytest.raises(DmnInvalid) as caught:
        parse(definitions(element), "x.dmn")
    found = caught.value.findings
    assert [(one.rule, one.severity, one.line) for one in found][:1] == [(rule, "error", line)]
    assert found[0].zh
    assert found[0].en


def test_all_findings_come_at_once() -> None:
    with pytest.raises(DmnInvalid) as caught:
        parse(definitions(decision("a", literal("1 +")), decision("b", literal("("))), "x.dmn")
    assert [one.line for one in caught.value.findings] == [2, 3]
    assert "另有 1 处" in caught.value.zh


def test_a_wrong_cell_is_named_by_rule_and_column() -> None:
    with pytest.raises(DmnInvalid) as caught:
        parse(definitions(decision("d", table([("金额", "")], [["1", "1"], ["> x y(", "2"]]))), "x")
    assert caught.value.findings[0].zh.startswith("规则 2，列“金额”：第 ")
    assert caught.value.findings[0].element_id == "rule2"
