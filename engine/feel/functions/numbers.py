"""Numeric functions (DMN 1.5, table 71)."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel.arithmetic import negate, whole
from engine.feel.registry import builtin
from engine.feel.temporal import DaysTime, YearsMonths
from engine.feel.values import DECIMAL128

_LOWEST_SCALE, _HIGHEST_SCALE = -6111, 6176
_wide = decimal.Context(
    prec=13_000, Emax=20_000, Emin=-20_000, traps=[decimal.InvalidOperation, decimal.Overflow]
)


def _round(number: Decimal, scale: Decimal | None, mode: str) -> Decimal | None:
    digits = whole(scale) if scale is not None else 0
    if not _LOWEST_SCALE <= digits <= _HIGHEST_SCALE:
        return None
    if number.as_tuple().exponent >= -digits:  # type: ignore[operator]
        return number
    exponent = Decimal((0, (1,), -digits))
    return DECIMAL128.plus(number.quantize(exponent, rounding=mode, context=_wide))


def _rounding(name: str, mode: str, *, optional: bool = False) -> None:
    def function(number: Decimal, scale: Decimal | None = None) -> Decimal | None:
        return _round(number, scale, mode)

    if optional:
        builtin(f"{name}(n: number)")(function)
    builtin(f"{name}(n: number, scale: number)")(function)


_rounding("decimal", decimal.ROUND_HALF_EVEN)
_rounding("floor", decimal.ROUND_FLOOR, optional=True)
_rounding("ceiling", decimal.ROUND_CEILING, optional=True)
_rounding("round up", decimal.ROUND_UP)
_rounding("round down", decimal.ROUND_DOWN)
_rounding("round half up", decimal.ROUND_HALF_UP)
_rounding("round half down", decimal.ROUND_HALF_DOWN)


@builtin("abs(n: number|duration)")
def abs_(value: Decimal | DaysTime | YearsMonths) -> Any:
    below = value.nanos if isinstance(value, DaysTime) else None
    if isinstance(value, YearsMonths):
        below = value.months
    if isinstance(value, Decimal):
        return value.copy_abs()
    return negate(value) if below is not None and below < 0 else value


@builtin("modulo(dividend: number, divisor: number)")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """``dividend - divisor * floor(dividend / divisor)``: the sign is the divisor's."""
    if not divisor:
        return None
    quotient = DECIMAL128.divide(dividend, divisor).to_integral_value(decimal.ROUND_FLOOR)
    return DECIMAL128.subtract(dividend, DECIMAL128.multiply(divisor, quotient))


def _numeric(signature: str, function: Callable[[Decimal], Decimal | None]) -> None:
    builtin(signature)(function)


_numeric("sqrt(number: number)", lambda number: DECIMAL128.sqrt(number) if number >= 0 else None)
_numeric("log(number: number)", lambda number: DECIMAL128.ln(number) if number > 0 else None)
_numeric("exp(number: number)", lambda number: DECIMAL128.exp(number))


@builtin("odd(number: number)")
def odd(number: Decimal) -> bool | None:
    rest = _parity(number)
    return None if rest is None else rest == 1


@builtin("even(number: number)")
def even(number: Decimal) -> bool | None:
    rest = _parity(number)
    return None if rest is None else rest == 0


def _parity(number: Decimal) -> int | None:
    if number != number.to_integral_value():
        return None
    return abs(int(number)) % 2
