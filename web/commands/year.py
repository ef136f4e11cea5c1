"""The year of sample life, played by several processes that step through it together."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any

from sqlalchemy import Connection

import forms
from engine import calendars, cases, definitions, messages, samples
from engine.errors import BihuanError, Invalid
from engine.model import Json
from engine.samples import past, reading
from engine.samples import plan as planning
from engine.samples import stage as staging
from engine.samples.paper import Blank
from engine.samples.past import Occasion
from engine.samples.plan import Plan
from engine.samples.player import ACTOR
from engine.samples.stage import Stage
from engine.store import partitions
from engine.wiring import Engine
from web.pages import filling

BEHAVIOUR = "year.behaviour.json"
_ROUNDS = 6
_GRACE_S = 60.0
_DAY = timedelta(days=1)
_READ_WITHIN = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Year:
    """What is to be played. ``until`` is local."""

    url: str
    zone: str
    behaviour: bytes
    cases: int
    seed: int
    until: datetime
    source: str


@dataclass(frozen=True, slots=True)
class _Paper:
    form: forms.Form
    clock: samples.Clock

    @property
    def id(self) -> str:
        return self.form.id

    def fill(
        self, wanted: Mapping[str, Any], variables: Mapping[str, Any],
        say: Callable[[Blank], Json],
    ) -> dict[str, Json]:
        entered = {name: value for name, value in wanted.items() if value is not None}
        now = self.clock().astimezone(self.form.zone)
        for _ in range(_ROUNDS):
            checked = forms.check(self.form, entered, variables, now)
            if not checked.errors:
                return checked.data
            fields = {one.name: one for one in self.form.fields(variables, entered)}
            for name in checked.errors:
                shown = fields[name]
                options = [choice.text for choice in shown.options]
                entered[name] = say(Blank(name, shown.type, options))
        problems = "；".join(f"{name} {text}" for name, text in checked.errors.items())
        raise Invalid(
            f"示例填不出表单 {self.form.id}：{problems}（{entered}）",
            f"The sample cannot fill in the form {self.form.id}: {problems}",
        )


@dataclass(slots=True)
class _Papers:
    clock: samples.Clock
    known: dict[object, _Paper] = field(default_factory=dict)

    def by_key(self, conn: Connection, key: int) -> _Paper:
        if key not in self.known:
            self.known[key] = _Paper(filling.by_key(conn, key), self.clock)
        return self.known[key]

    def latest(self, conn: Connection, form_id: str) -> _Paper:
        if form_id not in self.known:
            self.known[form_id] = _Paper(filling.latest(conn, form_id), self.clock)
        return self.known[form_id]


def stage(year: Year) -> tuple[Stage, Plan]:
    """The stage of a process, and the plan all know. Close its engine."""
    clock = samples.Clock()
    engine = Engine(year.url, zone=year.zone, clock=clock)
    staging.hurry(engine)
    behaviour = samples.read(year.behaviour, BEHAVIOUR)
    with engine.read() as conn:
        calendar = calendars.at(conn, definitions.number(conn))[1]
    plan = planning.draw(behaviour, calendar, year.seed, year.cases, year.until)
    clock.set(plan.since)
    made = Stage.set(engine, clock, behaviour, plan, year.seed, year.source, _Papers(clock))
    return made, plan


class Broken(BihuanError):
    """A worker of the crew has ended before its time."""

    code = "sample-broken-off"


class Crew:
    """Workers that play a year together: each the cases of some customers, all of them up to
    one moment before anybody goes on. What looks at all cases happens at these moments."""

    def __init__(self, year: Year, workers: int) -> None:
        self.year = year
        self.shown = samples.Shown()
        self._stage, self._plan = stage(year)
        self._engine = self._stage.engine
        with self._engine.read() as conn:
            self._there = past.opened(conn, year.source)
        self.shown.cases = len(self._there)
        self._ready = self._prepare()
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._pipes: list[Pipe[Any, Any]] = []
        self._processes = []
        for index in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=serve, args=(year, index, workers, theirs, self._stop), daemon=True
            )
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def play(self) -> Iterator[datetime]:
        """Play the year; yields each moment that all have reached."""
        occasions, spots = self._ready
        moments = sorted({
            *(one.at.astimezone(self.year.until.tzinfo) for one in occasions),
            *(at for at, _ in spots), *_mornings(self._plan), self._plan.until,
        })
        last = datetime.min.replace(tzinfo=self.year.until.tzinfo)
        for at in moments:
            self._all(("play", at, self._places(last, at)))
            yield at
            self._deliver(at)
            for spot_at, spot in spots:
                if spot_at == at:
                    self._one(("matter", spot, at))
            for occasion in occasions:
                if occasion.at == at:
                    self._one(("begin", occasion))
            last = at
        self._all(("finish", self._plan.until))

    def close(self) -> None:
        """Have everybody stop after what they are at; what is begun is finished."""
        self._stop.set()
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            with suppress(OSError):
                pipe.send(None)
            process.join(_GRACE_S)
        self._engine.close()

    def _prepare(self) -> tuple[list[Occasion], list[tuple[datetime, str]]]:
        plan, behaviour = self._plan, self._stage.behaviour
        with self._engine.unit(ACTOR) as unit:
            month = plan.since
            while month < plan.until:
                partitions.prepare(unit.conn, month.astimezone(UTC))
                month += 28 * _DAY
            occasions = list(
                past.occasions(unit, behaviour.timed, plan.since, plan.until, ACTOR)
            )
        spots = [
            (plan.until - spot.begins + spot.matter_after, spot.id)
            for spot in behaviour.hot_spots if spot.matter
        ]
        return occasions, [one for one in spots if plan.since < one[0] < plan.until]

    def _places(self, since: datetime, until: datetime) -> dict[int, int]:
        """Numbers for the cases that arrive now, in order of time."""
        of_kind: dict[str, list[int]] = {}
        for arrival in self._plan.between(since, until):
            if arrival.n not in self._there:
                of_kind.setdefault(arrival.kind, []).append(arrival.n)
        places: dict[int, int] = {}
        if of_kind:
            with self._engine.unit(ACTOR) as unit:
                for kind, arrivals in of_kind.items():
                    taken = cases.reserve(unit, kind, len(arrivals))
                    places.update(zip(arrivals, taken, strict=True))
        return places

    def _deliver(self, at: datetime) -> None:
        """Messages between cases, and what people were told until the evening before."""
        self._stage.clock.set(at)
        messages.expire(self._engine)
        with self._engine.unit(ACTOR) as unit:
            reading.catch_up(unit, self._stage.staff, at - _READ_WITHIN)
        if messages.deliver_buffered(self._engine):
            self._all(("look", at))

    def _one(self, said: tuple[Any, ...]) -> None:
        self._pipes[0].send(said)
        self._note(self._pipes[:1])

    def _all(self, said: tuple[Any, ...]) -> None:
        for pipe in self._pipes:
            pipe.send(said)
        self._note(self._pipes)

    def _note(self, pipes: list[Pipe[Any, Any]]) -> None:
        for pipe in pipes:
            try:
                shown = pipe.recv()
            except EOFError as error:
                raise Broken(
                    "装入示例的子进程中途退出，原因见上文。再次运行同一命令会接着装入。",
                    "A process that plays the sample has ended; run the command again to go on.",
                ) from error
            self.shown.cases += shown.cases
            self.shown.events += shown.events
            self.shown.problems += shown.problems


def serve(year: Year, index: int, workers: int, pipe: Pipe[Any, Any], stop: Any) -> None:
    """A worker: does what it is told until it is told nothing more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    made, plan = stage(year)
    with closing(made.engine):
        player = _player(made, plan, index, workers)
        while (said := _told(pipe)) is not None:
            player.shown = samples.Shown()
            try:
                _do(player, plan, said, stop)
            except BihuanError as error:
                player.shown.problems.append(error.zh)
            pipe.send(player.shown)


