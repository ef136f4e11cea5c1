"""Closures of operators: logic, comparison, arithmetic, intervals, unary tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from engine.feel import compare, constants
from engine.feel.arithmetic import OPERATIONS, negate
from engine.feel.constants import make_interval
from engine.feel.scope import Frame
from engine.feel.text import short_text
from engine.feel.values import Value, kind

Closure = Callable[[Frame], Value]
Test = Callable[[Frame, Value], Value]

_CONTAINERS = frozenset({list, dict})
_COMPARE: dict[str, Callable[[Value, Value], bool | None]] = {
    "=": compare.equal,
    "!=": compare.unequal,
    "<": compare.less,
    "<=": compare.at_most,
    ">": compare.greater,
    ">=": compare.at_least,
}


def logic(operands: Sequence[Closure], *, conjunction: bool) -> Closure:
    """``and``/``or`` of DMN table 50: what is not boolean counts as null."""
    stop, go_on = (False, True) if conjunction else (True, False)

    def evaluate(frame: Frame) -> bool | None:
        result: bool | None = go_on
        for operand in operands:
            value = operand(frame)
            if value is stop:
                return not go_on
            if value is not go_on:
                result = None
        return result

    return evaluate


def comparison(operator: str, left: Closure, right: Closure, position: int) -> Closure:
    compared = _COMPARE[operator]

    def evaluate(frame: Frame) -> bool | None:
        first, second = left(frame), right(frame)
        if type(first) in _CONTAINERS:
            frame.meter.weigh(first)
        result = compared(first, second)
        if result is None:
            _warn_comparison(frame, first, second, position)
        return result

    return evaluate


def comparison_with(operator: str, left: Closure, constant: Value, position: int) -> Closure:
    """A comparison with a constant, without dispatch when the left side is of its kind."""
    compared = _COMPARE[operator]
    direct = _DIRECT.get(operator) if type(constant) in (str, Decimal) else None
    shape = type(constant)

    def evaluate(frame: Frame) -> bool | None:
        value = left(frame)
        if direct is not None and type(value) is shape:
            return direct(value, constant)
        result = compared(value, constant)
        if result is None:
            _warn_comparison(frame, value, constant, position)
        return result

    return evaluate


_DIRECT: dict[str, Callable[[Value, Value], bool]] = {
    "=": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


def chain(first: Closure, rest: Sequence[tuple[str, Closure]], position: int) -> Closure:
    """``a + b - c …``, from the left."""
    steps = [(OPERATIONS[symbol], symbol, operand) for symbol, operand in rest]

    def evaluate(frame: Frame) -> Value:
        value = first(frame)
        for operation, symbol, operand in steps:
            other = operand(frame)
            if type(value) is str and type(other) is str and symbol == "+":
                frame.meter.text(len(value) + len(other))
            result = operation(value, other)
            if result is None:
                _warn_arithmetic(frame, symbol, value, other, position)
            value = result
        return value

    return evaluate


def negation(operand: Closure, position: int) -> Closure:
    def evaluate(frame: Frame) -> Value:
        value = operand(frame)
        result = negate(value)
        if result is None and value is not None:
            shape = kind(value)
            frame.meter.warn(position, f"{shape} 不能取负。", f"-{shape} is not defined.")
        return result

    return evaluate


def interval(
    low: Closure, high: Closure, low_included: bool, high_included: bool, position: int
) -> Closure:
    """``[low..high]``; null when the ends cannot be compared or are the wrong way round."""

    def evaluate(frame: Frame) -> Value:
        start, end = low(frame), high(frame)
        made = make_interval(start, end, low_included, high_included)
        if made is None:
            _warn_comparison(frame, start, end, position)
        return made

    return evaluate


def half_interval(operator: str, operand: Closure) -> Closure:
    """``< x`` and the like as a range."""
    return lambda frame: constants.half_interval(operator, operand(frame))


def any_test(tests: Sequence[Test], *, negated: bool) -> Closure:
    """Whether the value of ``?`` passes one of the tests; ``not(…)`` inverts."""

    def evaluate(frame: Frame) -> bool:
        subject = frame.values["?"]
        for test in tests:
            if test(frame, subject) is True:
                return not negated
        return negated

    return evaluate


def _warn_comparison(frame: Frame, left: Value, right: Value, position: int) -> None:
    meter = frame.meter
    if meter.warnings is None:
        return
    meter.warn(
        position,
        f"不能比较 {short_text(left)} 与 {short_text(right)}。",
        f"{short_text(left)} cannot be compared with {short_text(right)}.",
    )


def _warn_arithmetic(frame: Frame, symbol: str, left: Value, right: Value, position: int) -> None:
    meter = frame.meter
    if meter.warnings is None:
        return
    meter.warn(
        position,
        f"{short_text(left)} {symbol} {short_text(right)} 没有定义。",
        f"{short_text(left)} {symbol} {short_text(right)} is not defined.",
    )
