"""The calendar's functions in FEEL (docs/calendar.md). They are pure: a calendar, once read,
never changes, and none of them asks for the present time.

Variables hold dates, times and durations as ISO texts, so texts are read as such. Null gives
null, as everywhere in FEEL; anything else that is no moment, duration or number is refused
with a sentence, because a limit must not get lost. Moments come out with a plain offset.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from engine.calendar import limits
from engine.calendar.arithmetic import Calendar
from engine.errors import Invalid
from engine.feel import Function
from engine.feel.errors import FeelEvaluationError
from engine.feel.temporal import Date, DateTime, DaysTime
from engine.feel.temporal_text import parse_any

_MOST_DAYS = 10_000


def functions(calendar: Calendar) -> dict[str, Function]:
    """The functions by name; each also under its name without blanks (``workingDue``), which
    the expression editor of the Modeler accepts."""
    reading = _Reading(calendar)
    wanted: tuple[tuple[str, tuple[str, ...], Callable[..., Any]], ...] = (
        ("working due", ("from", "duration"), reading.due),
        ("working days due", ("from", "days"), reading.days_due),
        ("working time", ("from", "to"), reading.time),
        ("is working day", ("date",), reading.is_working_day),
        ("contact time", ("from",), reading.contact_time),
        ("due after pause", ("due", "paused", "resumed", "clock"), reading.due_after_pause),
    )
    found: dict[str, Function] = {}
    for name, parameters, call in wanted:
        first, *rest = name.split()
        short = first + "".join(word.capitalize() for word in rest)
        for spelling in (name, short):
            found[spelling] = Function(spelling, parameters, _answering(spelling, call))
    return found


class _Reading:
    """FEEL's values into the calendar's, and back."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar

    def due(self, start: Any, duration: Any) -> datetime:
        return _plain(self.calendar.add(self._moment(start), _duration(duration)))

    def days_due(self, start: Any, days: Any) -> datetime:
        return _plain(self.calendar.add_days(self._moment(start), _days(days)))

    def time(self, start: Any, end: Any) -> timedelta:
        return self.calendar.between(self._moment(start), self._moment(end))

    def is_working_day(self, day: Any) -> bool:
        return self.calendar.is_working_day(self._date(day))

    def contact_time(self, start: Any) -> datetime:
        return _plain(self.calendar.contact_time(self._moment(start)))

    def due_after_pause(self, due: Any, paused: Any, resumed: Any, clock: Any) -> datetime:
        moments = (self._moment(due), self._moment(paused), self._moment(resumed))
        return _plain(limits.after_pause(self.calendar, limits.basis_of(clock), *moments))

    def _moment(self, value: Any) -> datetime:
        """A moment without zone is in the calendar's, a date its midnight."""
        found = parse_any(value) if isinstance(value, str) else value
        if isinstance(found, Date):
            day = found.python
            return datetime(day.year, day.month, day.day, tzinfo=self.calendar.zone)
        if not isinstance(found, DateTime):
            raise _refused(value, "日期时间", "date and time")
        moment = found.python
        return moment if moment.tzinfo else moment.replace(tzinfo=self.calendar.zone)

    def _date(self, value: Any) -> date:
        return self._moment(value).astimezone(self.calendar.zone).date()


def _duration(value: Any) -> timedelta:
    found = parse_any(value) if isinstance(value, str) else value
    if not isinstance(found, DaysTime):
        raise _refused(value, "天时分时长（如 PT2H）", "days and time duration like PT2H")
    return found.python


def _days(value: Any) -> int:
    if not isinstance(value, Decimal) or value % 1 or not 0 <= value <= _MOST_DAYS:
        raise _refused(
            value, f"0 到 {_MOST_DAYS} 的整数", f"whole number from 0 to {_MOST_DAYS}"
        )
    return int(value)


def _plain(moment: datetime) -> datetime:
    """The same moment with an offset instead of a region, as every JSON reader understands."""
    return moment.astimezone(timezone(moment.utcoffset() or timedelta(0)))


def _refused(value: Any, zh: str, en: str) -> FeelEvaluationError:
    return FeelEvaluationError(f"{value} 不是{zh}。", f"{value} is no {en}.")


def _answering(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def answer(*arguments: Any) -> Any:
        if any(argument is None for argument in arguments):
            return None
        try:
            return call(*arguments)
        except FeelEvaluationError as error:
            raise FeelEvaluationError(f"{name}：{error.zh}", f"{name}: {error.en}") from error
        except Invalid as error:
            raise FeelEvaluationError(f"{name}：{error.zh}", f"{name}: {error.en}") from error
        except (ValueError, OverflowError) as error:
            raise FeelEvaluationError(
                f"{name}：年份或时长超出范围。", f"{name}: a year or duration is out of range."
            ) from error

    return answer
