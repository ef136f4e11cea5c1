"""Playing sample cases through the engine: each step as the person would have done it.

The file (``processes/samples``) names, for each complaint, its data, how long ago it was
received, and the steps taken since. A step is a user task to complete or a message to send;
what is entered comes from the file's ``answers``, changed by the complaint's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from engine import cases, definitions, messages, people, tasks
from engine.errors import Invalid, NotFound
from engine.feel import Function, compile_expression, to_json
from engine.feel.temporal import DaysTime
from engine.feel.temporal_text import parse_any
from engine.model import Json, Person
from engine.samples.clock import Clock
from engine.store.unit import Store, Unit
from engine.tables import user_tasks

_ACTOR = "sample"
_CLAIMED_BEFORE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Step:
    """``task`` is the element to complete (only to claim, if ``claim``), or ``message`` the name of
    what is sent; ``by`` a login, else whoever may do the task."""

    task: str | None
    claim: bool
    message: str | None
    by: str | None
    after: timedelta
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample case; ``received`` is negative: how long before the loading."""

    id: str
    received: timedelta
    data: Mapping[str, Json]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Samples:
    source: str
    kind: str
    samples: tuple[Sample, ...]


def parse(content: bytes, filename: str) -> Samples:
    """The samples in the file; Invalid if it is not what it should be."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
        answers = data["answers"]
        found = tuple(_sample(entry, answers) for entry in data["complaints"])
        return Samples(data["source"], data["kind"], found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(
            f"示例文件 {filename} 写法不对：{error!r}。", f"The sample file {filename}: {error!r}."
        ) from error


def play(engine: Store, clock: Clock, found: Samples) -> Iterator[str]:
    """Open each sample that is not there yet and take its steps, in its own past; yields the id
    of each one done. ``clock`` is the engine's. A step that is not possible (the customer may
    not be called at that hour) ends its sample there."""
    with engine.read() as conn:
        number = definitions.number(conn)
        _, functions = definitions.functions_at(conn, number)
        # Asked first: opening a sample again would be refused, but would use up a case number.
        there = cases.known_refs(conn, found.source, [sample.id for sample in found.samples])
    loaded_at = datetime.now(UTC)
    for sample in found.samples:
        if sample.id in there:
            yield sample.id
            continue
        player = _Player(engine, clock, loaded_at + sample.received, functions)
        if player.open(found, sample):
            player.take(sample.steps)
        yield sample.id


class _Player:
    def __init__(
        self, engine: Store, clock: Clock, at: datetime, functions: Mapping[str, Function]
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.at = at
        self.functions = functions
        self.case_id = 0

    def open(self, found: Samples, sample: Sample) -> bool:
        """Whether the sample is new."""
        self.clock.set(self.at)
        try:
            with self.engine.unit(str(sample.data.get("owner", _ACTOR))) as unit:
                started = cases.open_(
                    unit, found.kind, sample.data, source=found.source, source_ref=sample.id,
                    received_at=unit.now, sample=True,
                )
        except cases.AlreadyOpened:
            return False
        self.case_id = started.case_id
        return True

    def take(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            self.at += step.after
            self.clock.set(self.at)
            if not (self._work(step) if step.task else self._send(step)):
                return

    def _work(self, step: Step) -> bool:
        with self.engine.read() as conn:
            task = conn.execute(
                select(user_tasks.c.key, user_tasks.c.assignee, user_tasks.c.candidate_groups)
                .where(
                    user_tasks.c.case_id == self.case_id, user_tasks.c.state == "created",
                    user_tasks.c.element_id == step.task,
                )
                .order_by(user_tasks.c.key)
            ).first()
            if task is None:
                return False
            person = _who(conn, step.by or task.assignee, task.candidate_groups)
        if task.assignee is None:
            self.clock.set(self.at - _CLAIMED_BEFORE)
            with self.engine.unit(person.login) as unit:
                tasks.claim(unit, task.key, person)
            self.clock.set(self.at)
        if step.claim:
            return True
        with self.engine.unit(person.login) as unit:
            tasks.complete(unit, task.key, self._answer(step, unit, person), person)
        return True

    def _send(self, step: Step) -> bool:
        with self.engine.read() as conn:
            person = people.get(conn, step.by or "")
            waiting = messages.waiting(conn, self.case_id)
        keys = [one.key for one in waiting if one.name == step.message]
        if not keys:
            return False
        with self.engine.unit(person.login) as unit:
            messages.deliver(unit, keys[0], self._answer(step, unit, person))
        return True

    def _answer(self, step: Step, unit: Unit, person: Person) -> dict[str, Json]:
        """The data of the step, its expressions evaluated with ``at`` (when), ``name`` and
        ``login``, and ``others``: the numbers of the customer's other open cases."""
        at = unit.now.astimezone(self.engine.zone).isoformat(timespec="seconds")
        context: dict[str, Json] = {"at": at, "name": person.name, "login": person.login}
        if "others" in str(step.data):
            rows = cases.siblings(unit.conn, self.case_id)
            context["others"] = [row.number for row in rows if row.closed_at is None]
        answer: dict[str, Json] = {}
        for key, value in step.data.items():
            if isinstance(value, str) and value.startswith("="):
                expression = compile_expression(value[1:], functions=self.functions)
                answer[key] = to_json(expression.evaluate(context))
            else:
                answer[key] = value
        return answer


def _who(conn: Connection, login: str | None, groups: list[str]) -> Person:
    if login:
        return people.get(conn, login)
    for group in groups:
        members = people.list_(conn, group=group, active_only=True)
        if members:
            return members[0].person
    raise NotFound(f"组 {'、'.join(groups)} 里没有人。", f"Nobody is in {', '.join(groups)}.")


def _sample(entry: dict[str, Any], answers: dict[str, Any]) -> Sample:
    own = entry.get("answers", {})
    steps = tuple(_step(name, answers[name], own) for name in entry.get("steps", ()))
    return Sample(entry["id"], _duration(entry["received"]), entry["data"], steps)


def _step(name: str, answer: dict[str, Any], own: dict[str, Any]) -> Step:
    message = answer.get("message")
    task = None if message else answer.get("claim", answer.get("task", name))
    return Step(
        task, "claim" in answer, message, answer.get("by"), _duration(answer["after"]),
        {**answer.get("data", {}), **own.get(name, {})},
    )


def _duration(text: str) -> timedelta:
    found = parse_any(text)
    if not isinstance(found, DaysTime):
        raise ValueError(text)
    return found.python
