"""Requirement graphs, boxed expressions, functions, services, types, imports, records."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.dmn import parse
from engine.dmn.model import Model
from engine.errors import ExpressionFailed, NotFound
from engine.feel import Function, to_json

from .writing import decision, definitions, literal, model, requirement, table

LEVEL = decision(
    "等级",
    table([("积分", "number")], [[">= 100", '"金"', "老客户"], ["-", '"铜"']], policy="FIRST"),
)
LIMIT = decision(
    "时限",
    table(
        [("等级", "string")], [['"金"', 'duration("PT4H")', "优先"], ['"铜"', 'duration("P2D")']]
    ),
    requirement("requiredDecision", "等级"),
)


def value(found: Model, name: str, **context: Any) -> Any:
    return to_json(found.evaluate(name, context).value)


def test_a_decision_asks_the_ones_it_requires() -> None:
    found = model(LEVEL, LIMIT)

    assert value(found, "时限", 积分=150) == "PT4H"
    assert value(found, "时限", 积分=3) == "P2D"
    assert found.decisions["时限"].inputs == ("积分",)


def test_the_record_tells_why() -> None:
    record = model(LEVEL, LIMIT).evaluate("时限", {"积分": 150}).record

    assert record == {
        "decision": "时限",
        "name": "时限",
        "inputs": {"等级": "金"},
        "rules": [{"index": 1, "id": "rule1", "annotation": "优先"}],
        "output": "PT4H",
        "required": [
            {
                "decision": "等级",
                "name": "等级",
                "inputs": {"积分": 150},
                "rules": [{"index": 1, "id": "rule1", "annotation": "老客户"}],
                "output": "金",
                "required": [],
            }
        ],
    }
    json.dumps(record, allow_nan=False)


def test_a_decision_that_two_require_is_evaluated_once() -> None:
    found = model(
        decision("id", literal("uuid()")),
        decision("a", literal("id"), requirement("requiredDecision", "id")),
        decision("b", literal("id"), requirement("requiredDecision", "id")),
        decision(
            "same", literal("a = b"),
            requirement("requiredDecision", "a"), requirement("requiredDecision", "b"),
        ),
    )  # fmt: skip

    assert value(found, "same") is True


def test_a_variable_of_the_caller_does_not_replace_a_decision() -> None:
    assert value(model(LEVEL, LIMIT), "时限", 积分=3, 等级="金") == "P2D"


def test_functions_of_the_caller_are_found() -> None:
    double = Function("double it", ("x",), lambda x: x * 2)
    found = model(decision("d", literal("double it(n) + 1")))

    assert to_json(found.evaluate("d", {"n": 4}, {"double it": double}).value) == 9
    with pytest.raises(ExpressionFailed, match="double it"):
        found.evaluate("d", {"n": 4})


@pytest.mark.parametrize(
    ("logic", "result"),
    [
        (
            "<context><contextEntry><variable name='a'/>" + literal("n * 2") + "</contextEntry>"
            "<contextEntry><variable name='b'/>" + literal("a + 1") + "</contextEntry></context>",
            {"a": 6, "b": 7},
        ),
        (
            "<context><contextEntry><variable name='a'/>" + literal("n * 2") + "</contextEntry>"
            "<contextEntry>" + literal("a + 1") + "</contextEntry></context>",
            7,
        ),
        ("<list>" + literal("n") + literal('"x"') + "</list>", [3, "x"]),
        (
            "<relation><column name='a'/><column name='b'/><row>" + literal("1") + literal("2")
            + "</row><row>" + literal("n") + literal("4") + "</row></relation>",
            [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
        ),
        (
            "<conditional><if>" + literal("n > 2") + "</if><then>" + literal('"big"')
            + "</then><else>" + literal('"small"') + "</else></conditional>",
            "big",
        ),
        (
            "<filter><in>" + literal("[1, 2, 3, 4]") + "</in><match>" + literal("item >= n")
            + "</match></filter>",
            [3, 4],
        ),
        (
            "<for iteratorVariable='i'><in>" + literal("[1..3]") + "</in><return>"
            + literal("i * n") + "</return></for>",
            [3, 6, 9],
        ),
        (
            "<some iteratorVariable='i'><in>" + literal("[1, 5]") + "</in><satisfies>"
            + literal("i > n") + "</satisfies></some>",
            True,
        ),
        (
            "<every iteratorVariable='i'><in>" + literal("[1, 5]") + "</in><satisfies>"
            + literal("i > n") + "</satisfies></every>",
            False,
        ),
        (
            "<invocation>" + literal("function(x, y) x - y") + "<binding><parameter name='y'/>"
            + literal("1") + "</binding><binding><parameter name='x'/>" + literal("n")
            + "</binding></invocation>",
            2,
        ),
    ],
)  # fmt: skip
def test_a_boxed_expression(logic: str, result: Any) -> None:
    assert value(model(decision("d", logic)), "d", n=3) == result


def test_business_knowledge_is_called_and_may_call_itself() -> None:
    knowledge = (
        "<businessKnowledgeModel id='fac' name='fac'><variable name='fac'/><encapsulatedLogic>"
        "<formalParameter name='n' typeRef='number'/>"
        + literal("if n <= 1 then 1 else n * fac(n - 1)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    found = model(
        knowledge, decision("d", literal("fac(n)"), requirement("requiredKnowledge", "fac"))
    )

    assert value(found, "d", n=10) == 3628800
    with pytest.raises(ExpressionFailed, match="deep"):
        found.evaluate("d", {"n": 100000})
    with pytest.raises(ExpressionFailed, match="does not conform to number"):
        found.evaluate("d", {"n": "x"})


def test_a_decision_service_is_a_function_of_its_inputs() -> None:
    service = (
        "<decisionService id='svc' name='svc'><outputDecision href='#out'/>"
        "<inputDecision href='#mid'/><inputData href='#n'/></decisionService>"
    )
    found = model(
        "<inputData id='n' name='n'><variable name='n' typeRef='number'/></inputData>",
        decision("mid", literal("1000")),
        decision(
            "out", literal("mid + n"),
            requirement("requiredDecision", "mid"), requirement("requiredInput", "n"),
        ),
        service,
        decision("d", literal("svc(5, 20)"), requirement("requiredKnowledge", "svc")),
    )  # fmt: skip

    assert value(found, "out", n=5) == 1005
    assert value(found, "d") == 25
    element = found.service("svc")
    assert element is not None
    assert found.serve(element, {"n": Decimal(1), "mid": Decimal(2)}) == {"out": 3}


TYPES = (
    "<itemDefinition name='tLevel'><typeRef>string</typeRef><allowedValues>"
    '<text>"金","铜"</text></allowedValues></itemDefinition>'
    "<itemDefinition name='tCustomer'><itemComponent name='level'><typeRef>tLevel</typeRef>"
    "</itemComponent><itemComponent name='age'><typeRef>number</typeRef></itemComponent>"
    "</itemDefinition>"
    "<itemDefinition name='tCustomers' isCollection='true'><typeRef>tCustomer</typeRef>"
    "</itemDefinition>"
    "<inputData id='cs' name='cs'><variable name='cs' typeRef='tCustomers'/></inputData>"
)


def test_input_data_are_checked_against_their_type() -> None:
    found = model(
        TYPES, decision("d", literal('cs[level = "金"].age'), requirement("requiredInput", "cs"))
    )

    assert value(found, "d", cs=[{"level": "金", "age": 3}, {"level": "铜", "age": 4}]) == [3]
    assert value(found, "d", cs={"level": "金", "age": 3}) == [3]
    for wrong in ([{"level": "银", "age": 3}], [{"level": "金"}], [{"level": "金", "age": "3"}], 5):
        with pytest.raises(ExpressionFailed, match="does not conform to list<tCustomer>"):
            found.evaluate("d", {"cs": wrong})


def test_an_imported_file_is_used_under_its_name() -> None:
    other = definitions(
        "<businessKnowledgeModel id='twice' name='twice'><variable name='twice'/>"
        "<encapsulatedLogic><formalParameter name='n'/>"
        + literal("n * 2") + "</encapsulatedLogic></businessKnowledgeModel>"
        + decision("base", literal("x + 1")),
        namespace="other",
    )  # fmt: skip
    here = definitions(
        "<import name='o' namespace='other' "
        "importType='https://www.omg.org/spec/DMN/20191111/MODEL/'/>"
        "<decision id='d' name='d'><informationRequirement><requiredDecision href='other#base'/>"
        "</informationRequirement><knowledgeRequirement><requiredKnowledge href='other#twice'/>"
        "</knowledgeRequirement>" + literal("o.twice(o.base)") + "</decision>"
    )
    found = parse(here, "here.dmn", {"other": parse(other, "other.dmn")})

    assert value(found, "d", x=4) == 10


def test_an_unknown_decision_is_named() -> None:
    with pytest.raises(NotFound) as caught:
        model(LEVEL).evaluate("times", {})
    assert "等级" in caught.value.zh


def test_a_record_keeps_large_values_short() -> None:
    found = model(decision("d", literal("xs")), decision("f", literal("function(x) x")))

    assert found.evaluate("d", {"xs": list(range(5000))}).record["output"] == "[… 5000 …]"
    assert found.evaluate("d", {"xs": "a" * 9000}).record["output"] == "a" * 2000 + "…"
    assert found.evaluate("d", {"xs": [1, 2]}).record["output"] == [1, 2]
    assert found.evaluate("f", {}).record["output"] == "function(x)"


def test_circles_end() -> None:
    found = model(
        decision("a", literal("b"), requirement("requiredDecision", "b")),
        decision("b", literal("a"), requirement("requiredDecision", "a")),
    )

    assert found.evaluate("a", {}).value is None


def test_one_model_serves_many_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    found = model(LEVEL, LIMIT)
    with ThreadPoolExecutor(4) as pool:
        results = pool.map(lambda n: value(found, "时限", 积分=n), range(0, 200, 2))

    assert list(results) == ["P2D"] * 50 + ["PT4H"] * 50
