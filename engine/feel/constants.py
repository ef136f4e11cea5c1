"""Values of constant FEEL: cells of decision tables, what ``range("[1..5]")`` reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.feel import tree
from engine.feel.arithmetic import negate
from engine.feel.calls import invoke
from engine.feel.compare import order
from engine.feel.errors import FeelError
from engine.feel.registry import BUILTINS
from engine.feel.limits import Meter
from engine.feel.name_reader import Outside
from engine.feel.parser import Parser
from engine.feel.values import Range, Value

_CONVERSIONS = frozenset({"date", "time", "date and time", "duration"})


class NotConstant(Exception):
    """The value is only known at run time."""


def constant_value(node: tree.Node) -> Value:
    """The value of a constant expression. NotConstant if it is none."""
    reader = _READERS.get(type(node))
    if reader is None:
        raise NotConstant
    return reader(node)


def constant_tests(tests: tree.Tests) -> list[Value] | None:
    """The values a cell compares with, if all are constants; None if it must be evaluated."""
    try:
        return [constant_value(test) for test in tests.tests]
    except NotConstant:
        return None


def constant_range(text: str) -> Range | None:
    """The range that ``text`` writes with constant ends, or None."""
    try:
        node = Parser(text, Outside(tuple(_CONVERSIONS))).parse()
        if not isinstance(node, tree.Interval):
            return None
        value = _interval(node)
    except (FeelError, NotConstant):
        return None
    if value is None or value.low is None or value.high is None:
        return None
    return value


def make_interval(low: Value, high: Value, low_included: bool, high_included: bool) -> Range | None:
    """``[low..high]``; None when the ends cannot be compared or are the wrong way round."""
    if low is None and high is None:
        return None
    if low is not None and high is not None and order(low, high) not in (-1, 0):
        return None
    return Range(low, high, low_included and low is not None, high_included and high is not None)


def half_interval(operator: str, value: Value) -> Range | None:
    """``< value`` and the like as a range."""
    if operator in ("=", "!="):
        return Range(value, value, True, True, operator)
    if value is None:
        return None
    if operator[0] == "<":
        return Range(None, value, False, operator == "<=", operator)
    return Range(value, None, operator == ">=", False, operator)


def _interval(node: tree.Interval) -> Range | None:
    low, high = constant_value(node.low), constant_value(node.high)
    return make_interval(low, high, node.low_included, node.high_included)


def _half(node: tree.HalfInterval) -> Range | None:
    return half_interval(node.operator, constant_value(node.operand))


def _call(node: tree.Call) -> Value:
    callee = node.callee
    if not isinstance(callee, tree.Name) or callee.name not in _CONVERSIONS:
        raise NotConstant
    arguments = [constant_value(argument) for argument in node.arguments]
    return invoke(BUILTINS[callee.name], arguments, node.names, Meter())


_READERS: dict[type, Callable[[Any], Value]] = {
    tree.Literal: lambda node: node.value,
    tree.Negation: lambda node: negate(constant_value(node.operand)),
    tree.Interval: _interval,
    tree.HalfInterval: _half,
    tree.ListOf: lambda node: [constant_value(item) for item in node.items],
    tree.Call: _call,
}
