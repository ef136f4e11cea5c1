"""Equality, order and membership (DMN 1.5 §10.3.2.13, tables 51–53), three-valued."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal
from typing import Any

from engine.feel.calendar import NANO
from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.values import Range, Value

_DIRECT = frozenset({str, Decimal, bool, Date, YearsMonths, DaysTime})


def equal(left: Value, right: Value) -> bool | None:
    """``left = right``; None when the kinds cannot be compared. A list of one counts as its
    member."""
    if left is None or right is None:
        return left is right
    kind = type(left)
    if kind is type(right):
        if kind in _DIRECT:
            return bool(left == right)
        rule = _SAME_KIND.get(kind)
        return left is right if rule is None else rule(left, right)
    if kind is list and len(left) == 1:
        return equal(left[0], right)
    if type(right) is list and len(right) == 1:
        return equal(left, right[0])
    return None


def unequal(left: Value, right: Value) -> bool | None:
    """``left != right``."""
    same = equal(left, right)
    return None if same is None else not same


def order(left: Value, right: Value) -> int | None:
    """-1, 0 or 1 as ``left`` is below, equal to or above ``right``; None if not comparable."""
    kind = type(left)
    if kind is not type(right):
        if kind is Date and type(right) is DateTime:
            return order(left.midnight(), right)
        if kind is DateTime and type(right) is Date:
            return order(left, right.midnight())
        return None
    if kind is Decimal or kind is str:
        return bool(left > right) - bool(left < right)
    key = _ORDERED.get(kind)
    if key is None:
        return None
    low, high = key(left), key(right)
    if kind is DateTime and (left.zone is None) != (right.zone is None):
        return None
    return bool(low > high) - bool(low < high)


def less(left: Value, right: Value) -> bool | None:
    result = order(left, right)
    return None if result is None else result < 0


def at_most(left: Value, right: Value) -> bool | None:
    result = order(left, right)
    return None if result is None else result <= 0


def greater(left: Value, right: Value) -> bool | None:
    result = order(left, right)
    return None if result is None else result > 0


def at_least(left: Value, right: Value) -> bool | None:
    result = order(left, right)
    return None if result is None else result >= 0


def in_range(value: Value, bounds: Range) -> bool | None:
    """Whether ``value`` lies in ``bounds``; None when it cannot be compared with an end, or an
    end that is written is null."""
    if bounds.operator == "=":
        return equal(value, bounds.low)
    if bounds.operator == "!=":
        return unequal(value, bounds.low)
    if value is None or (not bounds.operator and (bounds.low is None or bounds.high is None)):
        return None
    if bounds.low is not None:
        below = order(bounds.low, value)
        if below is None:
            return None
        if below > 0 or (below == 0 and not bounds.low_included):
            return False
    if bounds.high is None:
        return True
    above = order(value, bounds.high)
    if above is None:
        return None
    return above < 0 or (above == 0 and bounds.high_included)


def member(value: Value, test: Value) -> bool | None:
    """Whether ``value`` satisfies the value of one positive unary test: equal to it, in the
    range, or in the list (whose members may be ranges)."""
    if type(test) is Range:
        if type(value) is Range:
            return equal(value, test)
        return in_range(value, test)
    if type(test) is not list:
        return equal(value, test)
    if type(value) is list and equal(value, test) is True:
        return True
    return any(member(value, item) is True for item in test)


def identity(value: Value) -> Hashable:
    """A key that is the same for two values exactly when they are ``equal``."""
    only = value
    while type(only) is list and len(only) == 1:
        only = only[0]
    if only is not None and type(only) is not list:
        value = only
    kind = type(value)
    if kind is list:
        return (list, *(identity(item) for item in value))
    if kind is dict:
        return (dict, frozenset((key, identity(item)) for key, item in value.items()))
    if kind is Time or kind is DateTime:
        return (kind, value.instant // NANO, kind is Time and value.zone is None)
    if kind is Range:
        return (kind, value.operator, value.low_included, value.high_included,
                identity(value.low), identity(value.high))  # fmt: skip
    return (kind, value if kind in _DIRECT else id(value))


def _equal_lists(left: list[Value], right: list[Value]) -> bool | None:
    if len(left) != len(right):
        return False
    return _all_equal(equal(one, other) for one, other in zip(left, right, strict=True))


def _equal_contexts(left: dict[str, Value], right: dict[str, Value]) -> bool | None:
    if left.keys() != right.keys():
        return False
    return _all_equal(equal(value, right[key]) for key, value in left.items())


def _all_equal(results: Any) -> bool | None:
    unknown = False
    for result in results:
        if result is False:
            return False
        unknown = unknown or result is None
    return None if unknown else True


def _equal_times(left: Time, right: Time) -> bool:
    """By value_t of DMN 1.5 §10.3.2.3.5, which counts whole seconds."""
    if (left.zone is None) != (right.zone is None):
        return False
    return left.instant // NANO == right.instant // NANO


def _equal_moments(left: DateTime, right: DateTime) -> bool:
    """By value_dt of DMN 1.5 §10.3.2.3.6, which counts whole seconds."""
    return left.instant // NANO == right.instant // NANO


def _equal_ranges(left: Range, right: Range) -> bool:
    if (left.operator, left.low_included, left.high_included) != (
        right.operator,
        right.low_included,
        right.high_included,
    ):
        return False
    return equal(left.low, right.low) is True and equal(left.high, right.high) is True


_SAME_KIND: dict[type, Any] = {
    list: _equal_lists,
    dict: _equal_contexts,
    Time: _equal_times,
    DateTime: _equal_moments,
    Range: _equal_ranges,
}

_ORDERED: dict[type, Any] = {
    Date: lambda value: (value.year, value.month, value.day),
    Time: lambda value: value.instant,
    DateTime: lambda value: value.instant,
    YearsMonths: lambda value: value.months,
    DaysTime: lambda value: value.nanos,
}
