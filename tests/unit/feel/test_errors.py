"""What a wrong expression tells its author: where, what was expected, what was meant."""

from __future__ import annotations

import pytest

from engine.feel import FeelError, FeelSyntaxError, compile_expression, compile_unary_tests
from engine.feel.errors import FeelEvaluationError


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "a value"),
        ("1 +", 3, "a value"),
        ("(1 + 2", 6, ")"),
        ("[1, 2", 5, "]"),
        ("{a 1}", 4, ":"),
        ("{a: 1", 5, ","),
        ("if a then b", 11, "else"),
        ("if a b else c", 7, "then"),
        ("for x in xs", 11, "return"),
        ("some x in xs", 12, "satisfies"),
        ("a between 1 or 2", 12, "and"),
        ("1 2", 2, "the end"),
        ("a.", 2, "a name"),
        ("f(1,)", 4, "a value"),
        ("5 instance of", 13, "a type"),
        ('"abc', 0, '"'),
        ("/* abc", 0, "*/"),
        ('@"2026-13-01"', 0, '@"2026-01-31"'),
    ],
)
def test_the_place_and_what_was_expected(text: str, position: int, expected: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert caught.value.position == position
    assert expected in caught.value.expected
    assert f"第 {position + 1} 个字符" in caught.value.zh
    assert f"haracter {position + 1}" in caught.value.en


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('uper case("x")', "upper case"),
        ("cuont([1])", "count"),
        ('startswith("a", "b")', "starts with"),
        ("3 instance of numbr", "number"),
    ],
)
def test_a_misspelt_function_or_type_is_recognised(text: str, meant: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert f"“{meant}”" in caught.value.zh
    assert repr(meant) in caught.value.en


@pytest.mark.parametrize(
    "text",
    [
        "{a: 1, a: 2}",
        "f(x: 1, x: 2)",
        "a $ b",
        "a ~ b",
        "1..2",
        "x in",
        "not(",
        "]1..2",
        'function(x) external {java: {class: "C"}}',
    ],
)
def test_what_is_no_feel_is_refused(text: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert caught.value.zh
    assert caught.value.en


def test_the_line_of_a_long_text() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression("{\n  a: 1,\n  b: (2 + )\n}")
    assert caught.value.zh.endswith("（第 3 行第 11 个字符）。")
    assert caught.value.en.endswith("(line 3, column 11).")


def test_a_wrong_cell_is_refused() -> None:
    with pytest.raises(FeelSyntaxError):
        compile_unary_tests('"a", ')


def test_an_assertion_fails_with_its_cause() -> None:
    expression = compile_expression('assert(amount, amount > 3, "金额太小")')

    assert expression.evaluate({"amount": 5}) == 5
    with pytest.raises(FeelEvaluationError, match="金额太小"):
        expression.evaluate({"amount": 1})


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("levle > 2", 0, "“level”"),
        ('level + "x"', 6, '3 + "x"'),
        ('level > "x"', 6, '3 与 "x"'),
        ("customer.nmae", 8, "“name”"),
        ("substring(level, 1)", 9, "substring"),
        ('number("x")', 6, "number"),
    ],
)
def test_the_reason_of_a_null(text: str, position: int, words: str) -> None:
    context = {"level": 3, "customer": {"name": "Li"}}
    value, remarks = compile_expression(text).explain(context)

    assert value is None
    assert remarks[0].position == position
    assert words in remarks[0].zh


def test_a_value_has_no_remarks() -> None:
    assert compile_expression("level > 2").explain({"level": 3}) == (True, [])


def test_every_error_is_a_feel_error() -> None:
    assert issubclass(FeelSyntaxError, FeelError)
    assert issubclass(FeelEvaluationError, FeelError)
