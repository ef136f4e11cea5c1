"""The stretches of a clock: when it ran, when and why it stood still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from engine.calendar import Calendar
from engine.calendar import explain as stretches
from engine.clocks.clock import Clock, span_of

_DAY = timedelta(days=1)
_LONGEST = timedelta(days=3 * 365)
FIRST = ("当日", "the day itself")
PAUSE = ("挂起", "the pause")


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` to ``end`` the clock ran ("counted"), or stood still outside of what it
    counts ("stopped") or by a pause ("paused"). ``reasons`` are pairs (zh, en)."""

    kind: Literal["counted", "stopped", "paused"]
    start: datetime
    end: datetime
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """``spans`` go from the start to the due time without gap. ``counted``: what they count
    together, for working days as so many days; ``amount`` is what the limit says, which is the
    same (None: the due time was set by somebody)."""

    spans: tuple[Span, ...]
    counted: timedelta
    amount: timedelta | None


def explain(calendar: Calendar, clock: Clock) -> Explanation:
    """Why the clock ends where it ends, in the calendar's zone."""
    if clock.basis == "days":
        return _of_days(calendar, clock)
    amount = None if clock.set_by else span_of(clock.span)
    start, due = clock.started_at.astimezone(UTC), clock.due_at.astimezone(UTC)
    due = max(start, due)
    spans = list(_without_pauses(calendar, clock, start, due))
    for since, until in _pauses(clock, due):
        spans = [piece for one in spans for piece in _cut(one, since, until)]
    counted = sum((one.end - one.start for one in spans if one.kind == "counted"), timedelta(0))
    return Explanation(tuple(_joined(spans, calendar)), counted, amount)


def _without_pauses(
    calendar: Calendar, clock: Clock, start: datetime, due: datetime
) -> Iterator[Span]:
    if clock.basis != "working" or due - start > _LONGEST:
        yield Span("counted", start, due)
        return
    for one in stretches(calendar, start, due):
        kind: Literal["counted", "stopped"] = "counted" if one.counted else "stopped"
        reasons = () if one.counted else one.reasons
        yield Span(kind, one.start.astimezone(UTC), one.end.astimezone(UTC), reasons)


def _pauses(clock: Clock, due: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Those that moved the due time, in UTC; one that lasts has not moved it yet."""
    for one in clock.pauses:
        if one.until is not None and one.since.astimezone(UTC) < due:
            yield one.since.astimezone(UTC), min(one.until.astimezone(UTC), due)


def _cut(span: Span, since: datetime, until: datetime) -> Iterator[Span]:
    first, last = max(span.start, since), min(span.end, until)
    if first >= last:
        yield span
        return
    if span.start < first:
        yield replace(span, end=first)
    yield Span("paused", first, last, (PAUSE,))
    if last < span.end:
        yield replace(span, start=last)


def _joined(spans: list[Span], calendar: Calendar) -> list[Span]:
    """Neighbours of one kind joined, in the calendar's zone."""
    found: list[Span] = []
    for one in spans:
        if one.start >= one.end:
            continue
        if found and found[-1].kind == one.kind:
            new = tuple(reason for reason in one.reasons if reason not in found[-1].reasons)
            found[-1] = replace(found[-1], end=one.end, reasons=found[-1].reasons + new)
        else:
            found.append(one)
    zone = calendar.zone
    return [
        replace(one, start=one.start.astimezone(zone), end=one.end.astimezone(zone))
        for one in found
    ]


def _of_days(calendar: Calendar, clock: Clock) -> Explanation:
    """Whole working days: the day of the start does not count (Civil Code, art. 201), nor do
    those on which the clock was paused."""
    zone = calendar.zone
    start, due = clock.started_at.astimezone(zone), clock.due_at.astimezone(zone)
    pauses = list(_pauses_of_days(clock, calendar))
    spans: list[Span] = []
    days, day = 0, start.date()
    last = (due - timedelta.resolution).date()
    while day <= last and due - start <= _LONGEST:
        begin = max(start, datetime.combine(day, time(0), tzinfo=zone))
        end = min(due, datetime.combine(day + _DAY, time(0), tzinfo=zone))
        kind: Literal["counted", "stopped", "paused"] = "counted"
        reasons: tuple[tuple[str, str], ...] = ()
        if day == start.date():
            kind, reasons = "stopped", (FIRST,)
        elif not calendar.is_working_day(day):
            kind, reasons = "stopped", _day_off(calendar, begin, end)
        elif any(since < day <= until for since, until in pauses):
            kind, reasons = "paused", (PAUSE,)
        days += kind == "counted"
        spans.append(Span(kind, begin.astimezone(UTC), end.astimezone(UTC), reasons))
        day += _DAY
    amount = None if clock.set_by else span_of(clock.span)
    return Explanation(tuple(_joined(spans, calendar)), timedelta(days=days), amount)


def _pauses_of_days(clock: Clock, calendar: Calendar) -> Iterator[tuple[date, date]]:
    for one in clock.pauses:
        if one.until is not None and one.since < clock.due_at:
            yield (
                one.since.astimezone(calendar.zone).date(),
                one.until.astimezone(calendar.zone).date(),
            )


def _day_off(
    calendar: Calendar, begin: datetime, end: datetime
) -> tuple[tuple[str, str], ...]:
    found = stretches(calendar, begin, end) if begin < end else []
    return found[0].reasons if found else ()
