"""Working calendars: when people work, which days are holidays, when a customer may be called.

A calendar is a deployed JSON file (docs/calendar.md). Its arithmetic is exact to the
microsecond, knows holidays, make-up workdays and daylight saving, and takes a bisection, not
a walk through minutes.
"""

from engine.calendar.arithmetic import Calendar, Hours, Quiet, Year
from engine.calendar.explanation import Stretch, explain
from engine.calendar.functions import functions
from engine.calendar.reading import check, parse, plain

__all__ = [
    "Calendar", "Hours", "Quiet", "Stretch", "Year", "check", "explain", "functions",
    "parse", "plain",
]
