"""Arithmetic of FEEL (DMN 1.5 §10.3.2.13.5, tables 56–58). What is not defined is None."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from functools import wraps

from engine.feel.calendar import DAY_NANOS, NANO
from engine.feel.temporal import Date, DateTime, DaysTime, OutOfRange, Time, YearsMonths
from engine.feel.values import DECIMAL128, Value

MAX_NANOS = 10**30
"""Durations beyond this many nanoseconds (more than any two dates are apart) are null."""

_Operation = Callable[[Value, Value], Value]


def _or_null(operation: _Operation) -> _Operation:
    @wraps(operation)
    def guarded(left: Value, right: Value) -> Value:
        try:
            return operation(left, right)
        except (decimal.DecimalException, OutOfRange):
            return None

    return guarded


def days_time(nanos: int) -> DaysTime | None:
    """A duration of ``nanos``, None if absurdly long."""
    return DaysTime(nanos) if abs(nanos) <= MAX_NANOS else None


def years_months(months: int) -> YearsMonths | None:
    """A duration of ``months``, None if absurdly long."""
    return YearsMonths(months) if abs(months) <= MAX_NANOS else None


def whole(number: Decimal) -> int:
    """``number`` as an integer, cut towards zero; OutOfRange beyond 40 digits."""
    if number.adjusted() > 40:
        raise OutOfRange
    return int(number)


@_or_null
def add(left: Value, right: Value) -> Value:
    kinds = (type(left), type(right))
    if kinds == (Decimal, Decimal):
        return DECIMAL128.add(left, right)
    if kinds == (str, str):
        return left + right
    if kinds == (DaysTime, DaysTime):
        return days_time(left.nanos + right.nanos)
    if kinds == (YearsMonths, YearsMonths):
        return years_months(left.months + right.months)
    if kinds[1] is DaysTime or kinds[1] is YearsMonths:
        return _shift(left, right, 1)
    if kinds[0] is DaysTime or kinds[0] is YearsMonths:
        return _shift(right, left, 1)
    return None


@_or_null
def subtract(left: Value, right: Value) -> Value:
    kinds = (type(left), type(right))
    if kinds == (Decimal, Decimal):
        return DECIMAL128.subtract(left, right)
    if kinds == (DaysTime, DaysTime):
        return days_time(left.nanos - right.nanos)
    if kinds == (YearsMonths, YearsMonths):
        return years_months(left.months - right.months)
    if kinds[1] is DaysTime or kinds[1] is YearsMonths:
        return _shift(left, right, -1)
    if kinds == (Time, Time):
        if (left.zone is None) != (right.zone is None):
            return None
        return DaysTime(left.instant - right.instant)
    return _between(left, right)


@_or_null
def multiply(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is not Decimal:
        left, right = right, left
    if type(right) is not Decimal:
        return None
    if type(left) is Decimal:
        return DECIMAL128.multiply(left, right)
    if type(left) is DaysTime:
        return days_time(_rounded(_exact.multiply(Decimal(left.nanos), right)))
    if type(left) is YearsMonths:
        return years_months(whole(_exact.multiply(Decimal(left.months), right)))
    return None


@_or_null
def divide(left: Value, right: Value) -> Value:
    kinds = (type(left), type(right))
    if kinds == (Decimal, Decimal):
        return DECIMAL128.divide(left, right) if right else None
    if kinds == (DaysTime, DaysTime):
        return _ratio(left.nanos, right.nanos)
    if kinds == (YearsMonths, YearsMonths):
        return _ratio(left.months, right.months)
    if kinds[1] is not Decimal or not right:
        return None
    if kinds[0] is DaysTime:
        return days_time(_rounded(_exact.divide(Decimal(left.nanos), right)))
    if kinds[0] is YearsMonths:
        return years_months(whole(_exact.divide(Decimal(left.months), right)))
    return None


@_or_null
def power(left: Value, right: Value) -> Value:
    if type(left) is not Decimal or type(right) is not Decimal:
        return None
    return DECIMAL128.power(left, right)


def negate(value: Value) -> Value:
    kind = type(value)
    if kind is Decimal:
        return value.copy_negate() if value else value
    if kind is DaysTime:
        return DaysTime(-value.nanos)
    if kind is YearsMonths:
        return YearsMonths(-value.months)
    return None


OPERATIONS: dict[str, _Operation] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "**": power,
}

_exact = decimal.Context(prec=60, traps=[decimal.InvalidOperation, decimal.Overflow])


def _rounded(number: Decimal) -> int:
    if number.adjusted() > 40:
        raise OutOfRange
    return int(number.to_integral_value(decimal.ROUND_HALF_EVEN))


def _ratio(left: int, right: int) -> Decimal | None:
    return DECIMAL128.divide(Decimal(left), Decimal(right)) if right else None


def _shift(moment: Value, duration: YearsMonths | DaysTime, sign: int) -> Value:
    if type(duration) is YearsMonths:
        months = sign * duration.months
        if type(moment) is Date:
            return moment.plus_months(months)
        if type(moment) is DateTime:
            return DateTime(moment.date.plus_months(months), moment.time)
        return None
    assert type(duration) is DaysTime
    nanos = sign * duration.nanos
    if type(moment) is Date:
        return Date.from_days((moment.days * DAY_NANOS + nanos) // DAY_NANOS)
    if type(moment) is Time:
        return Time.from_nanos(moment.nanos + nanos, moment.zone)
    if type(moment) is DateTime:
        return _shift_moment(moment, nanos)
    return None


def _shift_moment(moment: DateTime, nanos: int) -> DateTime:
    """Elapsed time: across a change of summer time the clock moves by an hour more or less."""
    if moment.zone is None or not moment.zone.region:
        return DateTime.from_local(moment.local + nanos, moment.zone)
    return DateTime.from_instant(moment.instant + nanos, moment.zone)


def _between(left: Value, right: Value) -> DaysTime | None:
    if type(left) is Date:
        left = left.midnight()
    if type(right) is Date:
        right = right.midnight()
    if type(left) is not DateTime or type(right) is not DateTime:
        return None
    if (left.zone is None) != (right.zone is None):
        return None
    return DaysTime(left.instant - right.instant)


def seconds_of(duration: DaysTime) -> Decimal:
    """The duration in seconds, exactly."""
    return _exact.divide(Decimal(duration.nanos), Decimal(NANO))
