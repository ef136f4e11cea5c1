"""Plays the cases of a year: a queue of what happens next, in order of time.

Each case is looked at after everything that happened to it; what waits there gets a time and a
person by chance (``Chance`` of seed, case, form and moment), and its place in the queue.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import select, update

from engine import cases, definitions, duties, jobs, messages, run, tasks, timers
from engine.errors import BihuanError
from engine.model import Json, Person
from engine.samples import opening
from engine.samples.behaviour import Action, Pace, Way
from engine.samples.past import Occasion, occasion_name
from engine.samples.plan import Arrival, Plan
from engine.samples.stage import Stage
from engine.samples.waits import Waits, look, moment
from engine.tables import cases as table

ACTOR = "sample"
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)
_MOST_PROBLEMS = 20
_MOST_JOBS = 50


@dataclass(slots=True)
class Shown:
    """What a player has done: cases opened, things that happened, and what went wrong."""

    cases: int = 0
    events: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A task: who does it, from when on; ``claim``: has to take it first."""

    form: str
    person: Person
    begun: datetime
    claim: bool


@dataclass(slots=True)
class _Line:
    """A case that is being played. ``name`` is its arrival's number, or that of a process."""

    name: str
    case_id: int
    customer: int = 0
    again: str | None = None
    hot_spot: str | None = None
    last: datetime | None = None
    tasks: dict[int, _Planned | None] = field(default_factory=dict)
    timers: dict[int, str] = field(default_factory=dict)
    messages: set[int] = field(default_factory=set)


