"""The clocks of a complaint on PostgreSQL, as its page shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from engine import Engine, calendars, clocks, jobs, messages
from engine.cases import open_ as open_case
from engine.clocks.clock import Clock
from engine.model import Json
from engine.tables import jobs as jobs_table
from engine.tables import user_tasks
from tests.scenarios.complaint import START
from tests.scenarios.test_on_database import MAIN, OnDatabase, answers


class Desk:
    """A complaint received on a Monday at 9, and hands to work on it."""

    def __init__(self, engine: Engine, traveller: Any) -> None:
        self.engine = engine
        self.there = OnDatabase(engine, traveller)
        created = next(s for s in MAIN[0].instructions if s.type == "CREATE_PROCESS_INSTANCE")
        data = {key: value for key, value in created.data["variables"].items() if key != "case"}
        with engine.unit("zhangli") as unit:
            self.case_id = open_case(unit, "complaint", data).case_id

    def do(self, element_id: str, **more: Json) -> None:
        self.there.complete(element_id, {**answers(element_id), **more})

    def send(self, name: str, **values: Json) -> None:
        with self.engine.unit("test") as unit:
            (waiting,) = [w for w in messages.waiting(unit.conn, self.case_id) if w.name == name]
            messages.deliver(unit, waiting.key, values)

    def done(self, element_id: str) -> None:
        """The worker did the job of this element."""
        query = select(jobs_table.c.key).where(jobs_table.c.element_id == element_id)
        with self.engine.unit("worker") as unit:
            jobs.complete(unit, unit.conn.execute(query).scalar_one(), {})

    def later(self, minutes: int) -> None:
        self.there.travel(datetime.now(START.tzinfo) + timedelta(minutes=minutes))

    def due(self, element_id: str) -> str:
        """Of the open task of this element."""
        query = select(user_tasks.c.due_at).where(
            user_tasks.c.element_id == element_id, user_tasks.c.ended_at.is_(None)
        )
        with self.engine.read() as conn:
            return f"{conn.execute(query).scalar_one().astimezone(START.tzinfo):%m-%d %H:%M}"

    def escalate(self) -> None:
        self.send(
            "complaint-escalate", escalation_source="provincial-company",
            escalated_at=datetime.now(START.tzinfo).isoformat(), escalation_note="省公司转来",
        )

    def why(self, clock: Clock) -> str:
        with self.engine.read() as conn:
            return clocks.sentence(calendars.of(conn, clock.calendar_key), clock, {})[0]

    def clocks(self) -> dict[str, Clock]:
        with self.engine.read() as conn:
            return {one.name: one for one in clocks.of_case(conn, self.case_id)}


@pytest.fixture
def desk(deployed: Engine) -> Iterator[Desk]:
    with time_machine.travel(START, tick=False) as traveller:
        yield Desk(deployed, traveller)


def _due(clock: Clock) -> str:
    return f"{clock.due_at.astimezone(START.tzinfo):%m-%d %H:%M}"


def test_each_step_has_its_clock_and_suspension_stops_those_that_run(desk: Desk) -> None:
    desk.do("pre_process")
    assert {name: one.state for name, one in desk.clocks().items()} == {
        "回复": "running", "派单": "running",
    }
    desk.do("check_order")
    desk.later(10)
    desk.send("complaint-suspend", suspend_reason="等客户", resume_at="2026-03-02T17:00:00+08:00")
    found = desk.clocks()
    assert {name: one.state for name, one in found.items()} == {
        "回复": "paused", "处理": "paused", "解决": "paused", "派单": "met",
    }
    assert found["回复"].pauses[0].why == "等客户"
    desk.later(30)
    desk.send("complaint-resume", resume_note="已收到")
    found = desk.clocks()
    assert (_due(found["处理"]), _due(found["回复"])) == ("03-02 13:40", "03-02 15:00")
    assert _due(found["解决"]) == "03-03 09:30", "24 hours and the half hour it stood still"

    for element_id in ("investigate", "check_feedback", "answer_customer"):
        desk.do(element_id)
    assert {name: one.state for name, one in desk.clocks().items()} == {
        "回访": "running", "回复": "met", "解决": "met", "处理": "met", "派单": "met",
    }


def test_an_agreed_time_is_kept_with_the_customers_consent(desk: Desk) -> None:
    desk.do(
        "pre_process", agreed_reply_at="2026-03-04T15:00:00+08:00", agreed_how="电话",
        agreed_by="客户本人", agreed_at="2026-03-02T09:05:00+08:00",
    )
    reply = desk.clocks()["回复"]
    assert _due(reply) == "03-04 15:00"
    assert reply.changes[-1].consent == {
        "by": "客户本人", "how": "电话", "at": "2026-03-02T09:05:00+08:00",
    }


def test_the_regulators_clocks_run_beside_ours(desk: Desk) -> None:
    desk.do("pre_process")
    desk.send(
        "complaint-escalate", escalation_source="provincial-authority", regulator="ca",
        escalated_at="2026-03-02T09:00:00+08:00", escalation_note="转办",
    )
    assert "监管" not in desk.clocks(), "the notice has not gone out yet"
    desk.done("tell_escalation")
    found = desk.clocks()
    assert (_due(found["监管"]), _due(found["监管办结"])) == ("03-17 09:00", "04-01 09:00")
    assert "自 3月2日 09:00 起 30 天（自然时间）" in desk.why(found["监管办结"])
    assert found["回复"].state == "running"


def test_an_escalated_order_has_to_be_answered_sooner(desk: Desk) -> None:
    for element_id in ("pre_process", "check_order", "investigate", "check_feedback"):
        desk.do(element_id)
    assert _due(desk.clocks()["回复"]) == "03-02 14:30"
    desk.later(10)
    desk.escalate()
    reply = desk.clocks()["回复"]
    assert (_due(reply), reply.state) == ("03-02 10:10", "running"), "60 min from the escalation"
    assert desk.due("answer_customer") == "03-02 10:10", "whoever replies sees it"
    assert desk.why(reply) == (
        "应于 10:10 前回复：3月2日 09:10 重定，升级后为一类，自登记升级起算；原应于 3月2日 14:30；"
        "时限表第 10 条，版本 1。"
    )


def test_whoever_handles_an_escalated_order_has_less_time_too(desk: Desk) -> None:
    for element_id in ("pre_process", "check_order"):
        desk.do(element_id)
    assert desk.due("investigate") == "03-02 11:40"
    desk.later(10)
    desk.escalate()
    handling = desk.clocks()["处理"]
    assert (_due(handling), desk.due("investigate")) == ("03-02 09:50", "03-02 09:50")
    assert "升级后为一类" in desk.why(handling)


def test_escalated_while_suspended_the_new_limit_stands_still_as_well(desk: Desk) -> None:
    for element_id in ("pre_process", "check_order"):
        desk.do(element_id)
    desk.later(10)
    desk.send("complaint-suspend", suspend_reason="等客户", resume_at="2026-03-02T17:00:00+08:00")
    desk.later(60)
    desk.escalate()
    found = desk.clocks()
    assert {found[name].state for name in ("处理", "回复")} == {"paused"}
    desk.later(30)
    desk.send("complaint-resume", resume_note="已收到")
    found = desk.clocks()
    assert (_due(found["处理"]), _due(found["回复"])) == ("03-02 11:20", "03-02 11:40"), (
        "40 and 60 minutes from the escalation at 10:10, and the 30 it still stood"
    )
    assert desk.due("investigate") == "03-02 11:20"
    assert [(one.since, one.until) for one in found["回复"].pauses] == [
        (START + timedelta(minutes=10), START + timedelta(minutes=100))
    ]


def test_escalating_after_the_answer_begins_no_reply_clock(desk: Desk) -> None:
    for element_id in ("pre_process", "check_order", "investigate", "check_feedback"):
        desk.do(element_id)
    desk.do("answer_customer")
    desk.escalate()
    assert desk.clocks()["回复"].state == "met"
