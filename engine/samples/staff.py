"""The people of the organisation, as a played year has them work: in their groups and hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from engine import people
from engine.calendar import Calendar
from engine.model import Person
from engine.samples.behaviour import Pace
from engine.samples.chance import Chance

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_ALL_DAY = time(0)
_LONGEST_ABSENCE = 20


class Staff:
    """``shifts`` maps a name to ``{"days": "all" | "working", "from": "08:30", "to": "17:30"}``
    (``to`` "00:00": midnight)."""

    def __init__(
        self, conn: Connection, calendar: Calendar, shifts: Mapping[str, Mapping[str, Any]]
    ) -> None:
        everybody = [one.person for one in people.list_(conn, active_only=True)]
        self._by_login = {one.login: one for one in everybody}
        self._members: dict[str, list[Person]] = {}
        for person in everybody:
            for group in person.groups:
                self._members.setdefault(group, []).append(person)
        self._leaders = [one for one in everybody if "supervisor" in one.roles]
        self._calendar = calendar
        self._shifts = {
            name: (one["days"] == "working", time.fromisoformat(one["from"]),
                   time.fromisoformat(one["to"]))
            for name, one in shifts.items()
        }

    def get(self, login: str) -> Person | None:
        return self._by_login.get(login)

    def pick(self, groups: Iterable[str], chance: Chance) -> Person | None:
        """Somebody of these groups; None where nobody is in them. No groups: a supervisor."""
        wanted = list(groups)
        found = [one for group in wanted for one in self._members.get(group, ())]
        if not wanted:
            found = self._leaders
        return chance.among(sorted(found, key=lambda one: one.login)) if found else None

    def present(self, shift: str, at: datetime) -> datetime:
        """``at``, or the beginning of the next shift after it."""
        working, begin, end = self._shifts[shift]
        for ahead in range(_LONGEST_ABSENCE):
            day = at.date() + ahead * _DAY
            if working and not self._calendar.is_working_day(day):
                continue
            start, stop = _hours(day, begin, end, at)
            if at < stop:
                return max(at, start)
        return at

    def done(
        self, pace: Pace, chance: Chance, created: datetime, due: datetime | None
    ) -> tuple[datetime, datetime]:
        """When somebody takes up the task and when it is done; all local."""
        late = due is not None and due > created and chance.happens(pace.late)
        if late and due is not None:
            at = self.present(pace.shift, due + _MINUTE * chance.around(*pace.late_by))
        else:
            at = self._in_time(pace, chance, created, due)
        work = _MINUTE * chance.around(*pace.work)
        begun = max(at - work, created + (at - created) * 0.1)
        return begun.replace(microsecond=0), at

    def _in_time(
        self, pace: Pace, chance: Chance, created: datetime, due: datetime | None
    ) -> datetime:
        share, minutes = chance.around(*pace.share), chance.around(*pace.minutes)
        at = created + _MINUTE * minutes
        if due is None or due <= created:
            return self.present(pace.shift, at)
        at = self.present(pace.shift, min(created + (due - created) * share, at))
        # Who is about to be late is asked to do it before going home.
        return at if at < due else created + (due - created) * max(share, 0.4) * 0.95


def _hours(day: date, begin: time, end: time, at: datetime) -> tuple[datetime, datetime]:
    start = datetime.combine(day, begin, at.tzinfo)
    stop = datetime.combine(day, end, at.tzinfo)
    return start, stop + _DAY if end == _ALL_DAY else stop
