"""List functions (DMN 1.5, table 70). Positions count from 1, negative ones from the end."""

from __future__ import annotations

import functools
import statistics
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import Any

from engine.feel import arithmetic
from engine.feel.arithmetic import whole
from engine.feel.calls import invoke
from engine.feel.compare import equal, identity, order
from engine.feel.registry import alias, builtin
from engine.feel.limits import Meter
from engine.feel.temporal import DaysTime, YearsMonths
from engine.feel.values import DECIMAL128, Value

_List = list[Value]


@builtin("list contains(list: list, element: any)", metered=True)
def list_contains(meter: Meter, items: _List, element: Value) -> bool:
    meter.weigh(items)
    return any(equal(item, element) is True for item in items)


@builtin("count(list: list)")
def count(items: _List) -> Decimal:
    return Decimal(len(items))


def _aggregate(name: str, function: Callable[[_List], Value]) -> None:
    """A function of a list, or of its members as arguments."""
    builtin(f"{name}(list: list)")(function)
    builtin(f"{name}(*n: any)")(function)


def _extreme(sign: int) -> Callable[[_List], Value]:
    def find(items: _List) -> Value:
        if not items:
            return None
        best = items[0]
        for item in items:
            result = order(item, best)
            if result is None:
                return None
            if result * sign > 0:
                best = item
        return best

    return find


def _numbers(items: Sequence[Value]) -> bool:
    return bool(items) and all(type(item) is Decimal for item in items)


def _sum(items: _List) -> Value:
    if not items:
        return None
    shape = type(items[0])
    if shape not in (Decimal, DaysTime, YearsMonths):
        return None
    if any(type(item) is not shape for item in items):
        return None
    return functools.reduce(arithmetic.add, items)


def _mean(items: _List) -> Value:
    total = _sum(items)
    return None if total is None else arithmetic.divide(total, Decimal(len(items)))


def _product(items: _List) -> Value:
    return functools.reduce(DECIMAL128.multiply, items) if _numbers(items) else None


def _median(items: _List) -> Value:
    if not _numbers(items):
        return None
    ordered = sorted(items)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return DECIMAL128.divide(DECIMAL128.add(ordered[middle - 1], ordered[middle]), Decimal(2))


def _stddev(items: _List) -> Value:
    """The sample standard deviation."""
    if not _numbers(items) or len(items) < 2:
        return None
    mean = _mean(items)
    squares = Decimal(0)
    for item in items:
        difference = DECIMAL128.subtract(item, mean)
        squares = DECIMAL128.add(squares, DECIMAL128.multiply(difference, difference))
    return DECIMAL128.sqrt(DECIMAL128.divide(squares, Decimal(len(items) - 1)))


def _mode(items: _List) -> Value:
    if not items:
        return []
    return sorted(statistics.multimode(items)) if _numbers(items) else None


def _every(stop: bool) -> Callable[[_List], Value]:
    def test(items: _List) -> Value:
        if any(item is not None and type(item) is not bool for item in items):
            return None
        if stop in items:
            return stop
        return None if None in items else not stop

    return test


for _name, _function in {
    "min": _extreme(-1),
    "max": _extreme(1),
    "sum": _sum,
    "mean": _mean,
    "product": _product,
    "median": _median,
    "stddev": _stddev,
    "mode": _mode,
    "all": _every(stop=False),
    "any": _every(stop=True),
}.items():
    _aggregate(_name, _function)
alias("and", "all")
alias("or", "any")


def _place(items: _List, position: Decimal) -> int | None:
    """The index of ``position``, None if the list has no such place."""
    place = whole(position)
    if place == 0 or abs(place) > len(items):
        return None
    return place - 1 if place > 0 else len(items) + place


@builtin("sublist(list: list, start position: number, length?: number)")
def sublist(items: _List, start: Decimal, length: Decimal | None) -> _List | None:
    begin = _place(items, start)
    if begin is None:
        return None
    if length is None:
        return items[begin:]
    if length < 1 or begin + length > len(items):
        return None
    return items[begin : begin + whole(length)]


