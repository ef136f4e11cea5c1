"""The runner and the engine on PostgreSQL agree: every scenario is played on both in lockstep,
and after each step the open tasks, messages, incidents and variables are the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Select, select

from engine import Engine, housekeeping, jobs, messages, run, tasks
from engine.cases import open_ as open_case
from engine.cases import view
from engine.model import Json, Person
from engine.scenarios import Coverage, TestCase
from engine.scenarios.actions import ACTIONS
from engine.scenarios.clock import instant, later
from engine.scenarios.reading import Instruction
from engine.scenarios.theatre import Theatre
from engine.tables import definitions, incidents, instances, subscriptions, timers, user_tasks
from engine.tables import jobs as jobs_table
from tests.scenarios.complaint import START, cases, library

MOCKS = "MOCK_DMN_DECISION"
PLAYED = tuple(
    case for case in cases()
    if not any(step.type in (MOCKS, "EVALUATE_DECISION") for step in case.instructions)
)
MAIN = tuple(case for case in PLAYED if case.file == "complaint.test.json")


class OnDatabase:
    """Does to the engine what an instruction does to the theatre."""

    def __init__(self, engine: Engine, traveller: Any) -> None:
        self.engine = engine
        self.traveller = traveller

    def do(self, step: Instruction, target: datetime) -> None:
        data = step.data
        values: Json = data.get("variables") or {}
        if step.type in ("SET_TIME", "INCREASE_TIME"):
            self.travel(target)
        elif step.type == "CREATE_PROCESS_INSTANCE":
            with self.engine.unit("test") as unit:
                run.start(unit, data["processDefinitionSelector"]["processDefinitionId"], values)
        elif step.type == "COMPLETE_USER_TASK":
            self.complete(data["userTaskSelector"]["elementId"], values)
        elif step.type in ("COMPLETE_JOB", "THROW_BPMN_ERROR_FROM_JOB"):
            key = self._first(jobs_table, data["jobSelector"]["elementId"]).key
            with self.engine.unit("worker") as unit:
                if step.type == "COMPLETE_JOB":
                    jobs.complete(unit, key, values)
                else:
                    jobs.throw_error(unit, key, data["errorCode"], None, values)
        elif step.type == "BROADCAST_SIGNAL":
            with self.engine.unit("test") as unit:
                messages.broadcast(unit, data["signalName"], values)
        else:
            assert step.type in ("CORRELATE_MESSAGE", "PUBLISH_MESSAGE"), step.type
            with self.engine.unit("test") as unit:
                messages.publish(
                    unit, data["name"], data.get("correlationKey", ""), values,
                    ttl_s=data.get("timeToLive", 0) / 1000,
                )
        self._tick()

    def complete(self, element_id: str, values: Json) -> None:
        task = self._first(user_tasks, element_id)
        groups = frozenset(task.candidate_groups)
        person = Person(task.assignee or "test", "测试", groups=groups)
        with self.engine.unit(person.login) as unit:
            if task.assignee is None:
                tasks.claim(unit, task.key, person)
            tasks.complete(unit, task.key, values, person)

    def _first(self, table: Any, element_id: str) -> Any:
        query = select(table).where(table.c.element_id == element_id, table.c.state == "created")
        return self.rows(query.order_by(table.c.key))[0]

    def travel(self, target: datetime) -> None:
        """Each timer at its own time."""
        due = select(timers.c.due_at).where(timers.c.due_at <= target)
        while rows := self.rows(due.order_by(timers.c.due_at).limit(1)):
            self.traveller.move_to(max(rows[0].due_at, datetime.now(UTC)))
            self._tick()
        self.traveller.move_to(target)

    def _tick(self) -> None:
        while housekeeping.tick(self.engine):
            pass

    def rows(self, query: Select[Any]) -> list[Any]:
        with self.engine.read() as conn:
            return list(conn.execute(query))

    def open_tasks(self) -> list[tuple[Any, ...]]:
        query = select(user_tasks).where(user_tasks.c.state == "created")
        return sorted(
            (row.element_id, row.assignee or "", sorted(row.candidate_groups), row.priority,
             str(row.due_at and row.due_at.astimezone(UTC)))
            for row in self.rows(query)
        )

    def open_messages(self) -> list[str]:
        query = select(subscriptions.c.name).where(subscriptions.c.instance_key.is_not(None))
        return sorted(row.name for row in self.rows(query))

    def open_incidents(self) -> list[str]:
        query = select(incidents.c.element_id).where(incidents.c.state == "open")
        return sorted(row.element_id for row in self.rows(query))

    def variables(self) -> list[tuple[str, dict[str, Json]]]:
        """Of the active instances, in the order of their start."""
        query = (
            select(instances.c.key, definitions.c.id)
            .join(definitions, definitions.c.key == instances.c.definition_key)
            .where(instances.c.status == "active").order_by(instances.c.key)
        )
        found = self.rows(query)
        with self.engine.read() as conn:
            return [(row.id, run.variables(conn, row.key)) for row in found]


def theatre_tasks(theatre: Theatre) -> list[tuple[Any, ...]]:
    found = [task.opened for task in theatre.stage.tasks if task.state == "open"]
    return sorted(
        (one.element_id, one.assignee or "", sorted(one.candidate_groups), one.priority,
         str(one.due_at and one.due_at.astimezone(UTC)))
        for one in found
    )


def theatre_variables(theatre: Theatre) -> list[tuple[str, dict[str, Json]]]:
    active = [one for one in theatre.stage.instances if one.state == "active"]
    return [(one.process_id, one.scopes[""]) for one in active]


def in_lockstep(case: TestCase, theatre: Theatre, there: OnDatabase) -> None:
    """Play the case on both; after each step they show the same."""
    for step in case.instructions:
        if step.type.startswith("ASSERT_"):
            continue
        target = _target(theatre, step)
        ACTIONS[step.type](theatre, step.data)
        there.do(step, target)
        where = f"after step {step.number} {step.type}"
        assert there.open_tasks() == theatre_tasks(theatre), where
        assert there.open_messages() == sorted(
            one.opened.message for one in theatre.stage.subscriptions if one.state == "open"
        ), where
        assert there.open_incidents() == [], where
        assert there.variables() == theatre_variables(theatre), where


@pytest.mark.parametrize("case", PLAYED, ids=lambda case: f"{case.file}:{case.name}")
def test_both_do_the_same(deployed: Engine, case: TestCase) -> None:
    first = case.instructions[0]
    assert first.type == "SET_TIME"
    with time_machine.travel(instant(first.data["time"]), tick=False) as traveller:
        theatre = Theatre(library(), Coverage())
        there = OnDatabase(deployed, traveller)
        in_lockstep(case, theatre, there)


def _target(theatre: Theatre, step: Instruction) -> datetime:
    now = theatre.library.clock.now()
    if step.type == "SET_TIME":
        return instant(step.data["time"])
    return later(now, step.data["duration"]) if step.type == "INCREASE_TIME" else now


def answers(name: str) -> dict[str, Json]:
    """What a scenario of the complaint enters into the task of an element, the first time."""
    return next(
        step.data["variables"] for case in MAIN for step in case.instructions
        if step.type == "COMPLETE_USER_TASK"
        and step.data["userTaskSelector"]["elementId"] == name
        and step.data["variables"].get("intake_result") in (None, "dispatch")
        and step.data["variables"].get("review_result") in (None, "pass")
    )


class CaseWatch:
    """Notes status and due time of a case, as its page shows them."""

    def __init__(self, engine: Engine, case_id: int) -> None:
        self.engine = engine
        self.case_id = case_id
        self.seen: list[tuple[str, str]] = []

    def look(self) -> None:
        with self.engine.read() as conn:
            row = view(conn, self.case_id).row
        due = f"{row.due_at.astimezone(START.tzinfo):%H:%M}" if row.due_at else "-"
        self.seen.append((row.status, due))

    def send(self, name: str, **values: Json) -> None:
        """Press the button of a message."""
        with self.engine.unit("test") as unit:
            (waiting,) = [w for w in messages.waiting(unit.conn, self.case_id) if w.name == name]
            messages.deliver(unit, waiting.key, values)
        self.look()


def test_the_case_shows_status_and_due_time_as_the_process_goes(deployed: Engine) -> None:
    created = next(s for s in MAIN[0].instructions if s.type == "CREATE_PROCESS_INSTANCE")
    data = {key: value for key, value in created.data["variables"].items() if key != "case"}
    with time_machine.travel(START, tick=False) as traveller:
        there = OnDatabase(deployed, traveller)
        with deployed.unit("zhangli") as unit:
            case = CaseWatch(deployed, open_case(unit, "complaint", data).case_id)
        case.look()
        for element_id in ("pre_process", "check_order"):
            there.complete(element_id, answers(element_id))
            case.look()
        case.send("complaint-suspend", suspend_reason="-", resume_at="2026-03-02T11:00:00+08:00")
        there.travel(START + timedelta(minutes=30))
        case.send("complaint-resume", resume_note="已收到")
        for element_id in (
            "investigate", "check_feedback", "answer_customer", "call_back", "assess", "confirm",
        ):
            there.complete(element_id, answers(element_id))
            case.look()
        there.complete("archive", {"closing": "archive"})
        case.look()
    assert case.seen == [
        ("受理中", "14:30"), ("复核中", "14:30"), ("处理中", "14:30"), ("已挂起", "14:30"),
        ("处理中", "15:00"), ("反馈核对", "15:00"), ("回复中", "15:00"), ("回访中", "17:30"),
        ("责任认定", "-"), ("责任认定", "-"), ("待归档", "-"), ("已归档", "-"),
    ]
