"""Names: spaces, Chinese, operators in them, and what a Chinese keyboard puts in."""

from __future__ import annotations

from typing import Any

import pytest

from engine.feel import FeelSyntaxError, compile_expression

CONTEXT = {
    "客户 等级": "金",
    "home-city": "杭州",
    "home": 10,
    "city": 3,
    "account": {"first name": "Li", "a+b": 1, "in": 5, "date": 7},
    "金额（元）": 12,
    "return": 4,
    "date": "2026-01-01",
    "rows": [{"unit-price": 3, "sku": "a"}, {"unit-price": 8, "sku": "b"}],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('客户 等级 = "金"', True),
        ('客户   等级 = "金"', True),
        ("account.first name", "Li"),
        ("account.a+b", 1),
        ("account.in", 5),
        ("account.date", 7),
        ("home-city", "杭州"),
        ("home - city", "杭州"),
        ("`home`-`city`", 7),
        ("金额（元） * 2", 24),
        ("return + 1", 5),
        ('date("2026-02-03").day', 3),
        ("date", "2026-01-01"),
        ("rows[unit-price > 5].sku", ["b"]),
        ("rows[1].unit-price", 3),
        ("{价 格: 3, 两倍: 价 格 * 2}.两倍", 6),
        ('{"a-b": 1, c: a-b + 1}.c', 2),
        ("[{a-b: 1}.a-b, home-city]", [1, "杭州"]),
        ("for 小 计 in [1, 2] return 小 计 * 2", [2, 4]),
        ("(function(a b, c) a b + c)(1, 2)", 3),
        ('some x in rows satisfies x.sku = "b"', True),
        ("if home>city then 1 else 2", 1),
        ("trueish", None),
    ],
)
def test_a_name_is_read(text: str, value: Any) -> None:
    assert (
        compile_expression(text, names=[*CONTEXT, "a+b", "unit-price"]).evaluate(CONTEXT) == value
    )


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("a + b.c", {"a", "b"}),
        ("for x in xs return x + y", {"xs", "y"}),
        ("{a: 1, b: a + c}", {"c"}),
        ("count(items)", {"items"}),
        ("some x in xs satisfies x = limit", {"xs", "limit"}),
        ("function(x) x + k", {"k"}),
        ('if status = "a" then 1 else other', {"status", "other"}),
        ("items[price > 3]", {"items"}),
    ],
)
def test_the_variables_an_expression_reads(text: str, reads: set[str]) -> None:
    assert compile_expression(text).variables == reads


def test_names_in_a_filter_may_be_variables_or_entries() -> None:
    expression = compile_expression("items[price > limit]")

    assert expression.possible == {"price", "limit"}
    assert compile_expression("date > count([1])").possible == {"date"}
    assert expression.evaluate({"items": [{"price": 3}, {"price": 9}], "limit": 5}) == [
        {"price": 9}
    ]


@pytest.mark.parametrize(
    ("text", "wide", "half"),
    [
        ("级别 （1）", "（", "("),
        ("a ＞ 5", "＞", ">"),
        ("max(1，2)", "，", ","),
        ("a ＝ 5", "＝", "="),
    ],
)
def test_full_width_punctuation_is_named(text: str, wide: str, half: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert caught.value.position == text.index(wide)
    assert wide in caught.value.zh
    assert f"“{half}”" in caught.value.zh
