"""Reading dates, times and durations in ISO 8601 as XML Schema and FEEL narrow it."""

from __future__ import annotations

import re

from engine.feel import zones
from engine.feel.calendar import DAY_NANOS, NANO
from engine.feel.temporal import Date, DateTime, DaysTime, OutOfRange, Time, YearsMonths
from engine.feel.zones import MAX_OFFSET, Zone

_DATE = re.compile(r"(-?(?:[1-9]\d{4,8}|\d{4}))-(\d\d)-(\d\d)", re.A)
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?"
    r"(?:(?:([Zz])|([+-])(\d\d):(\d\d)(?::(\d\d))?)(?:\[([A-Za-z][A-Za-z0-9_+\-/]*)\])?"
    r"|@([A-Za-z][A-Za-z0-9_+\-/]*))?",
    re.A,
)
_DURATION = re.compile(
    r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?"
    r"(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d*))?S)?)?",
    re.A,
)
_MAX_DIGITS = 18


def parse_date(text: str) -> Date | None:
    """``YYYY-MM-DD`` with years of up to nine digits; None if it is no date."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return Date.of(int(match[1]), int(match[2]), int(match[3]))
    except OutOfRange:
        return None


def parse_time(text: str) -> Time | None:
    """``hh:mm:ss[.f][Z|±hh:mm[:ss]|@Region/City]``, and ``±hh:mm[Region/City]`` with brackets as
    Camunda 8 writes it; None if it is no time."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    zone: Zone | None = None
    if match[5] or match[6] or match[11]:
        zone = _zone(match)
        if zone is None:
            return None
    nano = int((match[4] or "0").ljust(9, "0")[:9])
    try:
        return Time.of(int(match[1]), int(match[2]), int(match[3]), nano, zone)
    except OutOfRange:
        return None


def parse_date_time(text: str) -> DateTime | None:
    """A date, ``T`` and a time; a date alone means its midnight. None if it is neither."""
    day, mark, clock = text.partition("T")
    date = parse_date(day)
    if date is None:
        return None
    if not mark:
        return DateTime(date, Time(0, 0, 0))
    if clock == "24:00:00":
        return _next_midnight(date)
    time = parse_time(clock)
    return None if time is None else DateTime(date, time)


def parse_duration(text: str) -> YearsMonths | DaysTime | None:
    """``PnYnM`` or ``PnDTnHnMn.nS``, with a sign; mixtures of both are None."""
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith("P"):
        return None
    sign, years, months, days, hours, minutes, seconds, fraction = match.groups()
    numbers = (years, months, days, hours, minutes, seconds)
    if any(part and len(part) > _MAX_DIGITS for part in numbers):
        return None
    factor = -1 if sign else 1
    if years is not None or months is not None:
        if any(part is not None for part in (days, hours, minutes, seconds)):
            return None
        return YearsMonths(factor * (int(years or 0) * 12 + int(months or 0)))
    clock = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    nanos = int(days or 0) * DAY_NANOS + clock * NANO + int((fraction or "0").ljust(9, "0")[:9])
    return DaysTime(factor * nanos)


def parse_any(text: str) -> Date | Time | DateTime | YearsMonths | DaysTime | None:
    """The value of an at-literal ``@"…"``: the form decides which kind it is."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    if text[2:3] == ":":
        return parse_time(text)
    return parse_date_time(text) if "T" in text else parse_date(text)


def offset_zone(seconds: int) -> Zone | None:
    """A fixed zone, or None beyond ±18 hours."""
    return Zone(seconds) if abs(seconds) <= MAX_OFFSET else None


def _zone(match: re.Match[str]) -> Zone | None:
    if match[10] or match[11]:
        return zones.region(match[10] or match[11])
    if match[5]:
        return zones.UTC
    minutes = int(match[8])
    if minutes > 59 or int(match[9] or 0) > 59:
        return None
    seconds = int(match[7]) * 3600 + minutes * 60 + int(match[9] or 0)
    return offset_zone(-seconds if match[6] == "-" else seconds)


def _next_midnight(date: Date) -> DateTime | None:
    try:
        return DateTime(Date.from_days(date.days + 1), Time(0, 0, 0))
    except OutOfRange:
        return None
