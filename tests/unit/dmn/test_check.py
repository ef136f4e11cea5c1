"""What is told about a table before it runs."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dmn import check, parse
from engine.feel import compile_unary_tests
from engine.model import Finding

from .writing import decision, definitions, literal, requirement, table


def findings(*elements: str, functions: set[str] | None = None) -> list[Finding]:
    return check(parse(definitions(*elements), "x.dmn"), "x.dmn", functions)


def rules_of(found: list[Finding]) -> list[str]:
    return [one.rule for one in found]


def test_a_good_table_has_no_findings() -> None:
    logic = table([("x", "number")], [["< 5", "1"], ["[5..10]", "2"], ["> 10", "3"]])

    assert findings(decision("d", logic)) == []


@pytest.mark.parametrize(
    ("rules", "gap"),
    [
        ([["< 5", "1"], ["> 5", "2"]], "x = 5"),
        ([["< 5", "1"], ["> 10", "2"]], "x in [5..10]"),
        ([["<= 5", "1"], ["(5..10)", "2"]], "x >= 10"),
        ([["> 5", "1"]], "x <= 5"),
        ([["[1..2)", "1"], ["[2..3)", "1"], ["> 3", "2"], ["< 1", "3"]], "x = 3"),
    ],
)
def test_a_gap_shows_the_missing_interval(rules: list[list[str]], gap: str) -> None:
    found = findings(decision("d", table([("x", "number")], rules)))

    assert rules_of(found)[0] == "table-gap"
    assert found[0].zh == f"没有规则符合：{gap}。"


def test_a_gap_over_two_columns() -> None:
    rules = [['"a"', "< 5", "1"], ['"a"', ">= 5", "2"], ['"b"', ">= 7", "3"]]
    logic = table([("s", "string"), ("x", "number")], rules, allowed=['"a","b"'])
    found = findings(decision("d", logic))

    assert [one.zh for one in found] == ['没有规则符合：s = "b", x < 7。']


def test_other_texts_are_a_gap_unless_the_allowed_values_exclude_them() -> None:
    rules = [['"a"', "1"], ['"b"', "2"]]

    open_ = findings(decision("d", table([("s", "string")], rules)))
    closed = findings(decision("d", table([("s", "string")], rules, allowed=['"a","b"'])))
    assert [one.zh for one in open_] == ['没有规则符合：s not("a", "b")。']
    assert closed == []


@pytest.mark.parametrize("more", [{"default": "0"}, {"policy": "COLLECT"}])
def test_a_gap_that_is_meant_is_not_told(more: dict[str, Any]) -> None:
    assert findings(decision("d", table([("x", "number")], [["< 5", "1"]], **more))) == []


def test_overlaps_are_told_with_their_rules() -> None:
    rules = [["< 5", "1"], ["[3..9]", "2"], ["> 8", "3"]]
    found = findings(decision("d", table([("x", "number")], rules)))

    assert rules_of(found) == ["rule-overlap", "rule-overlap"]
    assert "规则 1 与规则 2" in found[0].zh
    assert "规则 2 与规则 3" in found[1].zh
    assert found[0].element_id == "rule2"


def test_any_may_overlap_where_it_agrees() -> None:
    rules = [["< 5", "1"], ["[3..9]", "1.0"], ["> 8", "3"]]
    found = findings(decision("d", table([("x", "number")], rules, policy="ANY")))

    assert rules_of(found) == ["rule-overlap"]
    assert "规则 2 与规则 3" in found[0].zh


def test_a_rule_that_is_never_reached_is_told() -> None:
    rules = [["<= 5", "1"], ["> 5", "2"], ["[3..9]", "3"], ["7", "4"]]
    found = findings(decision("d", table([("x", "number")], rules, policy="FIRST")))

    assert rules_of(found) == ["rule-unreachable", "rule-unreachable"]
    assert "规则 3 永远不会生效：前面的规则 1, 2" in found[0].zh
    assert "规则 4 永远不会生效：前面的规则 2 " in found[1].zh


def test_cells_that_only_the_run_decides_are_not_blamed() -> None:
    rules = [["? > limit", "1"], ["<= 5", "2"], ["> 4", "3"]]
    found = findings(decision("d", table([("x", "number")], rules, policy="FIRST")))

    assert found == []


@pytest.mark.parametrize(
    ("logic", "rule", "words"),
    [
        (
            table([("x", "number")], [['"a"', "1"], ["-", "2"]], policy="FIRST"),
            "feel-type",
            "永远不会成立",
        ),
        (
            table([("x", "number")], [["-", '"a"']], outputs=[("o", "number")]),
            "value-type",
            "不符合类型 number",
        ),
        (table([("x", "number")], [["-", "1"]], values="2, 3"), "output-value", "2, 3"),
        (
            table([("s", "string")], [['"c"', "1"]], default="1", allowed=['"a","b"']),
            "input-value",
            '"c" 不在允许值',
        ),
        (
            table([("x", "number"), ("y", "")], [["1", "-", "1"], ["not(1)", "-", "2"]]),
            "unused-input",
            "“y”",
        ),
        (literal('1 + "a"'), "feel-type", "number + string"),
        (literal('if 5 then 1 else 2'), "feel-type", "应是真假值"),
        (literal('substring(5, 1)'), "feel-type", "substring"),
        (literal('{a: 1}.b'), "feel-type", "没有“b”"),
        (literal('@"2026-01-01".hours'), "feel-type", "没有属性"),
        (literal('5 in ["a".."c"]'), "feel-type", "永远不会成立"),
        (literal('[1.."c"]'), "feel-type", "区间两端"),
        (literal('5 between "a" and "b"'), "feel-type", "不能比较"),
    ],
)  # fmt: skip
def test_what_conflicts_is_told(logic: str, rule: str, words: str) -> None:
    found = findings(decision("d", logic))

    assert rule in rules_of(found)
    assert words in next(one.zh for one in found if one.rule == rule)


CUSTOMER = (
    "<itemDefinition name='tC'><itemComponent name='level'><typeRef>string</typeRef>"
    "</itemComponent></itemDefinition>"
    "<inputData id='customer' name='customer'><variable name='customer' typeRef='tC'/></inputData>"
)


def test_names_that_cannot_be_there_are_told_with_what_was_meant() -> None:
    wants = requirement("requiredInput", "customer")
    found = findings(
        CUSTOMER,
        decision("a", literal("custmer.level"), wants),
        decision("b", literal("customer.levle"), wants),
        decision("c", literal("customer.level"), wants),
        decision("d", literal("anything")),
    )

    warned = [one for one in found if one.severity == "warning"]
    assert ["“customer”" in warned[0].zh, "“level”" in warned[1].zh] == [True, True]
    assert len(warned) == 2


def test_a_requirement_that_is_not_used_is_told() -> None:
    found = findings(
        CUSTOMER, decision("a", literal("1"), requirement("requiredInput", "customer"))
    )

    assert rules_of(found) == ["unused-requirement"]
    assert found[0].severity == "info"


def test_functions_that_nobody_adds_are_told() -> None:
    element = decision("a", literal("workingDu(x)"))

    assert findings(element) == []
    found = findings(element, functions={"workingDue"})
    assert rules_of(found) == ["unknown-function"]
    assert "“workingDue”" in found[0].zh
    assert findings(element, functions={"workingDu"}) == []


CELLS = ["-", "< 2", "<= 2", "2", "> 2", ">= 2", "[1..3]", "(1..3)", "not(2)", "1, 3"]
POINTS = [0, 1, 1.5, 2, 2.5, 3, 4]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from(CELLS)] * 2), min_size=1, max_size=5))
def test_what_is_told_is_what_trying_all_points_finds(rules: list[tuple[str, str]]) -> None:
    rows = [[first, second, str(number)] for number, (first, second) in enumerate(rules)]
    inputs = [("x", "number"), ("y", "number")]
    hits = [
        [number for number, cells in enumerate(rules) if _match(cells, point)]
        for point in product(POINTS, POINTS)
    ]

    unique = findings(decision("d", table(inputs, rows)))
    first = findings(decision("d", table(inputs, rows, policy="FIRST")))

    assert ("table-gap" in rules_of(unique)) == any(not hit for hit in hits)
    overlapping = {pair for hit in hits for pair in product(hit, hit) if pair[0] < pair[1]}
    told = [one for one in unique if one.rule == "rule-overlap"]
    assert len(told) == min(10, len(overlapping))
    reached = {hit[0] for hit in hits if hit}
    assert {one.element_id for one in first if one.rule == "rule-unreachable"} == {
        f"rule{number + 1}" for number in range(len(rules)) if number not in reached
    }


def _match(cells: tuple[str, str], point: tuple[float, float]) -> bool:
    return all(
        cell == "-" or compile_unary_tests(cell).test(value, {}) is True
        for cell, value in zip(cells, point, strict=True)
    )


def test_a_table_of_two_thousand_rules_is_checked() -> None:
    rules = [[f'"c{number}"', "-", f"{number}"] for number in range(2000)]
    found = findings(decision("d", table([("s", "string"), ("x", "number")], rules)))

    assert rules_of(found) == ["table-gap", "unused-input"]


@pytest.mark.parametrize(("cell", "output", "told"), [
    ("vip", "1", "vip 没有引号"),
    (">= 三", "1", "三 没有引号"),
    ('"vip"', "高", "高 没有引号"),
    ('"vip"', "x", None),
    ("starts with(?, x)", '"P" + string(days)', None),
])
def test_texts_without_quotation_marks_are_told(
    cell: str, output: str, told: str | None
) -> None:
    found = findings(decision("d", table([("x", "")], [[cell, output], ["-", "0"]],
                                         policy="FIRST")))

    said = [one.zh for one in found if one.rule == "unknown-name"]
    assert [(told or "?") in one for one in said] == [True] * bool(told)
