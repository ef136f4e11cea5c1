"""The arithmetic of working time on a calendar that is already known to be right.

Moments go in aware and come out aware in the calendar's zone. Inside, a moment is an integer
of microseconds since 1970 in UTC. Each local year keeps its stretches of work with their
running total, so that adding and measuring are bisections; years are built when first asked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from engine.errors import Invalid
from engine.model import aware

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_YEAR, _LAST_YEAR = 2, 9998
_REACH_YEARS = 100
_YEARS_KEPT = 2 * _REACH_YEARS

MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Hours:
    """One stretch of work within a day; ``end`` 00:00 means the end of the day (24:00)."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Quiet:
    """Customers are not called from ``start`` (included) to ``end`` (excluded), also across
    midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Year:
    """What one year's official arrangement says: days off and days worked instead, with names."""

    holidays: Mapping[date, str]
    workdays: Mapping[date, str]
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Index:
    """The stretches of work of one local year, in order."""

    starts: list[int]
    ends: list[int]
    before: list[int]
    through: list[int]
    total: int

    def worked_until(self, moment: int) -> int:
        """Microseconds worked in this year before ``moment``."""
        i = bisect_right(self.starts, moment) - 1
        if i < 0:
            return 0
        return self.before[i] + min(moment, self.ends[i]) - self.starts[i]

    def earliest(self, worked: int) -> int:
        """The first moment by which ``worked`` (0 < worked <= total) has been worked."""
        i = bisect_left(self.through, worked)
        return self.starts[i] + worked - self.before[i]

    def latest(self, worked: int) -> int:
        """The last moment by which no more than ``worked`` (0 <= worked < total) was worked."""
        i = bisect_right(self.before, worked) - 1
        return self.starts[i] + worked - self.before[i]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Immutable; ``weekly`` has seven entries, Monday first. A year that is not in ``years``
    has no holidays and no make-up workdays, only its weekends."""

    name: str
    zone: ZoneInfo
    weekly: tuple[tuple[Hours, ...], ...]
    makeup: tuple[Hours, ...]
    years: Mapping[int, Year]
    quiet: Quiet | None = None
    _indexes: dict[int, _Index] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def holiday(self, day: date) -> str | None:
        """The name of the holiday that ``day`` falls on, or None."""
        year = self.years.get(day.year)
        return year.holidays.get(day) if year else None

    def makeup_day(self, day: date) -> str | None:
        """The name of the arrangement that makes ``day`` a workday (调休), or None."""
        year = self.years.get(day.year)
        return year.workdays.get(day) if year else None

    def hours(self, day: date) -> tuple[Hours, ...]:
        """The stretches of work of that day, in order; empty on a day off."""
        if self.holiday(day) is not None:
            return ()
        if self.makeup_day(day) is not None:
            return self.makeup
        return self.weekly[day.weekday()]

    def is_working_day(self, day: date) -> bool:
        return bool(self.hours(day))

    def add(self, start: datetime, work: timedelta) -> datetime:
        """The earliest moment by which ``work`` has been worked since ``start``; for negative
        ``work`` the latest moment from which so much is worked until ``start``. Zero returns
        ``start``. Invalid if that lies more than a hundred years away."""
        moment, year = self._locate(start)
        worked = self._index(year).worked_until(moment) + work // _MICROSECOND
        if not work:
            return start.astimezone(self.zone)
        first = year
        while worked > self._index(year).total:
            worked -= self._index(year).total
            year = _reachable(year + 1, first)
        while worked < 0:
            year = _reachable(year - 1, first)
            worked += self._index(year).total
        index = self._index(year)
        found = index.earliest(worked) if work > timedelta(0) else index.latest(worked)
        return self._local(found)

    def add_days(self, start: datetime, days: int) -> datetime:
        """The end of work on the ``days``-th working day after the day of ``start``; zero means
        the day of ``start``, or the next working day if that is none. Days are counted as
        the Civil Code counts them (art. 201, 203): the first day does not count, the last ends
        with its business hours."""
        if days < 0:
            raise Invalid("工作日数不能为负数。", "A number of working days cannot be negative.")
        day = aware(start).astimezone(self.zone).date()
        first = day.year
        left = days
        while left > 0 or not self.is_working_day(day):
            day += timedelta(days=1)
            _reachable(day.year, first)
            left -= self.is_working_day(day)
        return self._local(self._day(day)[-1][1])

    def working_days(self, start: datetime, end: datetime) -> int:
        """The number of working days after the day of ``start`` up to the day of ``end``, as
        ``add_days`` counts them; zero if that is not later."""
        first, last = (aware(one).astimezone(self.zone).date() for one in (start, end))
        _reachable(last.year, first.year)
        days = (last - first).days
        return sum(self.is_working_day(first + timedelta(days=n)) for n in range(1, days + 1))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Time worked from ``start`` to ``end``; negative if ``end`` is earlier."""
        here, first = self._locate(start)
        there, last = self._locate(end)
        if there < here:
            return -self.between(end, start)
        _reachable(last, first)
        worked = self._index(last).worked_until(there) - self._index(first).worked_until(here)
        worked += sum(self._index(year).total for year in range(first, last))
        return worked * _MICROSECOND

    def contact_time(self, moment: datetime) -> datetime:
        """``moment`` itself, or the end of the quiet hours it falls into."""
        local = aware(moment).astimezone(self.zone)
        if self.quiet is None or self.quiet.start == self.quiet.end:
            return local
        start, end, now = self.quiet.start, self.quiet.end, local.time()
        if start < end:
            quiet, tomorrow = start <= now < end, False
        else:
            quiet, tomorrow = now >= start or now < end, now >= start
        if not quiet:
            return local
        day = local.date() + timedelta(days=tomorrow)
        allowed = datetime.combine(day, end, tzinfo=self.zone)
        return allowed.astimezone(UTC).astimezone(self.zone)

    def _locate(self, moment: datetime) -> tuple[int, int]:
        local = aware(moment).astimezone(self.zone)
        return (local - _EPOCH) // _MICROSECOND, _reachable(local.year, local.year)

    def _local(self, moment: int) -> datetime:
        return (_EPOCH + moment * _MICROSECOND).astimezone(self.zone)

    def _day(self, day: date) -> list[tuple[int, int]]:
        """That day's stretches as moments; what daylight saving makes overlap is cut."""
        found: list[tuple[int, int]] = []
        for hours in self.hours(day):
            start = self._moment(day, hours.start)
            end = self._moment(
                day + timedelta(days=1) if hours.end == MIDNIGHT else day, hours.end
            )
            if found:
                start = max(start, found[-1][1])
            if start < end:
                found.append((start, end))
        return found

    def _moment(self, day: date, at: time) -> int:
        return (datetime.combine(day, at, tzinfo=self.zone) - _EPOCH) // _MICROSECOND

    def _index(self, year: int) -> _Index:
        found = self._indexes.get(year)
        if found is None:
            if len(self._indexes) >= _YEARS_KEPT:
                self._indexes.clear()
            found = self._indexes[year] = self._build(year)
        return found

    def _build(self, year: int) -> _Index:
        first = date(year, 1, 1)
        days = (date(year + 1, 1, 1) - first).days
        spans = [span for n in range(days) for span in self._day(first + timedelta(days=n))]
        through = list(accumulate(end - start for start, end in spans))
        before = [0, *through[:-1]] if spans else []
        return _Index(
            starts=[start for start, _ in spans], ends=[end for _, end in spans],
            before=before, through=through, total=through[-1] if through else 0,
        )


def _reachable(year: int, first: int) -> int:
    if abs(year - first) > _REACH_YEARS or not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise Invalid(
            f"工作时间的推算超出范围：从 {first} 年起最多推算 {_REACH_YEARS} 年。",
            f"Working time reaches too far: at most {_REACH_YEARS} years from {first}.",
        )
    return year