def part(made: Stage, plan: Plan, index: int, workers: int) -> tuple[samples.Arrival, ...]:
    """What the worker with this index plays. One plays all cases that open others, so that
    these take their numbers in the order of time, and all that a matter binds, so that its
    answer comes at its time."""
    opening = {kind for kind, one in made.behaviour.kinds.items() if one.get("opens")}
    bound = {spot.id for spot in made.behaviour.hot_spots if spot.matter}
    return plan.part(index, workers, opening | bound)


def _told(pipe: Pipe[Any, Any]) -> tuple[Any, ...] | None:
    """What is to be done next; None: nothing more, or the crew is gone."""
    try:
        said: tuple[Any, ...] | None = pipe.recv()
    except EOFError:
        return None
    return said


def _player(made: Stage, plan: Plan, index: int, workers: int) -> samples.Player:
    first = index == 0
    with made.engine.read() as conn:
        there = past.opened(conn, made.source)
        left = past.left(conn, made.source)
        begun = past.begun(conn, ACTOR) if first else []
    own = part(made, plan, index, workers)
    player = samples.Player(made, [one for one in own if one.n not in there])
    by_number = {one.n: one for one in own}
    for one in left:
        if one.n in by_number:
            player.resume(one.case_id, by_number[one.n], one.at)
        elif first and one.n >= len(plan.arrivals):
            spot = made.behaviour.hot_spots[one.n - len(plan.arrivals)].id
            player.follow(str(one.n), one.case_id, one.at, spot)
    for name, key, at in begun:
        player.follow(name, key, at)
    return player


def _do(player: samples.Player, plan: Plan, said: tuple[Any, ...], stop: Any) -> None:
    if said[0] == "play":
        player.play(said[1], said[2], stop.is_set)
    elif said[0] == "begin":
        player.begin(said[1])
    elif said[0] == "finish":
        player.finish(said[1])
    elif said[0] == "look":
        player.look_again(said[1])
    elif said[0] == "matter":
        player.matter(said[1], said[2], plan)


def _mornings(plan: Plan) -> Iterator[datetime]:
    at = plan.since.replace(hour=7)
    while at < plan.until:
        yield at
        at += _DAY
