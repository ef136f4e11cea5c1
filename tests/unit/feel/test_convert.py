"""JSON in, JSON out."""

from __future__ import annotations

import datetime as py
import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import FeelError, FeelLimitError, compile_expression, from_json, to_json
from engine.feel.temporal import Date, DateTime, DaysTime, Time
from engine.feel.zones import Zone

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text()
    | st.floats(-(2.0**53), 2.0**53).map(lambda x: x + 0.0),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_plain_json_comes_back_as_it_was(value: Any) -> None:
    assert to_json(from_json(value)) == value


@given(JSON)
def test_a_variable_is_read_as_it_is(value: Any) -> None:
    assert to_json(compile_expression("x").evaluate({"x": value})) == value
    assert to_json(compile_expression("a.x").evaluate({"a": {"x": value}})) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.0", 1),
        ("1.5", 1.5),
        ("0 * 1e300", 0),
        ("-0", 0),
        ("2 ** 62", 2**62),
        ("10 ** 30", 1e30),
        ('@"2026-11-22"', "2026-11-22"),
        ('@"09:30:00.5+08:00"', "09:30:00.5+08:00"),
        ('@"2026-11-22T09:30:00@Asia/Shanghai"', "2026-11-22T09:30:00+08:00"),
        ('@"P1DT2H"', "P1DT2H"),
        ('@"P14M"', "P1Y2M"),
        ("[1..5)", "[1..5)"),
        ("(> 5)", "(>5)"),
        ("{a: [1, null, true]}", {"a": [1, None, True]}),
    ],
)
def test_values_leave_as_plain_json(text: str, value: Any) -> None:
    found = to_json(compile_expression(text).evaluate({}))
    assert found == value
    assert type(found) is type(value)
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("text", ["function(x) x", "1e400", "[1e400]"])
def test_what_json_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(FeelError):
        to_json(compile_expression(text).evaluate({}))


def test_what_would_explode_on_the_way_out_is_refused() -> None:
    value: Any = ["x"] * 10
    for _ in range(8):
        value = [value] * 10
    with pytest.raises(FeelLimitError):
        to_json(value)


def test_pythons_own_dates_are_taken() -> None:
    moment = py.datetime(2026, 11, 22, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    converted = from_json(moment)

    assert str(converted) == "2026-11-22T09:30:00@Asia/Shanghai"
    assert converted.python == moment
    assert from_json(py.date(2026, 1, 2)) == Date(2026, 1, 2)
    assert from_json(py.timedelta(days=1, seconds=1)) == DaysTime(86_401 * 10**9)
    assert from_json(py.time(9, 30, tzinfo=py.UTC)) == Time(9, 30, 0, 0, Zone(0))
    assert DateTime(Date(2026, 1, 2), Time(3, 4, 5)).python == py.datetime(2026, 1, 2, 3, 4, 5)


def test_numbers_that_are_none() -> None:
    assert from_json(float("nan")) is None
    assert from_json(float("inf")) is None
    assert from_json(Decimal("NaN")) is None
    assert from_json(10**10000) is None
    assert from_json(12345678901234567890123456789012345678) == Decimal(
        "12345678901234567890123456789012350000"
    )


def test_the_callers_variables_are_not_changed() -> None:
    variables = {"a": [1, {"b": 2}], "c": {"d": [3]}}
    before = json.dumps(variables)
    compile_expression('[a[2].b + 1, c.d[1], append(a, 5), context put(c, "e", 1)]').evaluate(
        variables
    )
    assert json.dumps(variables) == before
