"""What conditions are proved to say together."""

from __future__ import annotations

import pytest

from engine.bpmn.rules.conditions import always_one, disjoint


@pytest.mark.parametrize(
    "conditions",
    [
        ["=x > 5", "=x <= 5"],
        ["=5 < x", "=x <= 5"],
        ["=x in [1..3]", "=x < 1 or x > 3"],
        ["=x between 1 and 3", "=not(x >= 1 and x <= 3)"],
        ["=x in (< 0, > 10)", "=x >= 0 and x <= 10"],
        ["=done", "=not(done)"],
        ["=done = true", "=done = false"],
        ['=kind = "a"', '=kind != "a"'],
        ["=a", "=not(a) and b", "=not(a) and not(b)"],
        ["=customer.vip = null", "=customer.vip != null"],
        ["=end < today()", "=end >= today()"],
        ["=x > -1", "=x <= -1"],
        ["=x", "=true"],
    ],
)
def test_they_cover_everything(conditions: list[str]) -> None:
    assert always_one(conditions, {})


@pytest.mark.parametrize(
    "conditions",
    [
        ["=x > 5", "=x < 5"],
        ["=a", "=b"],
        ['=kind = "a"', '=kind = "b"'],
        ["=x > 5", "=y <= 5"],
        ["=done = true", "=done = null"],
        ["=end < today()", "=end > today()"],
        ["=x +"],
        [],
    ],
)
def test_they_may_all_be_false(conditions: list[str]) -> None:
    assert not always_one(conditions, {})


def test_which_exclude_each_other() -> None:
    apart = disjoint(["=x < 1", "=x in [1..5]", "=x >= 5"], {})
    assert apart == {frozenset({0, 1}), frozenset({0, 2})}
    assert disjoint(["=a", "=b"], {}) == frozenset()


def test_many_values_are_given_up_rather_than_tried() -> None:
    many = [f"=v{number} > {number}" for number in range(20)]
    assert not always_one(many, {})
    assert disjoint(many, {}) == frozenset()
