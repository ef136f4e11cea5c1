"""The people of the organisation, as a played year has them work: in their groups and hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
_BACKLOG = (2.0, 20.0, 130.0)
_HURRY = 0.15


class Staff:
    """``shifts`` maps a name to ``{"days": "all" | "working", "from": "08:30", "to": "17:30"}``
    (``to`` "00:00": midnight). ``strain``: how many times as likely as usual it is on a day
    that something is done late."""

    def __init__(
        self, conn: Connection, calendar: Calendar, shifts: Mapping[str, Mapping[str, Any]],
        strain: Callable[[date], float],
    ) -> None:
        everybody = [one.person for one in people.list_(conn, active_only=True)]
        self._by_login = {one.login: one for one in everybody}
        self._members: dict[str, list[Person]] = {}
        for person in everybody:
            for group in person.groups:
                self._members.setdefault(group, []).append(person)
        self._leaders = [one for one in everybody if "supervisor" in one.roles]
        self._calendar = calendar
        self._strain = strain
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

    def present(self, shift: str, at: datetime, chance: Chance) -> datetime:
        """``at``, or some time after the beginning of the next shift: first there is what came
        before."""
        begin = self._shift(shift, at)[0]
        return begin if begin == at else begin + _MINUTE * chance.around(*_BACKLOG)

    def _shift(self, shift: str, at: datetime) -> tuple[datetime, datetime]:
        """The rest of the shift that is on at ``at``, or the next one: from, to."""
        working, begin, end = self._shifts[shift]
        for ahead in range(_LONGEST_ABSENCE):
            day = at.date() + ahead * _DAY
            if working and not self._calendar.is_working_day(day):
                continue
            start, stop = _hours(day, begin, end, at)
            if at < stop:
                return max(at, start), stop
        return at, at

    def done(
        self, pace: Pace, chance: Chance, created: datetime, due: datetime | None
    ) -> tuple[datetime, datetime]:
        """When somebody takes up the task and when it is done; all local."""
        likely = min(pace.late * self._strain(created.date()), 1.0)
        late = due is not None and due > created and chance.happens(likely)
        if late and due is not None:
            at = self.present(pace.shift, due + _MINUTE * chance.around(*pace.late_by), chance)
        else:
            at = self._in_time(pace, chance, created, due)
        work = _MINUTE * chance.around(*pace.work)
        begun = max(at - work, created + (at - created) * 0.1)
        start = datetime.combine(at.date(), self._shifts[pace.shift][1], at.tzinfo)
        if begun < start < at:
            begun = start + (at - start) * 0.1
        return begun.replace(microsecond=0), at

    def _in_time(
        self, pace: Pace, chance: Chance, created: datetime, due: datetime | None
    ) -> datetime:
        share, minutes = chance.around(*pace.share), chance.around(*pace.minutes)
        if due is not None and due <= created:
            minutes *= _HURRY
        at = created + _MINUTE * minutes
        if due is None or due <= created:
            return self.present(pace.shift, at, chance)
        at = self.present(pace.shift, min(created + (due - created) * share, at), chance)
        if at < due:
            return at
        # Who is about to be late is asked to do it before going home; where nobody is there
        # before it is due, somebody on call does it.
        begin, end = self._shift(pace.shift, created)
        if begin >= due:
            begin, end = created, due
        return begin + (min(end, due) - begin) * max(share, 0.4) * 0.95


def _hours(day: date, begin: time, end: time, at: datetime) -> tuple[datetime, datetime]:
    start = datetime.combine(day, begin, at.tzinfo)
    stop = datetime.combine(day, end, at.tzinfo)
    return start, stop + _DAY if end == _ALL_DAY else stop
