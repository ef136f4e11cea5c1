"""When a limit ends: a span on one of three clocks, and what a pause does to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.calendar.arithmetic import Calendar
from engine.errors import Invalid
from engine.model import BASES, Basis, aware

_MOMENT = timedelta.resolution


def basis_of(name: object) -> Basis:
    """The clock that a table means; Invalid for an unknown name."""
    found = BASES.get(name) if isinstance(name, str) else None
    if found is None:
        raise Invalid(
            f"计时方式“{name}”应为{'、'.join(BASES)}之一。",
            f"The clock “{name}” is none of {', '.join(BASES)}.",
        )
    return found


def due(calendar: Calendar, basis: Basis, start: datetime, span: timedelta) -> datetime:
    """The end of ``span`` from ``start`` without any pause; with basis "days" the span is a
    number of whole days. Invalid for basis "fixed", which has no span."""
    if basis == "working":
        return calendar.add(start, span)
    if basis == "days":
        return calendar.add_days(start, span.days)
    if basis == "natural":
        return (aware(start).astimezone(UTC) + span).astimezone(calendar.zone)
    raise Invalid("指定的时间没有时长。", "A moment that was set has no span.")


def after_pause(
    calendar: Calendar, basis: Basis, due_at: datetime, paused: datetime, resumed: datetime
) -> datetime:
    """Where a limit that ended at ``due_at`` ends after the clock stood still from ``paused`` to
    ``resumed``: what was left when it was paused is left when it goes on. A pause that begins
    when the limit is over moves nothing, and nothing moves a fixed moment. Of working days,
    those after the day of ``paused`` up to that of ``resumed`` are not counted."""
    # In UTC: Python reckons moments of one zone by the clock on the wall.
    due, since, until = (aware(one).astimezone(UTC) for one in (due_at, paused, resumed))
    if basis == "fixed" or since >= due or until <= since:
        return due_at
    if basis == "working":
        return calendar.add(due_at, calendar.between(paused, resumed))
    if basis == "natural":
        return (due + (until - since)).astimezone(due_at.tzinfo)
    lost = calendar.working_days(paused, resumed)
    # A day that is worked until midnight ends where the next begins.
    return calendar.add_days(due_at - _MOMENT, lost) if lost else due_at
