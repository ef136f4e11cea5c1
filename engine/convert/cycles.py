"""Quartz cron texts of timers: the regular ones → repeating intervals."""

from __future__ import annotations

import re

_STEP = re.compile(r"(?:\*|0|0?0)/(\d{1,4})")
_CLOCK = re.compile(r"0 (\d{1,2}) (\d{1,2}) (?:\?|\*|1/1) \* (\?|\*|[A-Z]{3}|[1-7])(?: \*)?")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ANY = frozenset({"*", "?", "1/1", "0/1"})


def looks_cron(text: str) -> bool:
    """Whether a text has the five to seven fields of a cron expression."""
    return len(text.split()) in (5, 6, 7) and not text.startswith(("R", "P"))


def interval(text: str) -> str | None:
    """``R/PT5M`` for a cron text that repeats evenly; None for all others.

    Fields: seconds, minutes, hours, day of month, month, day of week[, year] (Quartz)."""
    parts = text.split()
    if len(parts) not in (6, 7):
        return None
    seconds, minutes, hours, *days = parts
    if any(part not in _ANY for part in days):
        return None
    for unit, field, finer, coarser, most in (
        ("S", seconds, (), (minutes, hours), 60),
        ("M", minutes, (seconds,), (hours,), 60),
        ("H", hours, (seconds, minutes), (), 24),
    ):
        step = _STEP.fullmatch(field)
        even = step is not None and 0 < int(step[1]) < most and most % int(step[1]) == 0
        if step and even and set(finer) <= {"0"} and set(coarser) <= _ANY:
            return f"R/PT{int(step[1])}{unit}"
    if (seconds, minutes) == ("0", "0") and hours in _ANY:
        return "R/PT1H"
    return "R/PT1M" if seconds == "0" and minutes in _ANY and hours in _ANY else None


def example(text: str) -> str:
    """An interval to write instead, with a start that stands for the first time: exact for what
    comes daily or weekly at an hour, else a daily one."""
    found = _CLOCK.fullmatch(text)
    if found is None or int(found[1]) > 59 or int(found[2]) > 23:
        return "R/2026-01-01T08:00:00+08:00/P1D"
    at = f"T{int(found[2]):02}:{int(found[1]):02}:00+08:00"
    weekday = found[3]
    if weekday in "?*":
        return f"R/2026-01-01{at}/P1D"
    if weekday.isdigit():
        weekday = _DAYS[int(weekday) - 1]
    if weekday not in _DAYS:
        return f"R/2026-01-01{at}/P1D"
    return f"R/2026-01-{_DAYS.index(weekday) + 4:02}{at}/P7D"