class Player:
    """Plays the arrivals that are ``mine``, up to a moment at a time."""

    def __init__(self, stage: Stage, arrivals: Sequence[Arrival]) -> None:
        self.stage = stage
        self.shown = Shown()
        self.zone = stage.engine.zone
        self._queue: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._order = count()
        self._lines: dict[int, _Line] = {}
        self._of_customer: dict[int, list[_Line]] = {}
        self._places: Mapping[int, int] = {}
        for arrival in arrivals:
            self.at(arrival.at, partial(self._arrive, arrival))

    def at(self, moment_: datetime, act: Callable[[datetime], None]) -> None:
        """Have ``act`` done at that moment, or at the full second after it."""
        if moment_.microsecond:
            moment_ = moment_.replace(microsecond=0) + _SECOND
        heapq.heappush(self._queue, (moment_, next(self._order), act))

    def play(
        self, until: datetime, places: Mapping[int, int], stop: Callable[[], bool] = bool
    ) -> None:
        """Everything that happens before ``until``, or until ``stop`` says so. ``places``: the
        arrivals' places in the sequences of numbers."""
        self._places = places
        while self._queue and self._queue[0][0] < until and not stop():
            at, _, act = heapq.heappop(self._queue)
            self.stage.clock.set(at)
            self.shown.events += 1
            try:
                act(at)
            except BihuanError as error:
                self._problem(f"{at:%Y-%m-%d %H:%M} {error.zh}")

    def resume(self, case_id: int, arrival: Arrival, at: datetime) -> None:
        """Go on with an open case of a year that was broken off, to which something happened
        last at that moment."""
        self.stage.clock.set(at)
        line = self._line(str(arrival.n), case_id, arrival.customer)
        line.hot_spot = arrival.hot_spot
        self._actions(line, arrival, after=at)
        self._look(line, at)

    def follow(self, name: str, case_id: int, at: datetime, hot_spot: str | None = None) -> None:
        """Play an instance that somebody else began."""
        line = self._line(name, case_id)
        line.hot_spot = hot_spot
        self._look(line, at)

    def begin(self, occasion: Occasion) -> None:
        """Start a process as its timer would have done, and play it."""
        at = occasion.at
        self.stage.clock.set(at)
        with self.stage.engine.unit(ACTOR) as unit:
            number = definitions.number(unit.conn)
            found = definitions.resolve(unit.conn, number, "process", occasion.process_id)
            if found is None:
                raise definitions.missing("process", occasion.process_id)
            started = run.start_definition(unit, number, found, {}, start_id=occasion.start_id)
        self.follow(occasion_name(occasion.process_id, at), started.instance_key, at)

    def matter(self, hot_spot: str, at: datetime, plan: Plan) -> None:
        """Open the case that binds the open cases of a hot spot, unless it has been opened."""
        spots = self.stage.behaviour.hot_spots
        spot = next(one for one in spots if one.id == hot_spot)
        n = len(plan.arrivals) + spots.index(spot)
        refs = [str(one.n) for one in plan.arrivals if one.hot_spot == hot_spot and one.at < at]
        with self.stage.engine.read() as conn:
            if cases.known_refs(conn, self.stage.source, [str(n)]) or spot.matter is None:
                return
            numbers = conn.scalars(
                select(table.c.number).where(
                    table.c.source == self.stage.source, table.c.source_ref.in_(refs),
                    table.c.closed_at.is_(None),
                ).order_by(table.c.number)
            ).all()
        data = {**spot.matter["data"], "complaints": "，".join(numbers) or None}
        self.open(Arrival(n, at, spot.matter["kind"], 0, hot_spot=hot_spot, fixed=data))

    def look_again(self, at: datetime) -> None:
        """Something may have happened to the cases from outside."""
        self.stage.clock.set(at)
        for line in list(self._lines.values()):
            self._look(line, at)

    # -- opening

    def _arrive(self, arrival: Arrival, _at: datetime) -> None:
        self.open(arrival)

    def open(self, arrival: Arrival) -> None:
        """Open a case at its time."""
        stage = self.stage
        stage.clock.set(arrival.at)
        chance = stage.chance(arrival.n, "clerk")
        groups = stage.behaviour.kinds[arrival.kind].get("clerks", [])
        clerk = stage.staff.pick(groups, chance) if groups else None
        with stage.engine.read() as conn:
            earlier = opening.before(stage, conn, arrival)
            data = opening.data(stage, conn, arrival, earlier, clerk)
        with stage.engine.unit(clerk.login if clerk else ACTOR) as unit:
            started = cases.open_(
                unit, arrival.kind, data, source=stage.source, source_ref=str(arrival.n),
                received_at=unit.now, sample=True, place=self._places.get(arrival.n),
            )
        line = self._line(str(arrival.n), started.case_id, arrival.customer)
        line.again = earlier.number if earlier and not earlier.answered else None
        line.hot_spot = arrival.hot_spot
        self.shown.cases += 1
        self._actions(line, arrival)
        self._look(line, arrival.at)

    def _line(self, name: str, case_id: int, customer: int = 0) -> _Line:
        line = _Line(name, case_id, customer)
        self._lines[case_id] = line
        if customer:
            self._of_customer.setdefault(customer, []).append(line)
        return line

    def _over(self, line: _Line) -> None:
        line.tasks.clear()
        line.timers.clear()
        self._lines.pop(line.case_id, None)
        others = self._of_customer.get(line.customer)
        if others and line in others:
            others.remove(line)

    # -- looking

    def _look(self, line: _Line, at: datetime) -> None:
        """Find what waits in the case now and put it into the queue; jobs are done at once."""
        for _ in range(_MOST_JOBS):
            with self.stage.engine.read() as conn:
                waits = look(conn, line.case_id)
            for job in waits.jobs:
                self._job(line, job, at)
            if not waits.jobs:
                break
        if not waits.active:
            self._over(line)
            return
        self._take(line, waits, at)

    def _take(self, line: _Line, waits: Waits, at: datetime) -> None:
        line.last = at
        line.tasks = {
            task["key"]: line.tasks.get(task["key"]) or self._plan(line, task)
            for task in waits.tasks
        }
        for timer in waits.timers:
            key, due = timer["key"], timer["due"]
            if line.timers.get(key) != due:
                fires = max(moment(due) or at, at).astimezone(self.zone)
                self.at(fires, partial(self._fire, line, key, due))
        line.timers = {timer["key"]: timer["due"] for timer in waits.timers}
        for message in waits.messages:
            if message["key"] not in line.messages:
                self._answer_later(line, message, at)
        line.messages = {message["key"] for message in waits.messages}

    # -- tasks

    def _plan(self, line: _Line, task: Any) -> _Planned | None:
        stage = self.stage
        form = self._form_id(task)
        chance = stage.chance(line.name, form, task["created"])
        work = stage.behaviour.work.get(form, stage.behaviour.usual)
        created = moment(task["created"])
        assert created is not None
        due = moment(task["due"])
        begun, done = stage.staff.done(
            work.pace, chance, created.astimezone(self.zone),
            due.astimezone(self.zone) if due else None,
        )
        person = (
            stage.staff.get(task["assignee"]) if task["assignee"]
            else stage.staff.pick(task["groups"], chance)
        )
        if person is None:
            self._problem(f"任务 {task['element']}：组 {task['groups']} 里没有人")
            return None
        left = stage.until - created
        if chance.happens(self._undone(work.pace, left, due)):
            # Half of these tasks are somebody's by then, the others still wait for one.
            begun = created + 2 * chance.share() * left
            begun = stage.staff.present(work.pace.shift, begun.astimezone(self.zone), chance)
        else:
            self.at(done, partial(self._complete, line, task["key"]))
        return _Planned(form, person, begun, task["assignee"] is None)

    def _undone(self, pace: Pace, left: timedelta, due: datetime | None) -> float:
        """How likely it is that a task is still to be done when the year ends."""
        unfinished = self.stage.behaviour.unfinished
        late = due is not None and due < self.stage.until
        share = unfinished.share * (unfinished.overdue if late else 1.0)
        return share * pace.left * max(0.0, 1 - left / unfinished.within)

    def _form_id(self, task: Any) -> str:
        if task["form"] is None:
            return str(task["element"])
        with self.stage.engine.read() as conn:
            return self.stage.papers.by_key(conn, task["form"]).id

    def _complete(self, line: _Line, key: int, at: datetime) -> None:
        planned = line.tasks.pop(key, None)
        if planned is None:
            return
        try:
            self._submit(line, key, planned, at)
        except BihuanError:
            if line.again is None:
                raise
            line.again = None  # the original was closed meanwhile
            self._submit(line, key, planned, at)
        self._look(line, at)
        if line.again is not None:
            for other in list(self._of_customer.get(line.customer, ())):
                if other is not line:
                    self._look(other, at)

    def _submit(self, line: _Line, key: int, planned: _Planned, at: datetime) -> None:
        stage, person, form = self.stage, planned.person, planned.form
        ways = stage.behaviour.work.get(form, stage.behaviour.usual).ways

        def read(asked: tasks.Asked) -> Json:
            context = {
                **{name: None if value == "" else value for name, value in asked.variables.items()},
                "at": at.isoformat(timespec="seconds"), "again": line.again,
                "hot_spot": line.hot_spot,
                "me": {"login": person.login, "name": person.name},
            }
            context["scene"] = opening.scene(context)
            chance = stage.chance(line.name, form, "answer", at)
            wanted = self._way(ways, chance, context)
            if asked.form_key is None:
                return wanted
            paper = stage.papers.by_key(unit.conn, asked.form_key)
            return paper.fill(wanted, context, opening.sayer(stage, chance, context))

        with stage.engine.unit(person.login) as unit:
            if planned.claim:
                unit.now = _after(planned.begun, line.last)
                tasks.claim(unit, key, person)
                unit.now = at
            tasks.answer(unit, key, person, read)

    def _way(self, ways: Sequence[Way], chance: Any, context: dict[str, Any]) -> dict[str, Json]:
        speaker = self.stage.speaker
        open_ = [way for way in ways if speaker.true(way.when, context)]
        if not open_:
            return {}
        way = chance.among(open_, [one.weight for one in open_])
        wanted: dict[str, Json] = {}
        for name, written in way.data.items():
            wanted[name] = speaker.value(written, chance, {**context, **wanted})
        return wanted

    def finish(self, until: datetime) -> None:
        """The year is over: who had begun with a task has it."""
        for line in list(self._lines.values()):
            begun = [
                (key, planned) for key, planned in line.tasks.items()
                if planned and planned.claim and planned.begun < until
            ]
            for key, planned in begun:
                self.stage.clock.set(_after(planned.begun, line.last))
                with self.stage.engine.unit(planned.person.login) as unit:
                    tasks.claim(unit, key, planned.person)

    # -- timers, jobs, messages

    def _fire(self, line: _Line, key: int, due: str, at: datetime) -> None:
        if line.timers.get(key) == due:
            timers.fire_of(self.stage.engine, line.case_id)
            self._look(line, at)

    def _job(self, line: _Line, job: Any, at: datetime) -> None:
        """Done by our own duty; effects outside are only said to have happened: these customers
        are invented."""
        engine, key = self.stage.engine, job["key"]
        if job["type"] in duties.DUTIES:
            self._duty(key)
            if job["type"] == "case.open":
                self._follow_new(at)
            return
        written = self.stage.behaviour.effects.get(job["type"], {"result": "result", "value": {}})
        context = {"at": at.isoformat(timespec="seconds"), "key": str(key)}
        chance = self.stage.chance(line.name, job["type"], at)
        value = {
            name: self.stage.speaker.value(one, chance, context)
            for name, one in written["value"].items()
        }
        name = job["headers"].get("resultVariable") or written["result"]
        with engine.unit(ACTOR) as unit:
            jobs.complete(unit, key, {name: value})

    def _duty(self, key: int) -> None:
        engine = self.stage.engine
        try:
            with engine.unit(ACTOR) as unit:
                leased = jobs.lease(unit, key, ACTOR, 60)
                if leased is not None:
                    duties.perform(unit, leased)
        except duties.Refused as refused:
            with engine.unit(ACTOR) as unit:
                jobs.throw_error(unit, key, refused.error_code, refused.zh, {})

    def _follow_new(self, at: datetime) -> None:
        """Play what a process has just opened; all of it is a sample, too."""
        query = select(table.c.key, table.c.number).where(
            table.c.opened_at == at, table.c.source.is_(None)
        )
        with self.stage.engine.unit(ACTOR) as unit:
            found = unit.conn.execute(query).all()
            keys = [row.key for row in found]
            unit.conn.execute(update(table).where(table.c.key.in_(keys)).values(sample=True))
        for row in found:
            if row.key not in self._lines:
                self.at(at, partial(self.follow, row.number, row.key))

    def _actions(self, line: _Line, arrival: Arrival, after: datetime | None = None) -> None:
        for action in self.stage.behaviour.actions:
            if action.after is None:
                continue
            chance = self.stage.chance(line.name, action.name)
            if not chance.happens(action.chance):
                continue
            at = arrival.at + _MINUTE * chance.around(*action.after)
            at = self.stage.staff.present(action.shift, at, chance) if action.by else at
            if after is None or at > after:
                self.at(at, partial(self._press, line, action))

    def _press(self, line: _Line, action: Action, at: datetime) -> None:
        """Send a message, if the case waits for it and the action's condition holds."""
        if line.case_id not in self._lines:
            return
        with self.stage.engine.read() as conn:
            waiting = messages.waiting(conn, line.case_id)
            data = conn.execute(
                select(table.c.data).where(table.c.key == line.case_id)
            ).scalar() or {}
        data = {**data, "hot_spot": line.hot_spot}
        found = next((one for one in waiting if one.name == action.name), None)
        if found is None or not self.stage.speaker.true(action.when, data):
            return
        self._send(line, action, found.key, found.properties, data, at)

    def _answer_later(self, line: _Line, message: Any, at: datetime) -> None:
        for action in self.stage.behaviour.actions:
            if action.after is not None or action.name != message["name"]:
                continue
            chance = self.stage.chance(line.name, action.name, at)
            if chance.happens(action.chance):
                wait = _MINUTE * chance.around(*action.wait)
                self.at(at + wait, partial(self._press, line, action))

    def _send(
        self, line: _Line, action: Action, key: int, properties: dict[str, str],
        data: dict[str, Any], at: datetime,
    ) -> None:
        stage = self.stage
        chance = stage.chance(line.name, action.name, "data")
        person = stage.staff.pick(action.by, chance) if action.by else None
        me = {"login": person.login, "name": person.name} if person else None
        context = {**data, "at": at.isoformat(timespec="seconds"), "me": me}
        context["scene"] = opening.scene(context)
        wanted = {
            name: stage.speaker.value(one, chance, context) for name, one in action.data.items()
        }
        with stage.engine.unit(person.login if person else ACTOR) as unit:
            form = properties.get("action.form")
            if form:
                paper = stage.papers.latest(unit.conn, form)
                wanted = paper.fill(wanted, context, opening.sayer(stage, chance, context))
            messages.deliver(unit, key, wanted, person)
        self._look(line, at)

    def _problem(self, text: str) -> None:
        if len(self.shown.problems) < _MOST_PROBLEMS:
            self.shown.problems.append(text)


def _after(begun: datetime, last: datetime | None) -> datetime:
    """When a task was taken: not before what happened to the case last."""
    return begun if last is None else max(begun, last)
