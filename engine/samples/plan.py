"""Who comes when: the arrivals of a year, laid down before it is played.

Drawn once from the seed, in the order of time, so that every worker knows the same plan.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from engine.calendar import Calendar
from engine.samples.behaviour import Behaviour, Strain, duration
from engine.samples.chance import Chance

YEAR = timedelta(days=365)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_SPRING_DAY = (3, 15)
_LONG = 2
_EVEN = 10
_REMEMBERED = 2000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact. ``n`` counts them in order of time; ``customer`` numbers the customers;
    ``again``: the arrival that it is about once more; ``fixed``: data that is given."""

    n: int
    at: datetime
    kind: str
    customer: int
    again: int | None = None
    hot_spot: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """``arrivals`` by time; ``since`` is the first midnight of the year that ends at ``until``."""

    since: datetime
    until: datetime
    arrivals: tuple[Arrival, ...]

    def strain(self, strain: Strain) -> Callable[[date], float]:
        """How many times as likely as usual it is on a day that something is done late: by the
        contacts of that day and the one before, against those of usual days. (A few cases more
        in a year of few cases are no crowd.)"""
        days = Counter(one.at.date() for one in self.arrivals)
        usual = len(self.arrivals) / YEAR.days * _LONG + _EVEN

        def times(day: date) -> float:
            found = sum(days[day - ahead * _DAY] for ahead in range(_LONG)) + _EVEN
            return 1 + strain.late * max(0.0, found / usual - strain.beyond)

        return times

    def part(self, index: int, parts: int, together: Collection[str]) -> tuple[Arrival, ...]:
        """Each customer's arrivals are in one part; those of customers who come with a kind, or
        in a hot spot, that is to be kept ``together`` are all in the first."""
        first = {
            one.customer for one in self.arrivals
            if one.kind in together or one.hot_spot in together
        }
        return tuple(
            one for one in self.arrivals
            if (0 if one.customer in first else one.customer % parts) == index
        )

    def between(self, since: datetime, until: datetime) -> tuple[Arrival, ...]:
        """Those from ``since`` to before ``until``."""
        first = bisect_left(self.arrivals, since, key=lambda one: one.at)
        return self.arrivals[first : bisect_left(self.arrivals, until, key=lambda one: one.at)]


def draw(behaviour: Behaviour, calendar: Calendar, seed: int, cases: int, until: datetime) -> Plan:
    """The plan of ``cases`` arrivals; ``until`` is local (its zone is that of all hours)."""
    since = (until - YEAR).replace(hour=0, minute=0, second=0, microsecond=0)
    chance = Chance(seed, "arrivals")
    moments: list[tuple[datetime, str | None]] = []
    for spot in behaviour.hot_spots:
        hours = _Hours(behaviour.arrival, calendar)
        hours.within(until - spot.begins, min(until - spot.begins + spot.lasts, until), fading=True)
        count = max(round(cases * spot.share), min(spot.least, cases // 10))
        moments += [(hours.draw(chance), spot.id) for _ in range(count)]
    hours = _Hours(behaviour.arrival, calendar)
    hours.within(since, until)
    moments += [(hours.draw(chance), None) for _ in range(cases - len(moments))]
    moments.sort(key=lambda one: (one[0], one[1] or ""))
    people = _People(behaviour, seed)
    return Plan(since, until, tuple(
        people.arrival(n, at, spot) for n, (at, spot) in enumerate(moments)
    ))


class _Hours:
    """Hours by their weight."""

    def __init__(self, arrival: Mapping[str, Any], calendar: Calendar) -> None:
        self._arrival = arrival
        self._calendar = calendar
        self._starts: list[datetime] = []
        self._until = datetime.max
        self._sums: list[float] = []

    def within(self, since: datetime, until: datetime, *, fading: bool = False) -> None:
        at = since.replace(minute=0, second=0, microsecond=0)
        weights = []
        while at < until:
            self._starts.append(at)
            part = min(1.0, (until - at) / _HOUR)
            fade = 1 - 0.85 * ((at - since) / (until - since)) if fading else 1.0
            weights.append(self._weight(at) * part * fade)
            at += _HOUR
        self._until = until
        self._sums = list(accumulate(weights))

    def draw(self, chance: Chance) -> datetime:
        index = bisect(self._sums, chance.share() * self._sums[-1])
        start = self._starts[min(index, len(self._starts) - 1)]
        length = min(_HOUR, self._until - start)
        return (start + length * chance.share()).replace(microsecond=0)

    def _weight(self, at: datetime) -> float:
        day = at.date()
        working = self._calendar.is_working_day(day)
        kind = "working" if working else "holiday" if self._calendar.holiday(day) else "rest"
        hours: list[float] = self._arrival["hours"][kind]
        month: float = self._arrival["months"][day.month - 1]
        weekday: float = self._arrival["weekdays"][day.weekday()]
        return hours[at.hour] * month * weekday * self._spring(day)

    def _spring(self, day: date) -> float:
        """Around the day of consumers' rights."""
        peak = self._arrival["spring"]
        distance = abs((day - date(day.year, *_SPRING_DAY)).days)
        height, days = float(peak["more"]), float(peak["days"])
        return 1 + height * max(0.0, 1 - distance / days)


class _People:
    """Who each arrival is: mostly somebody new, often somebody who was here before."""

    def __init__(self, behaviour: Behaviour, seed: int) -> None:
        self._behaviour = behaviour
        self._seed = seed
        self._known: list[Arrival] = []
        self._next = 0
        self._frequent: list[int] = []
        self._within = duration(behaviour.customers["soon_within"])

    def arrival(self, n: int, at: datetime, spot: str | None) -> Arrival:
        chance = Chance(self._seed, n, "who")
        spots = {one.id: one for one in self._behaviour.hot_spots}
        shares = self._behaviour.customers
        found: Arrival
        if spot is not None:
            kind = str(spots[spot].data.get("kind_of_case", "complaint"))
            found = Arrival(n, at, kind, self._new(), hot_spot=spot, fixed=spots[spot].data)
        elif self._known and chance.happens(shares["again"]):
            same = chance.happens(shares["same_thing"])
            soon = same and chance.happens(shares["soon"])
            far = self._soon(at) if soon else min(len(self._known), _REMEMBERED)
            before = self._known[-1 - int(chance.share() ** 2 * far)]
            again = before.n if same else None
            kind = before.kind if again is not None else self._kind(chance)
            found = Arrival(n, at, kind, before.customer, again)
        elif chance.happens(shares["frequent"]):
            found = Arrival(n, at, self._kind(chance), self._often(chance))
        else:
            found = Arrival(n, at, self._kind(chance), self._new())
        if found.hot_spot is None and self._behaviour.kinds[found.kind].get("customer", True):
            self._known.append(found)
        return found

    def _soon(self, at: datetime) -> int:
        """How many came shortly before; at least the last one."""
        since = at - self._within
        return max(1, len(self._known) - bisect_left(self._known, since, key=lambda one: one.at))

    def _kind(self, chance: Chance) -> str:
        return chance.weighted({
            kind: one["weight"] for kind, one in self._behaviour.kinds.items() if one["weight"]
        })

    def _new(self) -> int:
        self._next += 1
        return self._next

    def _often(self, chance: Chance) -> int:
        """Somebody who complains again and again, for a while."""
        if not self._frequent or chance.happens(self._behaviour.customers["frequent_changes"]):
            self._frequent = [*self._frequent[-2:], self._new()]
        return chance.among(self._frequent)
