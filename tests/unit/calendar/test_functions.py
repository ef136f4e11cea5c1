"""The calendar's functions as designers write them."""

from __future__ import annotations

from typing import Any

import pytest

from engine.calendar import Calendar, functions
from engine.feel import FeelError, compile_expression, to_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('working due(@"2026-09-30T16:30:00+08:00", @"PT2H")', "2026-10-08T09:30:00+08:00"),
        ('workingDue(received, "PT2H")', "2026-11-20T11:00:00+08:00"),
        ("workingDue(received, limit)", "2026-11-20T10:00:00+08:00"),
        ('working due(date and time(received), duration("P1D"))', "2026-11-25T10:30:00+08:00"),
        ('working due(@"2026-11-20T01:00:00Z", @"PT1H")', "2026-11-20T10:00:00+08:00"),
        ('working due(@"2026-11-20T09:00:00@Asia/Shanghai", @"PT1H")', "2026-11-20T10:00:00+08:00"),
        ('working due(@"2026-11-20T09:00:00", @"-PT30M")', "2026-11-20T08:30:00+08:00"),
        ("working days due(received, 10)", "2026-12-04T17:30:00+08:00"),
        ("workingDaysDue(received, days)", "2026-11-24T17:30:00+08:00"),
        ('working time(received, "2026-11-23T09:00:00+08:00")', "PT7H30M"),
        ("workingTime(received, received)", "PT0S"),
        ('is working day(@"2026-10-10")', True),
        ('is working day("2026-10-03")', False),
        ("isWorkingDay(received)", True),
        ('contact time("2026-11-20T21:00:00+08:00")', "2026-11-21T08:00:00+08:00"),
        ("contactTime(received)", "2026-11-20T09:00:00+08:00"),
        ("working due(null, @\"PT2H\")", None),
        ("working due(received, missing)", None),
        ("if working time(received, received) < @\"PT1H\" then 1 else 2", 1),
    ],
)
def test_a_function_answers(calendar: Calendar, text: str, value: Any) -> None:
    context = {
        "received": "2026-11-20T09:00:00+08:00", "limit": "PT1H", "days": 2, "missing": None,
    }
    expression = compile_expression(text, functions=functions(calendar))
    assert to_json(expression.evaluate(context)) == value


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('working due("gestern", @"PT2H")', "gestern"),
        ('working due(7, @"PT2H")', "日期时间"),
        ('working due(@"2026-11-20T09:00:00Z", 2)', "时长"),
        ('working due(@"2026-11-20T09:00:00Z", @"P1M")', "时长"),
        ('working due(@"2026-11-20T09:00:00Z", @"P999999D")', "100 年"),
        ('working due(@"2026-11-20T09:00:00Z", @"P999999999999D")', "超出范围"),
        ('working due(@"-0044-03-15T09:00:00Z", @"PT2H")', "超出范围"),
        ('working days due(@"2026-11-20T09:00:00Z", 1.5)', "整数"),
        ('working days due(@"2026-11-20T09:00:00Z", -1)', "整数"),
        ('is working day("Montag")', "Montag"),
    ],
)
def test_what_is_no_time_is_refused_with_a_sentence(
    calendar: Calendar, text: str, word: str
) -> None:
    expression = compile_expression(text, functions=functions(calendar))
    with pytest.raises(FeelError) as refused:
        expression.evaluate({})
    assert word in refused.value.zh
    assert refused.value.zh.startswith(("working", "is working"))
