"""What somebody typed becomes the JSON value the process gets."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine

from engine.feel import compile_expression
from forms import check, posted
from tests.unit.forms.drawn import form, options, text


def checked(component: dict[str, Any], *typed: str) -> tuple[Any, str]:
    drawn = form(component)
    key = component["key"]
    result = check(drawn, posted(drawn, {key: list(typed)}), {})
    return result.data.get(key), result.errors.get(key, "")


@pytest.mark.parametrize(("typed", "value"), [
    ("12", 12), ("12.5", 12.5), (" 7 ", 7), ("-3", -3), ("1e2", 100), ("１２", 12), ("", None),
    ("0.10", 0.1),
])
def test_number(typed: str, value: Any) -> None:
    assert checked({"type": "number", "key": "n"}, typed) == (value, "")


@pytest.mark.parametrize("typed", ["十二", "1,5", "NaN", "Infinity", "9" * 60, "1e99999999",
                                   "9223372036854775808"])
def test_what_is_no_number_is_said_so(typed: str) -> None:
    value, message = checked({"type": "number", "key": "n"}, typed)
    assert value is None
    assert "数字" in message


def test_decimal_digits() -> None:
    component = {"type": "number", "key": "n", "decimalDigits": 2}
    assert checked(dict(component), "1.25") == (1.25, "")
    assert checked(dict(component), "1.255")[1] == "最多 2 位小数。"
    assert checked({"type": "number", "key": "n", "decimalDigits": 0}, "1.5")[1] == "应为整数。"


def test_number_as_text_keeps_every_digit() -> None:
    component = {"type": "number", "key": "n", "serializeToString": True}
    assert checked(component, "12345678901234567.890") == ("12345678901234567.890", "")


@pytest.mark.parametrize(("more", "typed", "value"), [
    ({"subtype": "date"}, "2026-05-01", "2026-05-01"),
    ({"subtype": "time"}, "09:30", "09:30:00+08:00"),
    ({"subtype": "time", "timeSerializingFormat": "utc_normalized"}, "09:30", "01:30:00Z"),
    ({"subtype": "time", "timeSerializingFormat": "no_timezone"}, "09:30", "09:30:00"),
    ({"subtype": "datetime"}, "2026-05-01T09:30", "2026-05-01T09:30:00+08:00"),
    ({"subtype": "datetime", "timeSerializingFormat": "utc_normalized"}, "2026-05-01T09:30",
     "2026-05-01T01:30:00Z"),
    ({"subtype": "datetime", "timeSerializingFormat": "no_timezone"}, "2026-05-01T09:30",
     "2026-05-01T09:30:00"),
])
def test_moments(more: dict[str, Any], typed: str, value: str) -> None:
    assert checked({"type": "datetime", "key": "at", **more}, typed) == (value, "")


def test_feel_takes_every_moment_that_is_entered() -> None:
    component = {"type": "datetime", "key": "at", "subtype": "datetime"}
    entered, _ = checked(component, "2026-05-01T09:30")
    expression = compile_expression("date and time(at) < date and time(\"2026-05-02T00:00:00Z\")")
    assert expression.evaluate({"at": entered}) is True


@pytest.mark.parametrize(("subtype", "typed", "word"), [
    ("date", "2026-02-30", "日期"), ("time", "25:00", "时间"), ("datetime", "明天", "日期和时间"),
])
def test_moments_that_are_none(subtype: str, typed: str, word: str) -> None:
    assert word in checked({"type": "datetime", "key": "at", "subtype": subtype}, typed)[1]


@pytest.mark.parametrize(("subtype", "past", "good"), [
    ("date", "2026-05-01", "2026-05-02"), ("time", "09:59", "10:01"),
    ("datetime", "2026-05-02T09:59", "2026-05-02T10:01"),
])
@time_machine.travel("2026-05-02T10:00:00+08:00", tick=False)
def test_past_moments_are_refused_where_the_form_says_so(
    subtype: str, past: str, good: str
) -> None:
    component = {"type": "datetime", "key": "at", "subtype": subtype, "disallowPassedDates": True}
    assert "不能早于" in checked(dict(component), past)[1]
    assert checked(dict(component), good)[1] == ""


def test_texts_lose_blanks_around_them_and_carriage_returns() -> None:
    assert checked(text("t"), "  张三 ") == ("张三", "")
    assert checked({"type": "textarea", "key": "t"}, "一\r\n二\r\n") == ("一\n二", "")


@pytest.mark.parametrize(("typed", "value"), [(("", "true"), True), (("",), False)])
def test_checkbox(typed: tuple[str, ...], value: bool) -> None:
    assert checked({"type": "checkbox", "key": "c"}, *typed) == (value, "")


def test_single_choices_keep_the_type_of_their_values() -> None:
    for kind in ("radio", "select"):
        component = {"type": kind, "key": "c", "values": options("a", 2, True)}
        assert checked(dict(component), "2") == (2, "")
        assert checked(dict(component), "true") == (True, "")
        assert checked(dict(component), "a") == ("a", "")
        assert checked(dict(component), "z")[1] == "所选项不在列表中，请重新选择。"
        assert checked(dict(component), "") == (None, "")


def test_many_choices_come_in_the_order_of_the_form() -> None:
    for kind in ("checklist", "taglist"):
        component = {"type": kind, "key": "c", "values": options("a", "b", "c")}
        assert checked(dict(component), "", "c", "a") == (["a", "c"], "")
        assert checked(dict(component), "") == ([], "")
        assert "不在列表中" in checked(dict(component), "z")[1]


def test_objects_as_values() -> None:
    unit = {"id": "network", "name": "网络部"}
    component = {"type": "select", "key": "c", "values": [{"label": "网络部", "value": unit}]}
    assert checked(component, json.dumps(unit, ensure_ascii=False)) == (unit, "")


def test_programs_send_json() -> None:
    drawn = form(
        {"type": "number", "key": "n"}, {"type": "checkbox", "key": "b"},
        {"type": "checklist", "key": "l", "values": options("a", "b")}, text("t"),
    )
    sent = {"n": 3, "b": True, "l": ["b"], "t": "x", "unknown": 1}
    assert check(drawn, sent, {}).data == {"n": 3, "b": True, "l": ["b"], "t": "x"}
    wrong = check(drawn, {"n": {"a": 1}, "t": ["x"], "l": "z", "b": "nonsense"}, {})
    assert set(wrong.errors) == {"n", "t", "l"}


@pytest.mark.parametrize("before", [[], [1], "x", 5, None])
def test_a_value_inside_what_is_no_object_is_drawn_and_taken(before: Any) -> None:
    drawn = form(text("x.y"))
    (field,) = drawn.fields({"x": before}, {"x.y": "typed"})
    assert field.name == "x.y"
    assert check(drawn, posted(drawn, {"x.y": ["typed"]}), {"x": before}).data == {
        "x": {"y": "typed"}
    }
