"""Quartz cron texts of timers → Spring's, which diagrams use here (docs/bpmn.md).

Quartz counts weekdays from 1 (Sunday) and may name years; Spring counts them from 0 or 7
(Sunday) and knows no years. Everything else reads the same."""

from __future__ import annotations

import re

_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_WEEKDAY = re.compile(r"[1-7](?![0-9])")
_NUMBERS = re.compile(r"[0-9]+")
_ANY_YEAR = frozenset({"*", "?"})


def looks_cron(text: str) -> bool:
    """Whether a text has the five to seven fields of a cron expression."""
    return len(text.split()) in (5, 6, 7) and not text.startswith(("R", "P"))


def spring(text: str) -> str | None:
    """The same times as Spring writes them; None where it cannot: five fields, given years, a
    range that goes round (``22-4``), steps from a given weekday.

    Fields: seconds, minutes, hours, day of month, month, day of week[, year] (Quartz)."""
    *fields, year = text.upper().split()
    if len(fields) == 5:
        fields, year = [*fields, year], "*"
    if len(fields) != 6 or year not in _ANY_YEAR:
        return None
    *clock, weekday = fields
    if re.search(r"[^*,]/", weekday):
        return None
    weekday = "SAT" if weekday == "L" else _named(weekday)
    if any(map(_goes_round, clock)) or _weekdays_go_round(weekday):
        return None
    return " ".join([*clock, weekday])


def _named(field: str) -> str:
    """Weekdays by name. What follows ``/`` and ``#`` is a count, no day."""
    return "".join(
        part if part[:1] in ("/", "#") else _WEEKDAY.sub(_name, part)
        for part in re.findall(r"[/#]?[^/#]+", field)
    )


def _name(found: re.Match[str]) -> str:
    return _WEEKDAYS[int(found[0]) - 1]


def _goes_round(field: str) -> bool:
    return any(
        len(ends) == 2 and ends[0] > ends[1]
        for part in field.split(",")
        if "-" in part and "L" not in part
        for ends in [[int(one) for one in _NUMBERS.findall(part.split("/")[0])]]
    )


def _weekdays_go_round(field: str) -> bool:
    """Spring's week ends with Sunday, or begins with it."""
    order = [*_WEEKDAYS, "SUN"]
    for part in field.split(","):
        low, dash, high = part.split("/")[0].partition("-")
        if dash and low in order and high in order:
            last = 7 if high == "SUN" else order.index(high)
            if order.index(low) > last:
                return True
    return False


def example(text: str) -> str:
    """A cron text to write instead: the same minute and hour where they can be told."""
    parts = text.split()
    clock = parts[:3] if len(parts) > 5 else ["0", *parts[:2]]
    plain = all(one.isdigit() for one in clock) and int(clock[2]) < 24 and int(clock[1]) < 60
    return f"0 {int(clock[1])} {int(clock[2])} * * *" if plain else "0 0 8 * * MON-FRI"
