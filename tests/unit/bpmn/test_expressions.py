"""Texts: FEEL or static, their types, and what happens when they go wrong."""

from __future__ import annotations

import pytest

from engine.bpmn import Known, lint, parse
from engine.bpmn.expressions import Text, Trouble, known_functions, nested, short, variables_of
from engine.errors import Invalid
from engine.feel import FeelSyntaxError
from tests.unit.bpmn.drawing import (
    definitions,
    el,
    end,
    ext,
    flows,
    io,
    message,
    message_definition,
    process,
    script,
    service,
    start,
    user,
    z,
)
from tests.unit.bpmn.harness import bench

WHAT = ("“受理”的办理人", "assignee of “受理”")


def text(source: str) -> Text:
    return Text(source, known_functions({}), WHAT)


def test_static_and_feel() -> None:
    assert text("网络部").evaluate({}) == "网络部"
    assert text("= x + 1").evaluate({"x": 1}) == 2
    assert text("5").string({}) == "5"
    assert text("=5.5").string({}) == "5.5"
    assert text("12").integer({}) == 12
    assert text("a, b,,").strings({}) == ("a", "b")
    assert text('=["a", "b", "a"]').strings({}) == ("a", "b")
    assert text("=null").strings({}) == ()


@pytest.mark.parametrize(
    ("source", "method"),
    [
        ("=[1]", "string"),
        ("=true", "string"),
        ("=[1]", "strings"),
        ("=3", "strings"),
        ("=1.5", "integer"),
        ("=true", "integer"),
        ("abc", "integer"),
        ('="true"', "truth"),
        ("=null", "truth"),
        ("=1", "truth"),
    ],
)
def test_wrong_types_are_troubles_that_name_place_and_value(source: str, method: str) -> None:
    with pytest.raises(Trouble) as error:
        getattr(text(source), method)({})
    assert error.value.kind == "EXTRACT_VALUE_ERROR"
    assert "“受理”的办理人" in error.value.zh
    assert source in error.value.en


@pytest.mark.parametrize(
    "source",
    [
        "=for i in 1..100000000 return i",
        '=string join(for i in 1..100000 return "xxxxxxxxxxxxxxxxxxxxxxxxxxx")',
        "=assert(x, x != null)",
    ],
)
def test_what_feel_refuses_is_a_trouble(source: str) -> None:
    with pytest.raises(Trouble) as error:
        text(source).evaluate({}, "IO_MAPPING_ERROR")
    assert error.value.kind == "IO_MAPPING_ERROR"


def test_what_is_no_feel_cannot_be_made() -> None:
    with pytest.raises(FeelSyntaxError):
        text("=1 +")


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('=cycle(3, duration("PT1H"))', "R3/PT1H"),
        ('=cycle(duration("P1D"))', "R/P1D"),
        ('=cycle(null, duration("P1D"))', "R/P1D"),
        ("=cycle(3)", None),
        ('=cycle(true, duration("P1D"))', None),
        ("=cycle()", None),
    ],
)
def test_cycle(source: str, value: str | None) -> None:
    assert text(source).evaluate({}) == value


def test_nested_targets_never_change_what_was_there() -> None:
    base = {"a": {"b": {"c": 1}, "d": 2}, "list": [1]}
    pairs = [("a.b.e", 5), ("list.x", 6), ("new.deep.er", 7), ("a.b.c", 8)]
    assert nested(pairs, base) == {
        "a": {"b": {"c": 8, "e": 5}, "d": 2},
        "list": {"x": 6},
        "new": {"deep": {"er": 7}},
    }
    assert base == {"a": {"b": {"c": 1}, "d": 2}, "list": [1]}


def test_values_in_messages_are_cut() -> None:
    assert short({"x": "y" * 500}).endswith("…")
    assert len(short("y" * 500)) <= 80
    assert "object" in short(object())
    assert variables_of(None) == {}
    with pytest.raises(Invalid):
        variables_of("text")


@pytest.mark.parametrize(
    "task",
    [
        service("a", "=null"),
        el("businessRuleTask", "a", ext(z("calledDecision", decisionId="=null",
                                          resultVariable="r"))),
        el("receiveTask", "a", messageRef="named"),
        el("intermediateThrowEvent", "a", message("named")),
        el("intermediateThrowEvent", "a", ext(z("properties", z(
            "property", name="message.timeToLive", value="=soon"))), message("m")),
        script("a", "x", "=assert(y, y != null)"),
        user("a", z("formDefinition", formId="=[1]")),
        service("a", "work").replace("type=", 'retries="=null" type='),
    ],
)  # fmt: skip
def test_a_missing_name_or_value_is_an_incident_at_its_element(task: str) -> None:
    content = definitions(
        message_definition("named", "=nothing", '="k"'),
        message_definition("m", "x", '="k"'),
        process(start(), task, end(), flows("start a end")),
    )
    one = bench(content).start()
    (incident,) = one.incidents()
    assert incident.element_id == "a"
    assert one.waits() == []


def test_variables_named_like_functions_or_with_chinese_names() -> None:
    task = user("a", io({"数量": "=金额 * 2", "count": "=1"}))
    one = bench(definitions(process(start(), task, end(), flows("start a end"))))
    assert one.start({"金额": 21}).variables("a") == {"金额": 21, "数量": 42, "count": 1}


def test_a_variable_may_be_called_like_a_function() -> None:
    content = definitions(
        message_definition("m", "note", "=number"),
        process(start(), el("receiveTask", "a", messageRef="m"), end(), flows("start a end")),
    )
    rules = {one.rule for one in lint(parse(content, "x"), Known())}
    assert "constant-value" not in rules
    assert bench(content).start({"number": "TS1"}).incidents() == []
