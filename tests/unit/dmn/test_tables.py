"""Decision tables: hit policies, aggregators, defaults, allowed values, and what goes wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dmn import Model
from engine.errors import ExpressionFailed
from engine.feel import compile_unary_tests, to_json

from .writing import decision, model, table

GRADES = [
    [">= 90", '"A"', "极好"],
    [">= 60", '"B"', "合格"],
    ["-", '"C"', "其余"],
]


def one(policy: str, rules: list[list[str]], **more: Any) -> Model:
    return model(decision("d", table([("x", "number")], rules, policy=policy, **more)))


def value(found: Model, **context: Any) -> Any:
    return to_json(found.evaluate("d", context).value)


@pytest.mark.parametrize(
    ("policy", "aggregation", "x", "result"),
    [
        ("FIRST", "", 95, "A"),
        ("FIRST", "", 70, "B"),
        ("FIRST", "", None, "C"),
        ("PRIORITY", "", 95, "C"),
        ("OUTPUT ORDER", "", 95, ["C", "A", "B"]),
        ("RULE ORDER", "", 95, ["A", "B", "C"]),
        ("COLLECT", "", 70, ["B", "C"]),
        ("COLLECT", "COUNT", 95, 3),
        ("COLLECT", "MIN", 95, "A"),
        ("COLLECT", "MAX", 95, "C"),
    ],
)
def test_a_hit_policy_chooses(policy: str, aggregation: str, x: Any, result: Any) -> None:
    found = one(policy, GRADES, aggregation=aggregation, values='"C","A","B"')

    assert value(found, x=x) == result


@pytest.mark.parametrize(
    ("aggregation", "result"), [("SUM", 60), ("MIN", 10), ("MAX", 30), ("COUNT", 3)]
)
def test_an_aggregator_computes(aggregation: str, result: int) -> None:
    rules = [["> 0", "10"], ["> 1", "20"], ["> 2", "30"], ["> 100", "40"]]

    assert value(one("COLLECT", rules, aggregation=aggregation), x=5) == result


def test_several_outputs_make_a_context() -> None:
    found = model(
        decision(
            "d",
            table(
                [("x", "number")],
                [["< 5", '"low"', "1"], [">= 5", '"high"', "x * 2"]],
                outputs=[("名称", "string"), ("数", "number")],
            ),
        )
    )

    assert value(found, x=7) == {"名称": "high", "数": 14}


@pytest.mark.parametrize(
    ("policy", "more", "result"),
    [
        ("UNIQUE", {}, None),
        ("UNIQUE", {"default": '"none"'}, "none"),
        ("COLLECT", {}, []),
        ("RULE ORDER", {}, []),
        ("COLLECT", {"aggregation": "COUNT"}, 0),
        ("COLLECT", {"aggregation": "SUM"}, None),
    ],
)
def test_no_rule_matches(policy: str, more: dict[str, str], result: Any) -> None:
    assert value(one(policy, [["> 100", "1"]], **more), x=5) == result


def test_a_missing_match_is_noted() -> None:
    evaluation = one("UNIQUE", [["> 100", "1"]]).evaluate("d", {"x": 5})

    assert [problem.kind for problem in evaluation.problems] == ["no-match"]
    assert not evaluation.problems[0].fatal


@pytest.mark.parametrize(
    ("policy", "rules", "kind"),
    [
        ("UNIQUE", [["> 3", "1"], ["> 4", "1"], ["< 0", "9"]], "overlap"),
        ("ANY", [["> 3", "1"], ["> 4", "2"], ["< 0", "9"]], "disagreement"),
    ],
)
def test_rules_that_contradict_the_policy_are_named(
    policy: str, rules: list[list[str]], kind: str
) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        one(policy, rules).evaluate("d", {"x": 5})

    assert caught.value.details["problems"] == [kind]
    assert "规则 1, 2" in caught.value.zh
    assert "rules 1, 2" in caught.value.en
    assert [rule["index"] for rule in caught.value.details["record"]["rules"]] == [1, 2]


def test_any_accepts_rules_that_agree() -> None:
    assert value(one("ANY", [["> 3", "1"], ["> 4", "1"]]), x=5) == 1


def test_a_value_that_is_not_allowed_is_refused() -> None:
    rules = [['"gold"', "1"], ['"silver"', "2"]]
    found = model(decision("d", table([("level", "string")], rules, allowed=['"gold","silver"'])))

    assert value(found, level="gold") == 1
    with pytest.raises(ExpressionFailed, match="'level' is \"bronze\""):
        found.evaluate("d", {"level": "bronze"})


def test_a_value_of_the_wrong_type_is_refused() -> None:
    found = one("FIRST", GRADES)

    with pytest.raises(ExpressionFailed) as caught:
        found.evaluate("d", {"x": "many"})
    assert '"many"（string）不符合类型 number' in caught.value.zh


def test_what_cannot_be_aggregated_is_refused() -> None:
    with pytest.raises(ExpressionFailed, match="SUM is not defined"):
        one("COLLECT", [["-", '"a"'], ["-", "1"]], aggregation="SUM").evaluate("d", {"x": 1})


CELLS = st.sampled_from(
    [
        "-", "", "1", "2", "1, 3", "not(2)", "not(1, 3)", "> 1", "<= 2", "[1..3]", "(1..3)",
        "]0..2[", "null", "not(null)", '"a"', '"a", "b"', 'not("a")', "true", "false",
        "? > limit", "limit", "= 2", "!= 2", "not(> 2)", "2, > 5", "[1, 2]",
        'date("2026-01-01")', '>= date("2026-01-01")', 'starts with(?, "a")', "1, null", "0.50",
    ]
)  # fmt: skip
VALUES = st.sampled_from(
    [None, 0, 1, 2, 2.0, 3, 0.5, -7, 100, "a", "b", "", True, False, [1], [1, 2]]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), VALUES, VALUES)
def test_the_index_finds_what_looking_at_every_cell_finds(
    rules: list[tuple[str, str]], x: Any, y: Any
) -> None:
    rows = [[first, second, str(number)] for number, (first, second) in enumerate(rules)]
    found = model(decision("d", table([("x", ""), ("y", "")], rows, policy="RULE ORDER")))
    context = {"x": x, "y": y, "limit": 2}

    expected = [
        number
        for number, cells in enumerate(rules)
        if all(
            cell in ("", "-") or compile_unary_tests(cell).test(value, context) is True
            for cell, value in zip(cells, (x, y), strict=True)
        )
    ]
    assert value(found, **context) == expected


def test_two_thousand_rules_are_looked_up() -> None:
    rules = [[f'"c{number}"', f"{number}"] for number in range(2000)]
    found = model(decision("d", table([("x", "string")], rules)))

    assert value(found, x="c1999") == 1999
    assert value(found, x="other") is None
    ((_, compiled),) = found.boxes.tables
    ((column, _),) = compiled.columns
    looked_at = column.find("c1999")
    assert looked_at == 1 << 1999
    assert column.open == 0


def test_ranges_are_looked_up() -> None:
    rules = [[f"[{number}..{number + 1})", f"{number}"] for number in range(300)]
    found = one("UNIQUE", rules)

    for x in (0, 0.5, 17, 299.99, 300, -1):
        assert value(found, x=x) == (int(x) if 0 <= x < 300 else None)
