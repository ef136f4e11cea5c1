"""Dates, times and durations (DMN 1.5, tables 66, 72 and 73)."""

from __future__ import annotations

import datetime as py
from decimal import Decimal
from typing import Any

from engine.feel import temporal_text, zones
from engine.feel.arithmetic import years_months
from engine.feel.calendar import NANO, days_from_civil, iso_week, month_length, weekday
from engine.feel.compare import equal
from engine.feel.registry import builtin
from engine.feel.temporal import (
    Date,
    DateTime,
    DaysTime,
    OutOfRange,
    Time,
    YearsMonths,
    from_python,
)
from engine.feel.values import Value
from engine.feel.zones import UTC, Local, Zone

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _integer(number: Decimal) -> int:
    if number != number.to_integral_value() or number.adjusted() > 9:
        raise OutOfRange
    return int(number)


@builtin("date(from: string)")
def date_from_string(text: str) -> Date | None:
    return temporal_text.parse_date(text)


@builtin("date(from: date|date and time)")
def date_of(value: Date | DateTime) -> Date:
    if isinstance(value, DateTime):
        return value.date
    return value


@builtin("date(year: number, month: number, day: number)")
def date_from_parts(year: Decimal, month: Decimal, day: Decimal) -> Date:
    return Date.of(_integer(year), _integer(month), _integer(day))


@builtin("time(from: string)")
def time_from_string(text: str) -> Time | None:
    return temporal_text.parse_time(text)


@builtin("time(from: time|date|date and time)")
def time_of(value: Time | Date | DateTime) -> Time:
    if isinstance(value, Date):
        return Time(0, 0, 0, 0, UTC)
    return value.time if isinstance(value, DateTime) else value


@builtin("time(hour: number, minute: number, second: number, offset?: days and time duration?)")
def time_from_parts(
    hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTime | None
) -> Time | None:
    zone: Zone | None = None
    if offset is not None:
        zone = temporal_text.offset_zone(offset.nanos // NANO)
        if zone is None:
            return None
    return _time(hour, minute, second, zone)


def _time(hour: Decimal, minute: Decimal, second: Decimal, zone: Zone | None) -> Time:
    if not 0 <= second < 60:
        raise OutOfRange
    nanos = int(second * NANO)
    return Time.of(_integer(hour), _integer(minute), nanos // NANO, nanos % NANO, zone)


@builtin("date and time(from: string)")
def date_time_from_string(text: str) -> DateTime | None:
    return temporal_text.parse_date_time(text)


@builtin("date and time(from: date|date and time)")
def date_time_of(value: Date | DateTime) -> DateTime:
    return value.midnight() if isinstance(value, Date) else value


@builtin("date and time(date: date|date and time, time: time)")
def date_time_from_both(date: Date | DateTime, time: Time) -> DateTime:
    return DateTime(date.date if isinstance(date, DateTime) else date, time)


@builtin(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, "
    "second: number, offset?: days and time duration)"
)
def date_time_from_parts(*parts: Any) -> DateTime | None:
    offset = parts[6]
    zone = None if offset is None else temporal_text.offset_zone(offset.nanos // NANO)
    if offset is not None and zone is None:
        return None
    return DateTime(date_from_parts(*parts[:3]), _time(parts[3], parts[4], parts[5], zone))


@builtin(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, "
    "second: number, timezone: string)"
)
def date_time_in_region(*parts: Any) -> DateTime | None:
    zone = zones.region(parts[6])
    if zone is None:
        return None
    return DateTime(date_from_parts(*parts[:3]), _time(parts[3], parts[4], parts[5], zone))


@builtin("date and time(date: date and time, timezone: string)")
def date_time_at(moment: DateTime, region: str) -> DateTime | None:
    """Camunda 8: the same instant in another zone."""
    zone = zones.region(region)
    if zone is None:
        return None
    if moment.zone is None:
        return DateTime(moment.date, Time.from_nanos(moment.time.nanos, zone))
    return DateTime.from_instant(moment.instant, zone)


@builtin("duration(from: string)")
def duration(text: str) -> YearsMonths | DaysTime | None:
    return temporal_text.parse_duration(text)


@builtin("duration(from: duration)")
def same_duration(value: YearsMonths | DaysTime) -> YearsMonths | DaysTime:
    return value


@builtin("years and months duration(from: date|date and time, to: date|date and time)")
def months_between(start: Date | DateTime, end: Date | DateTime) -> YearsMonths | None:
    """Whole months, towards zero."""
    first, last = date_of(start), date_of(end)
    months = (last.year - first.year) * 12 + last.month - first.month
    if months > 0 and last.day < first.day:
        months -= 1
    elif months < 0 and last.day > first.day:
        months += 1
    return years_months(months)


@builtin("now()")
def now() -> DateTime:
    moment = from_python(py.datetime.now(Local.zone.tzinfo()))
    assert isinstance(moment, DateTime)
    return DateTime(moment.date, Time.from_nanos(moment.time.nanos, Local.zone))


@builtin("today()")
def today() -> Date:
    return now().date


@builtin("is(value1?: any, value2?: any)")
def is_(left: Value, right: Value) -> bool:
    """The same value of the same kind; for times, in the same zone."""
    if type(left) is not type(right):
        return False
    if isinstance(left, Time | DateTime):
        return bool(left == right)
    return equal(left, right) is True


@builtin("day of year(date: date|date and time)")
def day_of_year(value: Date | DateTime) -> Decimal:
    day = date_of(value)
    return Decimal(day.days - days_from_civil(day.year, 1, 1) + 1)


@builtin("day of week(date: date|date and time)")
def day_of_week(value: Date | DateTime) -> str:
    return _DAYS[weekday(date_of(value).days) - 1]


@builtin("month of year(date: date|date and time)")
def month_of_year(value: Date | DateTime) -> str:
    return _MONTHS[date_of(value).month - 1]


@builtin("week of year(date: date|date and time)")
def week_of_year(value: Date | DateTime) -> Decimal:
    day = date_of(value)
    return Decimal(iso_week(day.year, day.month, day.day))


@builtin("last day of month(date: date|date and time)")
def last_day_of_month(value: Date | DateTime) -> Date:
    """Camunda 8."""
    day = date_of(value)
    return Date(day.year, day.month, month_length(day.year, day.month))
