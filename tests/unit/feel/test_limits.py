"""Whatever an expression asks for, it ends soon, with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from engine.feel import DEFAULT, FeelError, FeelLimitError, Limits, compile_expression
from engine.feel.lexer import MAX_TEXT

TOWER = (
    "{a: [1,2,3,4,5,6,7,8,9,10], b: [a,a,a,a,a,a,a,a,a,a], c: [b,b,b,b,b,b,b,b,b,b], "
    "d: [c,c,c,c,c,c,c,c,c,c], e: [d,d,d,d,d,d,d,d,d,d], f: [e,e,e,e,e,e,e,e,e,e], r: %s}.r"
)

STOPPED = {
    "giant range": "for x in 1..1000000000 return x",
    "giant search": "some x in 1..1000000000 satisfies x = -1",
    "loops in loops": "for a in 1..1000, b in 1..1000, c in 1..1000 return a",
    "days of all years": 'for d in @"0001-01-01"..@"9999-12-31" return d',
    "long string": "{a: \"0123456789\", b: a+a+a+a+a+a+a+a+a+a, c: b+b+b+b+b+b+b+b+b+b, "
    "d: c+c+c+c+c+c+c+c+c+c, e: d+d+d+d+d+d+d+d+d+d, f: e+e+e+e+e+e+e+e+e+e, "
    "g: f+f+f+f+f+f+f+f+f+f}.g",
    "long list": TOWER % "flatten([f, f, f])",
    "text of shared lists": TOWER % "string([f, f, f])",
    "equality of shared lists": TOWER % "[f, f, f] = [f, f, f]",
    "search in shared lists": TOWER % "77 in [f, f, f]",
    "type of shared lists": TOWER % "[f, f] instance of list<Any>",
    "json of shared lists": TOWER % "to json([f, f, f])",
    "calls without end": "(function(f) f(f))(function(f) f(f))",
    "copies": "for i in 1..5000 return partial",
    "concatenation": "for i in 1..100000 return concatenate(a, a)",
    "upper case": "for i in 1..100000 return upper case(t)",
    "replacement": 'replace(t, "a", t)',
    "back reference": 'matches("' + "a" * 40 + '", "^((a+)+)\\1b$")',
    "pattern too large for a text": 'matches(long, "[ab]*a[ab]{900}c")',
    "patterns in a loop": 'for i in 1..100000 return matches(t, string(i) + "(a?){1000}")',
    "long join": "string join(for i in 1..9000 return t)",
    "sort": "sort(for i in 1..90000 return 90000 - i, function(a, b) a < b)",
}  # fmt: skip

NULL = {
    "tower of powers": "9**(9**(9**9))",
    "giant power": "9**999999999",
    "giant exponent": "1e999999999999",
    "giant exponential": "exp(99999999)",
    "giant product": "1e6144 * 10",
    "giant month": '@"2026-01-01" + @"P1Y" * 1e30',
    "giant duration": '@"P1D" * 1e6000',
    "giant position": "[1, 2][1e6000]",
    "giant scale": "decimal(1.5, 1e300)",
    "giant substring": 'substring("abc", 1e3000)',
}


@pytest.mark.parametrize("text", STOPPED.values(), ids=STOPPED.keys())
def test_what_takes_too_much_is_stopped(text: str) -> None:
    context = {"a": list(range(2000)), "t": "a" * 2000, "long": "ab" * 100_000}
    with pytest.raises(FeelLimitError) as caught:
        compile_expression(text).evaluate(context)
    assert caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize("text", NULL.values(), ids=NULL.keys())
def test_what_no_number_holds_is_null(text: str) -> None:
    assert compile_expression(text).evaluate({}) is None


@pytest.mark.parametrize(
    "text",
    [
        "(" * 9000 + "1" + ")" * 9000,
        "[" * 9000,
        "not(" * 4000,
        "a" + ".b" * 9000,
        "f" + "()" * 9000,
        "a" + "[1]" * 6000,
        "[1..5[" * 3000,
        "1" + "=1" * 9000,
        "if a then b else " * 1000 + "1",
        "{a:" * 5000,
        "function(x) " * 1500 + "1",
        "1" * (MAX_TEXT + 1),
    ],
)
def test_deep_and_long_texts_are_refused(text: str) -> None:
    with pytest.raises(FeelError):
        compile_expression(text)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("-" * 9999 + "1", -1),
        ("1" + "+1" * 5000, 5001),
        ("true" + " and true" * 1500, True),
        ("[" * 60 + "1" + "]" * 60 + "[1]" * 60, 1),
    ],
)
def test_long_but_flat_texts_run(text: str, result: Any) -> None:
    assert compile_expression(text).evaluate({}) == result


def test_catastrophic_patterns_are_not() -> None:
    text = f'matches("{"a" * 5000}b", "^(a+)+$")'
    assert compile_expression(text).evaluate({}) is False


def test_limits_are_the_callers() -> None:
    expression = compile_expression("for x in 1..1000 return x")

    assert len(expression.evaluate({})) == 1000
    with pytest.raises(FeelLimitError, match="500 members"):
        expression.evaluate({}, limits=Limits(items=500))
    with pytest.raises(FeelLimitError, match="700 steps"):
        expression.evaluate({}, limits=Limits(steps=700))


def test_time_is_limited() -> None:
    expression = compile_expression("for x in 1..90000 return x")

    with pytest.raises(FeelLimitError, match="longer than 0 s"):
        expression.evaluate({}, limits=Limits(seconds=0))


def test_one_evaluation_leaves_nothing_for_the_next() -> None:
    expression = compile_expression("for x in 1..90000 return x")
    for _ in range(5):
        assert len(expression.evaluate({})) == 90_000
    assert DEFAULT.steps == 200_000


def test_no_way_to_python() -> None:
    for text in ("x.__class__", "x.python", "f.call", "x.__init__.__globals__", "count.overloads"):
        assert compile_expression(text).evaluate({"x": "s", "f": compile_expression}) is None
