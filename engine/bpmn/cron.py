"""Cron texts of timer cycles, as Spring (and so Zeebe) reads them.

Six fields: second, minute, hour, day of month, month, day of week; or a macro (``@daily``). A
day must fit both its fields. ``L``, ``W`` and ``#`` as in Spring's ``CronExpression``."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import product

_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_STEPS = re.compile(
    r"(?:(?P<all>[*?])|(?P<low>[0-9]{1,2})(?:-(?P<high>[0-9]{1,2}))?)(?:/(?P<step>[0-9]{1,2}))?"
)
_LAST = re.compile(r"L(?:-([0-9]{1,2}))?")
_NEAREST = re.compile(r"([0-9]{1,2}|L)W")
_LAST_WEEKDAY = re.compile(r"([0-7])L")
_NTH_WEEKDAY = re.compile(r"([0-7])#([1-5])")
_MOST_YEARS = 41
"""29 February on a given weekday comes again after at most 40 years."""
_NEAR = timedelta(hours=3)
"""Clocks are changed by less than this."""

DaysOf = Callable[[int, int], frozenset[int]]
"""The days of a month (year, month) that one part of a field means."""


class CronError(ValueError):
    """A text that is no cron, or names a day that never comes; ``zh``/``en`` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def is_cron(text: str) -> bool:
    """Whether a cycle is meant to be cron: a macro, or several fields."""
    return text.startswith("@") or len(text.split()) > 1


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron text that has been read."""

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    days: tuple[DaysOf, ...]
    weekdays: tuple[DaysOf, ...]

    def after(self, moment: datetime, zone: tzinfo) -> datetime:
        """The first firing after ``moment``. Where clocks are put forward, what falls into the
        hour left out fires an hour later; where they are put back, each hour (``*``) comes
        twice, a given one once. Raises CronError if there is none."""
        wall = moment.astimezone(zone).replace(tzinfo=None)
        found = next((at for at in self._instants(wall, zone) if at > moment), None)
        if found is None:
            raise CronError(
                f"cron“{self.text}”指定的日期永远不会到来。",
                f"the day of the cron text “{self.text}” never comes.",
            )
        if _steady(moment, zone) and _steady(found, zone):
            return found
        # Here the order of the clock's times is not that of the instants.
        end = found + _NEAR
        around = self._instants(wall - _NEAR, zone)
        return min(at for at in _until(around, end) if at > moment)

    def _instants(self, wall: datetime, zone: tzinfo) -> Iterator[datetime]:
        every_hour = len(self.hours) == 24
        for clock in self._clock_times(wall):
            first = clock.replace(tzinfo=zone).astimezone(UTC)
            yield first
            second = clock.replace(tzinfo=zone, fold=1).astimezone(UTC)
            if every_hour and second > first:
                yield second

    def _clock_times(self, after: datetime) -> Iterator[datetime]:
        start = after.replace(microsecond=0) + timedelta(seconds=1)
        years = range(start.year, min(start.year + _MOST_YEARS, 9998))
        for year, month in product(years, self.months):
            if (year, month) < (start.year, start.month):
                continue
            for day in self._days(year, month):
                date = datetime(year, month, day)
                if date.date() == start.date():
                    yield from self._times(date, start.time())
                elif date > start:
                    yield from self._times(date, time.min)

    def _days(self, year: int, month: int) -> list[int]:
        days = frozenset[int]().union(*(of(year, month) for of in self.days))
        weekdays = frozenset[int]().union(*(of(year, month) for of in self.weekdays))
        return sorted(days & weekdays)

    def _times(self, date: datetime, start: time) -> Iterator[datetime]:
        hours = (hour for hour in self.hours if hour >= start.hour)
        for hour, minute in product(hours, self.minutes):
            if (hour, minute) < (start.hour, start.minute):
                continue
            for second in self.seconds:
                if (hour, minute, second) >= (start.hour, start.minute, start.second):
                    yield date.replace(hour=hour, minute=minute, second=second)


@lru_cache(256)
def read(text: str) -> Cron:
    """Raises CronError."""
    fields = _MACROS.get(text.lower(), text).upper().split()
    if text.startswith("@") and text.lower() not in _MACROS:
        raise CronError(
            f"“{text}”不是已知的 cron 宏；可用 {'、'.join(_MACROS)}。",
            f"“{text}” is no known cron macro; there are {', '.join(_MACROS)}.",
        )
    if len(fields) != 6:
        raise CronError(
            f"cron“{text}”应有六段（秒 分 时 日 月 周），例如 0 0 9 * * MON-FRI。",
            f"the cron text “{text}” must have six fields (second, minute, hour, day of month, "
            "month, day of week), such as 0 0 9 * * MON-FRI.",
        )
    second, minute, hour, day, month, weekday = fields
    month = _numbered(month, _MONTHS)
    weekday = _numbered(weekday, _WEEKDAYS)
    return Cron(
        text,
        _numbers(second, 0, 59, "秒", "second"),
        _numbers(minute, 0, 59, "分", "minute"),
        _numbers(hour, 0, 23, "时", "hour"),
        _numbers(month, 1, 12, "月", "month"),
        tuple(_day(part) for part in day.split(",")),
        tuple(_weekday(part) for part in weekday.split(",")),
    )


# -- fields


def _numbered(field: str, names: tuple[str, ...]) -> str:
    for number, name in enumerate(names, 1):
        field = field.replace(name, str(number))
    return field


def _numbers(field: str, least: int, most: int, zh: str, en: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.split(","):
        found |= _part(part, least, most, zh, en)
    return tuple(sorted(found))


def _part(part: str, least: int, most: int, zh: str, en: str) -> frozenset[int]:
    match = _STEPS.fullmatch(part)
    if match is None or (match["all"] == "?" and en not in ("day", "day of week")):
        raise _wrong(part, zh, en)
    step = int(match["step"] or 1)
    low = least if match["all"] else int(match["low"])
    high = most if match["all"] or (match["step"] and not match["high"]) else low
    high = int(match["high"]) if match["high"] else high
    if en == "day of week" and low == 7 and match["high"]:
        low = 0
    if not least <= low <= high <= most or not step:
        raise _wrong(part, zh, en)
    return frozenset(range(low, high + 1, step))


def _day(part: str) -> DaysOf:
    last = _LAST.fullmatch(part)
    if last is not None:
        return _from_end(int(last[1] or 0))
    nearest = _NEAREST.fullmatch(part)
    if nearest is not None and nearest[1] != "0":
        return _nearest(None if nearest[1] == "L" else int(nearest[1]))
    days = _part(part, 1, 31, "日", "day")
    return lambda year, month: days & frozenset(range(1, _length(year, month) + 1))


def _weekday(part: str) -> DaysOf:
    last = _LAST_WEEKDAY.fullmatch(part)
    if last is not None:
        return _nth(int(last[1]), -1)
    nth = _NTH_WEEKDAY.fullmatch(part)
    if nth is not None:
        return _nth(int(nth[1]), int(nth[2]) - 1)
    # 0 and 7 are Sunday, which Python counts as 6.
    chosen = frozenset((one - 1) % 7 for one in _part(part, 0, 7, "周", "day of week"))
    return lambda year, month: frozenset(
        day for one in chosen for day in _weekdays(year, month, one)
    )


def _from_end(back: int) -> DaysOf:
    def days(year: int, month: int) -> frozenset[int]:
        day = _length(year, month) - back
        return frozenset({day} if day > 0 else ())

    return days


def _nearest(wanted: int | None) -> DaysOf:
    """The weekday from Monday to Friday nearest to a day (None: the last), within its month."""

    def days(year: int, month: int) -> frozenset[int]:
        length = _length(year, month)
        day = wanted or length
        if day > length:
            return frozenset()
        weekday = calendar.weekday(year, month, day)
        if weekday == 5:
            day += -1 if day > 1 else 2
        elif weekday == 6:
            day += 1 if day < length else -2
        return frozenset({day})

    return days


def _nth(weekday: int, index: int) -> DaysOf:
    def days(year: int, month: int) -> frozenset[int]:
        found = _weekdays(year, month, (weekday - 1) % 7)
        return frozenset(found[index:][:1])

    return days


def _weekdays(year: int, month: int, weekday: int) -> list[int]:
    first = (weekday - calendar.weekday(year, month, 1)) % 7 + 1
    return list(range(first, _length(year, month) + 1, 7))


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _wrong(part: str, zh: str, en: str) -> CronError:
    return CronError(
        f"cron 的“{zh}”段不能是“{part}”。", f"“{part}” cannot stand in the cron field {en}."
    )


# -- clocks that change


def _steady(moment: datetime, zone: tzinfo) -> bool:
    """Whether no clock is changed near the moment."""
    before, after = moment - _NEAR, moment + _NEAR
    return before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset()


def _until(instants: Iterator[datetime], end: datetime) -> Iterator[datetime]:
    for at in instants:
        if at > end:
            return
        yield at
