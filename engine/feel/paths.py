"""``value.name``: entries of contexts and the properties of values (DMN 1.5, table 65)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel.arithmetic import seconds_of
from engine.feel.calendar import DAY_SECONDS, weekday
from engine.feel.errors import nearest
from engine.feel.limits import Meter
from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.values import Range, Value, kind


def property_of(value: Value, name: str, meter: Meter, position: int | None = None) -> Value:
    """The entry or property ``name``; of a list, those of its members. Null if there is none."""
    if type(value) is dict:
        if name in value:
            return value[name]
        _warn_key(value, name, meter, position)
        return None
    if type(value) is list:
        meter.tick(len(value))
        return [property_of(item, name, meter, position) for item in value]
    found = _PROPERTIES.get(type(value), {}).get(name)
    if found is not None:
        return found(value)
    if value is not None:
        meter.warn(
            position,
            f"{kind(value)} 没有“{name}”这个属性。",
            f"A {kind(value)} has no property {name!r}.",
        )
    return None


def _warn_key(value: dict[str, Value], name: str, meter: Meter, position: int | None) -> None:
    if meter.warnings is None:
        return
    guess = nearest(name, value)
    zh, en = (f"是不是“{guess}”？", f" Did you mean {guess!r}?") if guess else ("", "")
    meter.warn(position, f"上下文里没有“{name}”。{zh}", f"The context has no {name!r}.{en}")


def _offset(value: Time | DateTime) -> DaysTime | None:
    offset = value.offset
    return None if offset is None else DaysTime(offset * 1_000_000_000)


def _region(value: Time | DateTime) -> str | None:
    return value.zone.region or None if value.zone is not None else None


def _parts(value: DaysTime) -> tuple[int, Decimal]:
    """(sign, seconds) of a duration."""
    return (-1 if value.nanos < 0 else 1), abs(seconds_of(value))


def _part(divisor: int, modulus: int) -> Callable[[DaysTime], Decimal]:
    def part(value: DaysTime) -> Decimal:
        sign, seconds = _parts(value)
        rest = int(seconds) // divisor
        return Decimal(sign * (rest % modulus if modulus else rest))

    return part


def _seconds(value: DaysTime) -> Decimal:
    sign, seconds = _parts(value)
    return sign * (seconds % 60) + 0


def _months(value: YearsMonths) -> Decimal:
    return Decimal((-1 if value.months < 0 else 1) * (abs(value.months) % 12))


def _years(value: YearsMonths) -> Decimal:
    return Decimal((-1 if value.months < 0 else 1) * (abs(value.months) // 12))


_DATE: dict[str, Callable[[Any], Value]] = {
    "year": lambda value: Decimal(value.year),
    "month": lambda value: Decimal(value.month),
    "day": lambda value: Decimal(value.day),
    "weekday": lambda value: Decimal(weekday(value.days)),
}
_TIME: dict[str, Callable[[Any], Value]] = {
    "hour": lambda value: Decimal(value.hour),
    "minute": lambda value: Decimal(value.minute),
    "second": lambda value: Decimal(value.second),
    "time offset": _offset,
    "timezone": _region,
}


def _of(part: str, properties: dict[str, Callable[[Any], Value]]) -> dict[str, Any]:
    def through(read: Callable[[Any], Value]) -> Callable[[Any], Value]:
        return lambda value: read(getattr(value, part))

    return {name: through(read) for name, read in properties.items()}


_PROPERTIES: dict[type, dict[str, Callable[[Any], Value]]] = {
    Date: {
        **_DATE,
        "hour": lambda value: Decimal(0),
        "minute": lambda value: Decimal(0),
        "second": lambda value: Decimal(0),
        "time offset": lambda value: DaysTime(0),
        "timezone": lambda value: "UTC",
    },
    Time: _TIME,
    DateTime: {
        **_of("date", _DATE),
        **_of("time", _TIME),
        "time offset": _offset,
        "timezone": _region,
    },
    YearsMonths: {"years": _years, "months": _months},
    DaysTime: {
        "days": _part(DAY_SECONDS, 0),
        "hours": _part(3600, 24),
        "minutes": _part(60, 60),
        "seconds": _seconds,
    },
    Range: {
        "start": lambda value: value.low,
        "end": lambda value: value.high,
        "start included": lambda value: value.low_included,
        "end included": lambda value: value.high_included,
    },
}
