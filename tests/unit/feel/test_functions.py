"""Built-in functions at their edges, patterns, and functions that we add."""

from __future__ import annotations

import datetime as py
from decimal import Decimal
from typing import Any

import pytest

from engine.feel import FeelError, Function, compile_expression, to_json
from engine.feel.errors import FeelEvaluationError
from engine.feel.regex import compile_pattern


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('substring("foobar", 0)', None),
        ('substring("foobar", 7)', None),
        ('substring("foobar", -7)', None),
        ('substring("foobar", 3, 10)', "obar"),
        ('substring("😀网络", 2, 1)', "网"),
        ('string length("😀")', 1),
        ('upper case("straße")', "STRASSE"),
        ('substring before("foobar", "")', ""),
        ('substring before("foobar", "x")', ""),
        ('substring after("foobar", "")', "foobar"),
        ('substring after("foobar", "x")', ""),
        ("count(null)", None),
        ("count(5)", 1),
        ("min([])", None),
        ('min([1, "a"])', None),
        ('max(@"P1D", @"PT1H")', "P1D"),
        ("sum([])", None),
        ("sum([1, null])", None),
        ("mean([])", None),
        ("median([])", None),
        ("mode([])", []),
        ("stddev([1])", None),
        ("all([])", True),
        ("any([])", False),
        ("all([true, null])", None),
        ("any([true, null])", True),
        ("all([true, 5])", None),
        ("sublist([1, 2, 3], -2)", [2, 3]),
        ("sublist([1, 2, 3], -2, 1)", [2]),
        ("sublist([1, 2, 3], 2, 5)", None),
        ("sublist([1, 2, 3], 0)", None),
        ("insert before([1, 3], -1, 2)", [1, 2, 3]),
        ("remove([1, 2], 3)", None),
        ("append(1, 2)", [1, 2]),
        ("append(null, 2)", None),
        ("concatenate([1], null)", None),
        ("list contains([1, null], null)", True),
        ("index of([1, [1], null], 1)", [1, 2]),
        ("index of([], 1)", []),
        ('sort([3, "a"])', None),
        ("sort([])", []),
        ("sort([3, 1, 2])", [1, 2, 3]),
        ("sort([3, null, 2])", None),
        ("flatten([[[]], [1, [2]]])", [1, 2]),
        ('distinct values([1, 1.0, "1", null, null, [1]])', [1, "1", None]),
        ("union([1], [2], [1])", [1, 2]),
        ("decimal(0.5, 0)", 0),
        ("decimal(1.5, 0)", 2),
        ("decimal(125, -1)", 120),
        ("decimal(1.5, 7000)", None),
        ("round half up(-2.5, 0)", -3),
        ("floor(1.5, null)", None),
        ("modulo(10, -3)", -2),
        ("modulo(5, 0)", None),
        ("sqrt(-1)", None),
        ("log(0)", None),
        ("odd(1.5)", None),
        ("even(-2)", True),
        ('number("1,000.5", ",", ".")', 1000.5),
        ('number("1 000", " ", null)', 1000),
        ('number("x")', None),
        ('number("1", ".", ".")', None),
        ('number("0x10")', None),
        ('number("NaN")', None),
        ("string(null)", None),
        ('string([1, "a", null])', '[1, "a", null]'),
        ('string({a: "x"})', '{a: "x"}'),
        ("string(1.10)", "1.1"),
        ("string(1e30)", "1" + "0" * 30),
        ('date("2026-11-22T10:00:00")', None),
        ("date(2026, 2, 29)", None),
        ("date(2024, 2, 29)", "2024-02-29"),
        ('date(@"2026-11-22T10:00:00Z")', "2026-11-22"),
        ("time(24, 0, 0)", None),
        ("time(10, 0, 0.5)", "10:00:00.5"),
        ('date and time("2026-11-22")', "2026-11-22T00:00:00"),
        ('get value({a: 1}, "b")', None),
        ('context([{key: "a", value: 1}, {key: "a", value: 2}])', None),
        ("context([{key: 1, value: 1}])", None),
        ('context put({a: {b: 1}}, ["a", "c"], 2)', {"a": {"b": 1, "c": 2}}),
        ("context put({}, [], 1)", None),
        ("context merge([{a: 1}, 5])", None),
        ("before([1..5], [5..9])", False),
        ("before([1..5), [5..9])", True),
        ("includes([1..5], 5)", True),
        ("includes([1..5), 5)", False),
        ("during([2..3], [1..5])", True),
        ('before(1, "a")', None),
        ('range("[1..5")', None),
        ('range("[x..5]")', None),
        ('range("[5..1]")', None),
        ("partition([1], 0)", None),
        ('from json("{")', None),
        ('from json("NaN")', None),
        ('from json("[1, 2.50]")', [1, 2.5]),
        ("and(true, null)", None),
        ("sum(1, 2, 3)", 6),
        ("sum(list: [1, 2])", 3),
        ('substring(text: "a")', None),
        ("is(null, null)", True),
        ("is(1, 1.0)", True),
        ("abs(-5)", 5),
        ('abs(@"-P1Y")', "P1Y"),
    ],
)
def test_an_edge(text: str, result: Any) -> None:
    assert to_json(compile_expression(text).evaluate({})) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('matches("a\\nb", "a.b")', False),
        ('matches("a\\nb", "a.b", "s")', True),
        ('matches("x\\na", "^a", "m")', True),
        ('matches("ABC", "abc", "i")', True),
        ('matches("hello world", "hello\\ sworld", "x")', True),
        ('matches("a.b", "a.b", "q")', True),
        ('matches("axb", "a.b", "q")', False),
        ('matches("网络", "^\\p{IsCJKUnifiedIdeographs}+$")', True),
        ('matches("٣", "\\d")', True),
        ('matches("x1", "^\\i\\c*$")', True),
        ('matches("b", "[a-z-[aeiou]]")', True),
        ('matches("e", "[a-z-[aeiou]]")', False),
        ('matches("a", "(?i)A")', None),
        ('matches("a", "(?=a)")', None),
        ('matches("a", "\\b")', None),
        ('matches("a", "[")', None),
        ('matches("a", "a", "z")', None),
        ('matches("abab", "^(ab)\\1$")', True),
        ('matches("aA", "(a)\\1", "i")', True),
        ('matches("ab", "(a)\\2")', None),
        ('replace("abc", "b*", "x")', None),
        ('replace("abc", "b", "$")', None),
        ('replace("abc", "(b)", "[$1$2]")', "a[b]c"),
        ('replace("a$c", "\\$", "\\\\$")', "a$c"),
        ('replace("abc", "B", "x", "i")', "axc"),
        ('replace("aab", "(a)\\1", "<$1>")', "<a>b"),
        ('split("a1b22c", "\\d+")', ["a", "b", "c"]),
        ('split("abc", "")', None),
        ('split("", ";")', [""]),
    ],
)
def test_patterns_are_those_of_xpath(text: str, result: Any) -> None:
    assert to_json(compile_expression(text).evaluate({})) == result


