"""DMN of other engines, judged by what our engine decides with it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine import dmn
from engine.model import Json
from tests.unit.convert.foreign import converted, finding, rules

NAMESPACES = (
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
    "http://www.omg.org/spec/DMN/20151101",
    "http://www.omg.org/spec/DMN/20130901",
)


def table(
    expression: str,
    cell: str,
    output: str = '"yes"',
    attributes: str = "",
    language: str = "",
    space: str = NAMESPACES[0],
    extension: str = "http://camunda.org/schema/1.0/dmn",
) -> bytes:
    said = f' expressionLanguage="{language}"' if language else ""
    return (
        f'<definitions xmlns="{space}" xmlns:x="{extension}" id="d" name="d" namespace="n">'
        '<decision id="rate" name="rate" x:historyTimeToLive="P7D" x:versionTag="3">'
        f'<decisionTable hitPolicy="FIRST"><input id="i"{attributes}>'
        f'<inputExpression typeRef="integer"{said}><text>{expression}</text></inputExpression>'
        '</input><output name="result" typeRef="string"/>'
        f'<rule id="r1"><inputEntry{said}><text>{cell}</text></inputEntry>'
        f"<outputEntry{said}><text>{output}</text></outputEntry></rule>"
        '<rule id="r2"><inputEntry><text></text></inputEntry><outputEntry><text>"no"</text>'
        "</outputEntry></rule></decisionTable></decision></definitions>"
    ).encode()


def decide(content: bytes, variables: Mapping[str, Json]) -> Json:
    result = converted(content, "rate.dmn")
    model = dmn.parse(result.files[0].content, "rate.dmn")
    return model.evaluate("rate", variables).value


@pytest.mark.parametrize(
    ("expression", "cell", "attributes", "language", "inside", "outside"),
    [
        ("x", "[5..8]", "", "", 6, 9),
        ("x", "&gt; 5", "", "", 6, 5),
        ("x", "cellInput &gt; 5 and cellInput &lt; 8", "", "", 6, 8),
        ("x", "count &gt; 5", ' x:inputVariable="count"', "", 6, 5),
        ("x", "cellInput &gt; 5 &amp;&amp; cellInput != 7", "", "juel", 6, 7),
        ("x", "${count == 6 || count == 8}", ' x:inputVariable="count"', "juel", 8, 7),
        ("${x + 1}", "cellInput == 7", "", "juel", 6, 7),
        ("x", "cellInput === 6 || cellInput > 100", "", "javascript", 6, 7),
        ("x", "cellInput == 6", "", "groovy", 6, 7),
        ("x", "== 6", "", "", 6, 7),
        ("x", "!= 6", "", "", 7, 6),
    ],
)
def test_tables_decide_the_same(
    expression: str, cell: str, attributes: str, language: str, inside: int, outside: int
) -> None:
    output = '"yes"' if language != "juel" else "'yes'"
    content = table(expression, cell, output, attributes, language)
    assert decide(content, {"x": inside}) == "yes"
    assert decide(content, {"x": outside}) == "no"


@pytest.mark.parametrize("cell", ["== 'ab'", ".startsWith('a')", "'ab'", "\"ab\"", "!= 'zz'"])
def test_flowable_cells(cell: str) -> None:
    content = table("s", cell, "'yes'", extension="http://flowable.org/dmn").replace(
        b' typeRef="integer"', b""
    )
    assert decide(content, {"s": "ab"}) == "yes"
    if not cell.startswith("!="):
        assert decide(content, {"s": "ba"}) == "no"


@pytest.mark.parametrize("space", NAMESPACES)
def test_every_name_of_the_standard_is_read(space: str) -> None:
    assert decide(table("x", "&gt; 5", space=space), {"x": 6}) == "yes"


def test_types_and_tags_become_ours() -> None:
    result = converted(table("x", "&gt; 5"), "rate.dmn")
    text = result.files[0].content.decode()
    assert 'typeRef="number"' in text
    assert "versionTag" in text
    assert 'value="3"' in text
    assert "camunda.org/schema/1.0" not in text
    assert rules(result) == {"dropped": "info", "type": "info"}


@pytest.mark.parametrize(
    ("cell", "language"),
    [("bean.check(cellInput)", "juel"), ("if (x) { 1 }", "javascript"), ("x", "jython")],
)
def test_what_feel_cannot_say_is_a_decision_and_refused_later(cell: str, language: str) -> None:
    result = converted(table("x", cell, language=language), "rate.dmn")
    assert rules(result)["expression"] == "error"
    found = next(one for one in result.findings if one.rule == "expression")
    assert found.file == "rate.dmn"
    assert found.line == 1
    with pytest.raises(dmn.DmnInvalid):
        dmn.parse(result.files[0].content, "rate.dmn")


def test_scripts_that_were_translated_must_be_checked() -> None:
    result = converted(table("x", "cellInput > 5", "'yes'", language="groovy"), "rate.dmn")
    assert {one.severity for one in result.findings if one.rule == "script-expression"} == {
        "warning"
    }


def test_foreign_parts_are_reported() -> None:
    content = table("x", "5").replace(b'<input id="i">', b'<input id="i" x:color="red">')
    assert "color=red" in finding(converted(content, "rate.dmn"), "extension-dropped").en
