"""Why a limit falls where it falls: the stretches that were counted and those that were not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from engine.calendar.arithmetic import MIDNIGHT, Calendar, Hours
from engine.errors import Invalid
from engine.model import aware

_LONGEST = timedelta(days=3 * 366)
_OUTSIDE = ("下班时间", "outside working hours")
_LUNCH = ("午休", "lunch break")
_NOON = time(11), time(15)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start`` to ``end`` the clock ran (``counted``) or stood still. ``reasons`` are
    pairs (zh, en) in the order they occur: the holiday's name, the weekend, the make-up day."""

    counted: bool
    start: datetime
    end: datetime
    reasons: tuple[tuple[str, str], ...] = ()


def explain(calendar: Calendar, start: datetime, end: datetime) -> list[Stretch]:
    """The stretches from ``start`` to ``end`` without gap or overlap, neighbours of one kind
    joined. Invalid if ``end`` is earlier or more than three years later."""
    first, last = aware(start).astimezone(UTC), aware(end).astimezone(UTC)
    if last < first or last - first > _LONGEST:
        raise Invalid(
            "只能说明三年以内、起点不晚于终点的时间段。",
            "Only a span of at most three years, start before end, can be explained.",
        )
    found: list[Stretch] = []
    days = (moment.astimezone(calendar.zone).date() for moment in (first, last))
    for piece in _pieces(calendar, *days):
        cut = replace(piece, start=max(piece.start, first), end=min(piece.end, last))
        if cut.start >= cut.end:
            continue
        if found and found[-1].counted == cut.counted:
            found[-1] = _joined(found[-1], cut)
        else:
            found.append(cut)
    return [_finished(stretch, calendar) for stretch in found]


def _pieces(calendar: Calendar, first: date, last: date) -> Iterator[Stretch]:
    day = first
    while day <= last:
        yield from _of_day(calendar, day)
        day += timedelta(days=1)


def _of_day(calendar: Calendar, day: date) -> Iterator[Stretch]:
    reasons = _reasons(calendar, day)
    at = _moment(calendar, day, MIDNIGHT)
    midnight = _moment(calendar, day + timedelta(days=1), MIDNIGHT)
    worked = calendar.hours(day)
    before: Hours | None = None
    for hours in worked:
        start = max(at, _moment(calendar, day, hours.start))
        end = midnight if hours.end == MIDNIGHT else _moment(calendar, day, hours.end)
        if start >= end:
            continue
        yield Stretch(False, at, start, (_between(before, hours),))
        before = hours
        yield Stretch(True, start, end, reasons)
        at = end
    yield Stretch(False, at, midnight, (_OUTSIDE,) if worked else reasons)


def _between(before: Hours | None, after: Hours) -> tuple[str, str]:
    """What the time before a stretch of work is called."""
    if before is not None and _NOON[0] <= before.end and after.start <= _NOON[1]:
        return _LUNCH
    return _OUTSIDE


def _moment(calendar: Calendar, day: date, at: time) -> datetime:
    """In UTC: Python compares moments of one zone by the clock on the wall."""
    return datetime.combine(day, at, tzinfo=calendar.zone).astimezone(UTC)


def _reasons(calendar: Calendar, day: date) -> tuple[tuple[str, str], ...]:
    holiday = calendar.holiday(day)
    if holiday is not None:
        return ((holiday, f"holiday: {holiday}"),)
    makeup = calendar.makeup_day(day)
    if makeup is not None:
        return ((f"{makeup}调休上班", f"make-up workday: {makeup}"),)
    if calendar.weekly[day.weekday()]:
        return ()
    return (("周末", "weekend") if day.weekday() > 4 else ("休息日", "day off"),)


def _joined(one: Stretch, other: Stretch) -> Stretch:
    new = tuple(reason for reason in other.reasons if reason not in one.reasons)
    return replace(one, end=other.end, reasons=one.reasons + new)


def _finished(stretch: Stretch, calendar: Calendar) -> Stretch:
    """In the calendar's zone; the night before a holiday needs no word beside the holiday."""
    days_off = tuple(reason for reason in stretch.reasons if reason != _OUTSIDE)
    return replace(
        stretch, start=stretch.start.astimezone(calendar.zone),
        end=stretch.end.astimezone(calendar.zone), reasons=days_off or stretch.reasons,
    )