@builtin("append(list: list, *item: any)")
def append(items: _List, more: _List) -> _List:
    return items + more


@builtin("concatenate(*list: list)", metered=True)
def concatenate(meter: Meter, lists: list[_List]) -> _List | None:
    meter.list_(sum(map(len, lists)))
    return [item for items in lists for item in items] if lists else None


@builtin("insert before(list: list, position: number, newItem: any)")
def insert_before(items: _List, position: Decimal, item: Value) -> _List | None:
    place = _place(items, position)
    return None if place is None else [*items[:place], item, *items[place:]]


@builtin("remove(list: list, position: number)")
def remove(items: _List, position: Decimal) -> _List | None:
    place = _place(items, position)
    return None if place is None else [*items[:place], *items[place + 1 :]]


@builtin("list replace(list: list, position: number, newItem: any)")
def list_replace(items: _List, position: Decimal, item: Value) -> _List | None:
    place = _place(items, position)
    return None if place is None else [*items[:place], item, *items[place + 1 :]]


@builtin("list replace(list: list, match: function, newItem: any)", metered=True)
def list_replace_matching(meter: Meter, items: _List, match: Any, item: Value) -> _List | None:
    if len(match.parameters) != 2:
        return None
    results = [invoke(match, [old, item], None, meter) for old in items]
    if any(type(result) is not bool for result in results):
        return None
    return [item if result else old for old, result in zip(items, results, strict=True)]


@builtin("reverse(list: list)")
def reverse(items: _List) -> _List:
    return items[::-1]


@builtin("index of(list: list, match: any)", metered=True)
def index_of(meter: Meter, items: _List, match: Value) -> _List:
    meter.weigh(items)
    return [Decimal(place) for place, item in enumerate(items, 1) if equal(item, match) is True]


def distinct(meter: Meter, items: _List) -> _List:
    """The members without repeats, in order of first appearance."""
    meter.weigh(items)
    first: dict[Hashable, Value] = {}
    for item in items:
        first.setdefault(identity(item), item)
    return list(first.values())


@builtin("union(*list: list)", metered=True)
def union(meter: Meter, lists: list[_List]) -> _List:
    meter.list_(sum(map(len, lists)))
    return distinct(meter, [item for items in lists for item in items])


@builtin("distinct values(list: list)", metered=True)
def distinct_values(meter: Meter, items: _List) -> _List:
    return distinct(meter, items)


@builtin("duplicate values(list: list)", metered=True)
def duplicate_values(meter: Meter, items: _List) -> _List:
    """Camunda 8: what occurs more than once."""
    kept = distinct(meter, items)
    times = Counter(identity(item) for item in items)
    return [item for item in kept if times[identity(item)] > 1]


@builtin("flatten(list: list)", metered=True)
def flatten(meter: Meter, items: _List) -> _List:
    flat: _List = []
    stack = [iter(items)]
    while stack:
        meter.tick()
        item = next(stack[-1], _END)
        if item is _END:
            stack.pop()
        elif type(item) is list:
            stack.append(iter(item))
        else:
            flat.append(item)
    return flat


_END = object()


@builtin("sort(list: list, precedes?: function)", metered=True)
def sort(meter: Meter, items: _List, precedes: Any) -> _List | None:
    """Stable. ``precedes`` tells whether its first argument comes before its second."""
    meter.tick(len(items))
    if precedes is None:
        if any(order(item, items[0]) is None for item in items):
            return None
        return sorted(items, key=functools.cmp_to_key(lambda left, right: order(left, right) or 0))

    def compare(left: Value, right: Value) -> int:
        if invoke(precedes, [left, right], None, meter) is True:
            return -1
        return 1 if invoke(precedes, [right, left], None, meter) is True else 0

    return sorted(items, key=functools.cmp_to_key(compare))
