"""JSON (and Python's own dates) to FEEL values and back."""

from __future__ import annotations

import datetime as py
import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, DecimalException
from typing import Any

from engine.feel.errors import FeelEvaluationError
from engine.feel.limits import Limits, Meter, too_deep
from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths, from_python
from engine.feel.text import to_text
from engine.feel.values import DECIMAL128, Range, Value, kind
from engine.feel.zones import Zone

_AS_IT_IS = frozenset({str, bool, type(None), Date, Time, DateTime, YearsMonths, DaysTime, Range})
_MAX_BITS = 24_000
_INT64 = 2**63
_OUT = Limits(steps=1_000_000, seconds=5)
"""What one value that leaves FEEL may cost."""


def from_json(value: Any) -> Value:
    """The FEEL value of plain JSON: numbers become Decimal, the rest keeps its shape.

    FEEL values, Python's Decimal, date, time, datetime and timedelta are taken too; numbers that
    decimal128 cannot hold, NaN and infinities become null. The input is not changed.
    FeelLimitError if it nests too deeply."""
    kind_ = type(value)
    if kind_ in _AS_IT_IS:
        return value
    converter = _CONVERTERS.get(kind_, _other)
    try:
        return converter(value)
    except RecursionError:
        raise too_deep() from None


def to_json(value: Value) -> Any:
    """Plain JSON of a FEEL value: int where integral and within 64 bits else float; dates,
    times and durations as ISO 8601 strings (a moment in a region with that moment's offset, which
    every reader of ISO 8601 understands); ranges as FEEL text.

    FeelEvaluationError for functions and for numbers beyond float, FeelLimitError for values
    with more than a million parts."""
    if type(value) is list or type(value) is dict:
        Meter(_OUT).weigh(value)
    try:
        return _out(value)
    except RecursionError:
        raise too_deep() from None


def _out(value: Value) -> Any:
    kind_ = type(value)
    if kind_ is str or kind_ is bool or value is None:
        return value
    if kind_ is Decimal:
        return _number_out(value)
    if kind_ is list:
        return [_out(item) for item in value]
    if kind_ is dict:
        return {key: _out(item) for key, item in value.items()}
    if kind_ is DateTime and value.zone is not None and value.zone.region:
        return to_text(DateTime.from_local(value.local, Zone(value.offset)))
    if kind(value) == "function":
        raise FeelEvaluationError(
            "函数不能作为变量保存。", "A function cannot be stored as a variable."
        )
    return to_text(value)


def _number_out(value: Decimal) -> int | float:
    if not value:
        return 0
    if value.adjusted() < 19 and value == value.to_integral_value():
        whole = int(value)
        if -_INT64 <= whole < _INT64:
            return whole
    number = float(value)
    if math.isinf(number):
        raise FeelEvaluationError(
            f"数 {value} 太大，不能保存为变量。", f"The number {value} is too large to be stored."
        )
    return number


def _int_in(value: int) -> Decimal | None:
    if -(10**34) < value < 10**34:
        return Decimal(value)
    if value.bit_length() > _MAX_BITS:
        return None
    return _decimal_in(Decimal(value))


def _float_in(value: float) -> Decimal | None:
    return Decimal(repr(value)) if math.isfinite(value) else None


def _decimal_in(value: Decimal) -> Decimal | None:
    if not value.is_finite():
        return None
    try:
        return DECIMAL128.plus(value)
    except DecimalException:
        return None


def _list_in(values: Iterable[Any]) -> list[Value]:
    return [value if type(value) in _AS_IT_IS else from_json(value) for value in values]


def _dict_in(values: Mapping[Any, Any]) -> dict[str, Value]:
    return {
        key if type(key) is str else str(key): (
            value if type(value) in _AS_IT_IS else from_json(value)
        )
        for key, value in values.items()
    }


_CONVERTERS: dict[type, Callable[[Any], Value]] = {
    int: _int_in,
    Decimal: _decimal_in,
    float: _float_in,
    list: _list_in,
    tuple: _list_in,
    dict: _dict_in,
    py.date: from_python,
    py.datetime: from_python,
    py.time: from_python,
    py.timedelta: from_python,
}


def _other(value: Any) -> Value:
    """Subclasses of what we know; anything else is taken as it is (functions)."""
    for known in (int, float, Decimal, str, py.datetime, py.date, py.time, py.timedelta):
        if isinstance(value, known):
            return str(value) if known is str else _CONVERTERS[known](value)
    if isinstance(value, Mapping):
        return _dict_in(value)
    return _list_in(value) if isinstance(value, list | tuple) else value