def test_patterns_are_compiled_once() -> None:
    assert compile_pattern("^a+$", "i") is compile_pattern("^a+$", "i")


def added(call: Any, *parameters: str) -> dict[str, Function]:
    return {"our function": Function("our function", parameters or ("x",), call)}


@pytest.mark.parametrize(
    ("returned", "result"),
    [
        (3, 3),
        (0.5, 0.5),
        (Decimal("NaN"), None),
        ("text", "text"),
        ([1, {"a": 2.5}], [1, {"a": 2.5}]),
        (py.date(2026, 11, 22), "2026-11-22"),
        (py.timedelta(hours=30), "P1DT6H"),
        (None, None),
    ],
)
def test_what_an_added_function_returns_is_converted(returned: Any, result: Any) -> None:
    functions = added(lambda x: returned)

    assert (
        to_json(compile_expression("our function(1)", functions=functions).evaluate({})) == result
    )


def test_an_added_function_gets_feel_values() -> None:
    got: list[Any] = []
    functions = added(lambda x, y: got.extend([x, y]), "x", "y")
    text = 'our function(y: @"2026-11-22T10:00:00+08:00", x: n)'

    compile_expression(text, functions=functions).evaluate({"n": 5})
    assert got[0] == Decimal(5)
    assert got[1].python == py.datetime(2026, 11, 22, 10, tzinfo=py.timezone(py.timedelta(hours=8)))


def test_an_added_function_may_refuse() -> None:
    def refuse(x: Any) -> Any:
        raise FeelEvaluationError("不行。", "No.")

    expression = compile_expression("our function(1)", functions=added(refuse))
    with pytest.raises(FeelError, match="No"):
        expression.evaluate({})


def test_the_wrong_number_of_arguments_is_null_with_a_reason() -> None:
    value, remarks = compile_expression("our function(1, 2)", functions=added(lambda x: x)).explain(
        {}
    )

    assert value is None
    assert "our function" in remarks[0].zh


def test_a_variable_hides_a_function_but_not_its_calls() -> None:
    context = {"count": 7, "date": "2026-01-01"}

    assert to_json(compile_expression("count + count([1, 2])").evaluate(context)) == 9
    assert to_json(compile_expression("date(date).year").evaluate(context)) == 2026


def test_functions_can_be_passed() -> None:
    text = "sort([3, 1, 2], function(a, b) a > b)"

    assert to_json(compile_expression(text).evaluate({})) == [3, 2, 1]
    assert to_json(compile_expression("(function(f, x) f(x))(sqrt, 16)").evaluate({})) == 4
