"""Closures of loops and filters (DMN 1.5 §10.3.2.14 and §10.3.2.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Iterator as Iterating
from dataclasses import dataclass
from decimal import Decimal

from engine.feel.limits import Meter
from engine.feel.scope import MISSING, Frame
from engine.feel.temporal import Date
from engine.feel.values import Range, Value

Closure = Callable[[Frame], Value]


@dataclass(frozen=True, slots=True)
class Iterator:
    name: str
    domain: Closure
    end: Closure | None


class _NoDomain(Exception):
    """Something that cannot be iterated."""


def for_(iterators: Sequence[Iterator], body: Closure, *, partial: bool) -> Closure:
    """``for … return …``; ``partial`` holds the results so far where the body reads it."""

    def evaluate(frame: Frame) -> Value:
        results: list[Value] = []
        limit = frame.meter.limits.items
        try:
            for inner in _rounds(iterators, frame):
                if partial:
                    frame.meter.list_(len(results))
                    inner = inner.inner({"partial": list(results)})
                results.append(body(inner))
                if len(results) > limit:
                    frame.meter.list_(len(results))
        except _NoDomain:
            return None
        return frame.meter.made_value(results)

    return evaluate


def quantified(iterators: Sequence[Iterator], condition: Closure, *, every: bool) -> Closure:
    """``some``/``every … satisfies …``, three-valued; null if a condition is not boolean."""

    def evaluate(frame: Frame) -> Value:
        unknown = decided = False
        try:
            for inner in _rounds(iterators, frame):
                value = condition(inner)
                if value is (not every):
                    decided = True
                elif value is None:
                    unknown = True
                elif value is not every:
                    return None
        except _NoDomain:
            return None
        if decided:
            return not every
        return None if unknown else every

    return evaluate


def _rounds(iterators: Sequence[Iterator], frame: Frame) -> Iterating[Frame]:
    """A scope for each combination of the iterators' values."""
    first, others = iterators[0], iterators[1:]
    for value in _domain(first, frame):
        frame.meter.tick()
        inner = frame.inner({first.name: value})
        if others:
            yield from _rounds(others, inner)
        else:
            yield inner


def _domain(iterator: Iterator, frame: Frame) -> Iterable[Value]:
    value = iterator.domain(frame)
    if iterator.end is not None:
        return _span(value, iterator.end(frame), True, True, frame.meter)
    if type(value) is Range:
        return _span(value.low, value.high, value.low_included, value.high_included, frame.meter)
    if value is None:
        raise _NoDomain
    return value if type(value) is list else [value]


def _span(low: Value, high: Value, low_in: bool, high_in: bool, meter: Meter) -> Iterable[Value]:
    """The whole numbers or days between two ends, downwards if ``low`` is above ``high``."""
    if type(low) is Decimal and type(high) is Decimal:
        if low != low.to_integral_value() or high != high.to_integral_value():
            raise _NoDomain
        return map(Decimal, _steps(int(low), int(high), low_in, high_in, meter))
    if type(low) is Date and type(high) is Date:
        return map(Date.from_days, _steps(low.days, high.days, low_in, high_in, meter))
    raise _NoDomain


def _steps(low: int, high: int, low_in: bool, high_in: bool, meter: Meter) -> range:
    meter.expect(abs(high - low))
    step = 1 if low <= high else -1
    return range(low if low_in else low + step, high + step if high_in else high, step)


def index(base: Closure, position: Value) -> Closure:
    """``list[n]`` with a constant."""

    def evaluate(frame: Frame) -> Value:
        value = base(frame)
        if value is None:
            return None
        items = value if type(value) is list else [value]
        if type(position) is Decimal:
            return _at(items, position)
        if position is True:
            return items
        return [] if position is False or position is None else None

    return evaluate


def filter_(base: Closure, condition: Closure) -> Closure:
    """``list[condition]``: the members for which it is true, or the member at a number."""

    def evaluate(frame: Frame) -> Value:
        value = base(frame)
        if value is None:
            return None
        items = value if type(value) is list else [value]
        first = condition(_item_scope(items[0] if items else None, frame))
        if type(first) is Decimal:
            return _at(items, first)
        return _kept(items, first, condition, frame)

    return evaluate


def _kept(items: list[Value], first: Value, condition: Closure, frame: Frame) -> Value:
    kept: list[Value] = []
    for position, item in enumerate(items):
        frame.meter.tick()
        result = condition(_item_scope(item, frame)) if position else first
        if result is True:
            kept.append(item)
        elif result is not False and result is not None:
            return None
    return frame.meter.made_value(kept)


def _item_scope(item: Value, frame: Frame) -> Frame:
    """A member of ``item`` named item hides the item itself."""
    inner = frame.inner({"item": item})
    return inner.inner(item) if type(item) is dict else inner


def index_at(items: list[Value], result: Value) -> Value:
    """The member at ``result`` if that is a number, else MISSING."""
    return _at(items, result) if type(result) is Decimal else MISSING


def _at(items: list[Value], position: Decimal) -> Value:
    """The member at ``position`` (from 1, negative from the end), or null."""
    if position != position.to_integral_value() or position.adjusted() > 9:
        return None
    place = int(position)
    if 0 < place <= len(items):
        return items[place - 1]
    return items[place] if -len(items) <= place < 0 else None
