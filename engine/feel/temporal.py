"""Dates, times and durations of FEEL: years to ±999,999,999, nanoseconds, zones.

All are immutable. ``python`` gives Python's own value where it can hold it."""

from __future__ import annotations

import datetime as py
from dataclasses import dataclass
from typing import Self

from engine.feel.calendar import (
    DAY_NANOS,
    DAY_SECONDS,
    MAX_YEAR,
    NANO,
    civil_from_days,
    days_from_civil,
    month_length,
)
from engine.feel.zones import UTC, Zone, from_tzinfo

_REFERENCE_DAY = days_from_civil(1972, 12, 31)
"""The day on which times of a region are compared (XPath functions 3.1, §9.7)."""


class OutOfRange(ValueError):
    """A date or time that no FEEL value can hold."""


@dataclass(frozen=True, slots=True)
class Date:
    year: int
    month: int
    day: int

    @classmethod
    def of(cls, year: int, month: int, day: int) -> Self:
        """A checked date; OutOfRange when there is no such day."""
        if not (-MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12 and day >= 1):
            raise OutOfRange
        if day > month_length(year, month):
            raise OutOfRange
        return cls(year, month, day)

    @classmethod
    def from_days(cls, days: int) -> Self:
        year, month, day = civil_from_days(days)
        if not -MAX_YEAR <= year <= MAX_YEAR:
            raise OutOfRange
        return cls(year, month, day)

    @property
    def days(self) -> int:
        """Days since 1970-01-01."""
        return days_from_civil(self.year, self.month, self.day)

    def plus_months(self, months: int) -> Date:
        """The same day ``months`` later, or the last day of a shorter month."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        if not -MAX_YEAR <= year <= MAX_YEAR:
            raise OutOfRange
        return Date(year, month + 1, min(self.day, month_length(year, month + 1)))

    def midnight(self, zone: Zone | None = UTC) -> DateTime:
        """The date as a date and time, 00:00 in ``zone`` (FEEL: UTC)."""
        return DateTime(self, Time(0, 0, 0, 0, zone))

    @property
    def python(self) -> py.date:
        return py.date(self.year, self.month, self.day)

    def __str__(self) -> str:
        year = f"{abs(self.year):04}"
        return f"{'-' if self.year < 0 else ''}{year}-{self.month:02}-{self.day:02}"


@dataclass(frozen=True, slots=True)
class Time:
    hour: int
    minute: int
    second: int
    nano: int = 0
    zone: Zone | None = None

    @classmethod
    def of(cls, hour: int, minute: int, second: int, nano: int, zone: Zone | None) -> Self:
        """A checked time; OutOfRange when there is no such time."""
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= nano < NANO):
            raise OutOfRange
        return cls(hour, minute, second, nano, zone)

    @classmethod
    def from_nanos(cls, nanos: int, zone: Zone | None) -> Self:
        """The time ``nanos`` after midnight; whole days are dropped."""
        seconds, nano = divmod(nanos % DAY_NANOS, NANO)
        return cls(seconds // 3600, seconds // 60 % 60, seconds % 60, nano, zone)

    @property
    def seconds(self) -> int:
        """Whole seconds since midnight, as on the clock."""
        return (self.hour * 60 + self.minute) * 60 + self.second

    @property
    def nanos(self) -> int:
        """Nanoseconds since midnight, as on the clock."""
        return self.seconds * NANO + self.nano

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC; None for a local time."""
        if self.zone is None:
            return None
        return self.zone.offset(_REFERENCE_DAY * DAY_SECONDS + self.seconds)

    @property
    def instant(self) -> int:
        """Nanoseconds since midnight UTC; a local time counts as UTC."""
        return self.nanos - (self.offset or 0) * NANO

    @property
    def python(self) -> py.time:
        zone = None if self.zone is None else self.zone.tzinfo()
        return py.time(self.hour, self.minute, self.second, self.nano // 1000, tzinfo=zone)

    def __str__(self) -> str:
        text = f"{self.hour:02}:{self.minute:02}:{self.second:02}"
        if self.nano:
            text += f".{self.nano:09}".rstrip("0")
        return text if self.zone is None else f"{text}{self.zone}"


@dataclass(frozen=True, slots=True)
class DateTime:
    date: Date
    time: Time

    @classmethod
    def from_instant(cls, nanos: int, zone: Zone | None) -> Self:
        """The moment ``nanos`` after 1970-01-01T00:00Z, shown in ``zone`` (None: local as UTC).

        In the hour that a clock put back shows twice, the region alone names the first; the
        second is shown with its offset instead."""
        if zone is None:
            return cls.from_local(nanos, zone)
        shift = zone.offset_at(nanos // NANO)
        local = nanos + shift * NANO
        if zone.region and zone.offset(local // NANO) != shift:
            zone = Zone(shift)
        return cls.from_local(local, zone)

    @classmethod
    def from_local(cls, nanos: int, zone: Zone | None) -> Self:
        """The moment whose clock shows ``nanos`` after 1970-01-01T00:00 in ``zone``."""
        days, rest = divmod(nanos, DAY_NANOS)
        return cls(Date.from_days(days), Time.from_nanos(rest, zone))

    @property
    def zone(self) -> Zone | None:
        return self.time.zone

    @property
    def local(self) -> int:
        """Nanoseconds since 1970-01-01T00:00 on the clock of its own zone."""
        return self.date.days * DAY_NANOS + self.time.nanos

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC; None without a zone."""
        if self.time.zone is None:
            return None
        return self.time.zone.offset(self.date.days * DAY_SECONDS + self.time.seconds)

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970-01-01T00:00Z; without a zone the clock counts as UTC."""
        return self.local - (self.offset or 0) * NANO

    @property
    def python(self) -> py.datetime:
        """Aware if it has a zone; microseconds are cut. ValueError outside years 1–9999."""
        return py.datetime.combine(self.date.python, self.time.python)

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"


@dataclass(frozen=True, slots=True)
class YearsMonths:
    """A years and months duration."""

    months: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-" if self.months < 0 else "") + "P" + (text or "0M")


@dataclass(frozen=True, slots=True)
class DaysTime:
    """A days and time duration, in nanoseconds."""

    nanos: int

    @classmethod
    def from_python(cls, delta: py.timedelta) -> Self:
        seconds = delta.days * DAY_SECONDS + delta.seconds
        return cls(seconds * NANO + delta.microseconds * 1000)

    @property
    def python(self) -> py.timedelta:
        """Microseconds are cut. OverflowError beyond what timedelta holds."""
        return py.timedelta(microseconds=self.nanos // 1000)

    def __str__(self) -> str:
        days, rest = divmod(abs(self.nanos), DAY_NANOS)
        seconds, nano = divmod(rest, NANO)
        clock = f"{seconds // 3600}H" if seconds >= 3600 else ""
        if seconds // 60 % 60:
            clock += f"{seconds // 60 % 60}M"
        if seconds % 60 or nano:
            clock += f"{seconds % 60}" + (f".{nano:09}".rstrip("0") if nano else "") + "S"
        if not days and not clock:
            return "PT0S"
        sign = "-" if self.nanos < 0 else ""
        return f"{sign}P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"


Temporal = Date | Time | DateTime
Duration = YearsMonths | DaysTime


def from_python(value: py.date | py.time | py.timedelta) -> Temporal | DaysTime:
    """The FEEL value of a Python date, datetime, time or timedelta."""
    if isinstance(value, py.timedelta):
        return DaysTime.from_python(value)
    if isinstance(value, py.datetime):
        date = Date(value.year, value.month, value.day)
        return DateTime(date, _clock(value.time(), from_tzinfo(value)))
    if isinstance(value, py.date):
        return Date(value.year, value.month, value.day)
    zone = from_tzinfo(py.datetime.combine(py.date(1972, 12, 31), value))
    return _clock(value, zone)


def _clock(value: py.time, zone: Zone | None) -> Time:
    return Time(value.hour, value.minute, value.second, value.microsecond * 1000, zone)
