"""Logic, comparison, arithmetic, ranges, paths, filters: the tables of the standard."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import compile_expression, compile_unary_tests, to_json
from engine.feel.compare import equal, identity, order
from engine.feel.text import to_literal

TRUTH = {"true": True, "false": False, "null": None, '"x"': None, "5": None}


def value(text: str, **context: Any) -> Any:
    return to_json(compile_expression(text).evaluate(context))


@pytest.mark.parametrize(("left", "right"), list(product(TRUTH, TRUTH)))
def test_logic_is_three_valued(left: str, right: str) -> None:
    first, second = TRUTH[left], TRUTH[right]
    both = False if False in (first, second) else None if None in (first, second) else True
    either = True if True in (first, second) else None if None in (first, second) else False

    assert value(f"{left} and {right}") is both
    assert value(f"{left} or {right}") is either
    assert value(f"x and {right}", x=first) is both


@pytest.mark.parametrize("word", ["and", "or"])
def test_a_decided_operand_saves_the_rest(word: str) -> None:
    stop = "false" if word == "and" else "true"

    assert value(f"{stop} {word} assert(1, false)") is (stop == "true")


KINDS = ["null", "true", "1", '"a"', '@"2026-01-01"', '@"10:00:00"', '@"2026-01-01T10:00:00Z"',
         '@"P1D"', '@"P1Y"', "[1, 2]", "{a: 1}", "[1..2]", "count"]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), list(product(KINDS, KINDS)))
def test_only_like_is_compared_with_like(left: str, right: str) -> None:
    result = value(f"{left} = {right}")

    if "null" in (left, right) or left == right:
        assert result is (left == right)
    else:
        assert result is None
    assert value(f"{left} != {right}") == (None if result is None else not result)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 = 1.0", True),
        ("[1] = 1", True),
        ("[1, [2]] = [1, 2]", True),
        ("[1, null] = [1, 2]", False),
        ("{a: 1, b: 2} = {b: 2, a: 1}", True),
        ("{a: 1} = {a: 2}", False),
        ("[1..2] = [1..2)", False),
        ("1 < 2 and 2 <= 2 and 3 > 2 and 2 >= 2", True),
        ('"a" < "b"', True),
        ('"Z" < "a"', True),
        ("null < 1", None),
        ("true < false", None),
        ("[1] < [2]", None),
        ("1 between 1 and 1", True),
        ("null between 1 and 2", None),
        ("5 between 1 and null", None),
        ("0 between 1 and null", False),
        ("1 in [1, 2]", True),
        ("1 in [[1..3], 7]", True),
        ("[1, 2] in [[1, 2]]", True),
        ("null in [null]", True),
        ("null in (null, 1)", True),
        ("3 in (< 2)", False),
        ("3 in (!= 2)", True),
        ("(5) in (5)", True),
        ("2 in (1 + 1)", True),
        ("2 in (1 + 1) * 1", True),
        ("5 in [1..null)", None),
        ("1 in [2..1]", False),
        ("3 in ]1..3[", False),
        ("3 in (1..3]", True),
        ('"b" in ["a".."c"]', True),
    ],
)
def test_comparison(text: str, result: Any) -> None:
    assert value(text) is result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("0.1 + 0.2", 0.3),
        ("1 - 2 - 3", -4),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("2 - -2", 4),
        ("- - 3", 3),
        ("7 / 0", None),
        ("0 ** 0", None),
        ("(-1) ** 0.5", None),
        ("1 + null", None),
        ("1 + true", None),
        ('"a" - "a"', None),
        ('"a" * 2', None),
        ("-null", None),
        ('-"a"', None),
        ("-true", None),
        ("[1] + [2]", None),
        ('@"P1D" + @"P1Y"', None),
        ('@"2026-01-01" + @"2026-01-01"', None),
        ('@"P1Y" * @"P1Y"', None),
        ('2 * @"P1D"', "P2D"),
        ('@"P1Y" / 2', "P6M"),
        ('@"P1D" / 0', None),
        ('@"P1Y" / @"P1M"', 12),
        ("1234567890123456789012345678901234 + 0", 1.2345678901234568e33),
        ("1/3*3", 1),
    ],
)
def test_arithmetic(text: str, result: Any) -> None:
    assert value(text) == result


def test_thirty_four_digits_are_kept() -> None:
    text = "1234567890123456789012345678901234"

    assert to_literal(compile_expression(text).evaluate({})) == text
    assert to_literal(compile_expression("1 / 3").evaluate({})) == "0." + "3" * 34


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("xs[1]", 3),
        ("xs[0]", None),
        ("xs[4]", None),
        ("xs[-3]", 3),
        ("xs[1.5]", None),
        ("xs[n]", 1),
        ("xs[item > 1]", [3, 2]),
        ("xs[true]", [3, 1, 2]),
        ("xs[null]", []),
        ('xs["a"]', None),
        ("5[1]", 5),
        ("5[2]", None),
        ("null[1]", None),
        ("[][1]", None),
        ("[][item > 1]", []),
        ("rows.a", [1, 2, None]),
        ("rows[a = 2]", [{"a": 2}]),
        ("rows[a = null]", [{"b": 3}]),
        ("rows[item.a = 1].a", [1]),
        ("rows[a > n - 1].a", [2]),
        ("rows[1].a", 1),
        ("rows.a[2]", 2),
        ("[{item: 5}][item = 5]", [{"item": 5}]),
        ("{a: {b: [1, {c: 7}]}}.a.b[2].c", 7),
        ("missing.a.b", None),
        ("n.a", None),
        ('"text".length', None),
    ],
)
def test_paths_and_filters(text: str, result: Any) -> None:
    context = {"xs": [3, 1, 2], "n": 2, "rows": [{"a": 1}, {"a": 2}, {"b": 3}]}
    assert value(text, **context) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("for x in [] return x", []),
        ("for x in null return x", None),
        ("for x in 5 return x + 1", [6]),
        ("for x in 3..1 return x", [3, 2, 1]),
        ("for x in [1..3) return x", [1, 2]),
        ("for x in 1.5..3 return x", None),
        ("for x in [1, 2], y in [x, x * 10] return y", [1, 10, 2, 20]),
        ("for x in xs return for y in xs return x * y", [[1, 2], [2, 4]]),
        ("some x in [] satisfies true", False),
        ("every x in [] satisfies false", True),
        ("some x in [1, null] satisfies x > 0", True),
        ("every x in [1, null] satisfies x > 0", None),
        ("some x in [1, 2] satisfies x", None),
        ("some x in null satisfies true", None),
        ("if 1 then 2 else 3", 3),
        ("{a: 1, b: {c: a}}.b.c", 1),
        ("{f: function(n) n * 2, r: f(4)}.r", 8),
        ('(function(n: number) n)("x")', None),
        ("(function(n) n)(1, 2)", None),
        ("(function(a, b) a - b)(b: 1, a: 5)", 4),
        ("5(1)", None),
        ("xs instance of list<number>", True),
        ("xs instance of list<string>", False),
        ("{a: 1} instance of context<a: number>", True),
        ("{a: 1} instance of context<b: number>", False),
        ("null instance of Any", False),
        ("(function(x: number) x) instance of function<number> -> Any", True),
    ],
)
def test_loops_functions_and_types(text: str, result: Any) -> None:
    assert value(text, xs=[1, 2]) == result


@pytest.mark.parametrize(
    ("cell", "subject", "result"),
    [
        ("-", None, True),
        ("1, 2", 2, True),
        ("1, 2", 3, False),
        ("not(1, 2)", 3, True),
        ("not(1, 2)", None, True),
        ("> 5", 6, True),
        ("> 5", "a", False),
        ("[1..5], > 10", 11, True),
        ("null", None, True),
        ("null", 1, False),
        ("true", True, True),
        ("true", "true", False),
        ("limit", 3, True),
        ("> limit", 4, True),
        ("? > limit", 4, True),
        ("? > limit, 1", 1, True),
        ("not(? > limit)", 1, True),
        ('contains(?, "b")', "abc", True),
        ("count(?) > 1", [1, 2], True),
        ("limit = 3", "anything", True),
        ("[1, 2]", 1, True),
        ("[1, 2]", [1, 2], True),
        ('"a", "b"', ["b"], True),
        ("not(limit = 3)", "anything", False),
        ('date(?) > date("2026-01-01")', "2026-05-01", True),
    ],
)
def test_a_cell(cell: str, subject: Any, result: bool) -> None:
    assert compile_unary_tests(cell).test(subject, {"limit": 3}) is result


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(VALUES, VALUES)
def test_a_key_of_identity_is_equality(left: Any, right: Any) -> None:
    first = compile_expression("x").evaluate({"x": left})
    second = compile_expression("x").evaluate({"x": right})

    assert (equal(first, second) is True) == (identity(first) == identity(second))
    assert equal(first, second) == equal(second, first)
    forward, back = order(first, second), order(second, first)
    assert (forward is None and back is None) or forward == -(back or 0)
