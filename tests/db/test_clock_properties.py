"""What the properties of a diagram make of clocks: limits decided again, several of one name,
consent in the process, limits that are none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from engine import clocks, incidents, limits, run
from engine.clocks import Clock
from engine.tables import incidents as incidents_table
from engine.tables import user_tasks
from tests.db.clockwork import LIMITS, clocked
from tests.db.play import BOSS, Play, mine
from tests.unit.bpmn.drawing import definitions, el, end, ext, flows, io, many, process, start, z
from tests.unit.bpmn.drawing import user as user_task

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Path("processes/default.calendar.json").read_bytes()


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20 {text}").replace(tzinfo=ZONE)


@pytest.fixture
def clock_at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at("09:00"), tick=False) as traveller:
        yield traveller


def asked(id_: str, **said: str) -> str:
    """A business rule task that asks for the limit of ``class``, counted from ``since``."""
    return el(
        "businessRuleTask", id_,
        ext(
            z("calledDecision", decisionId="limit", resultVariable="limit"),
            io({"from": "=since"}, {"due": "=if agreed = null then limit.due_at else agreed"}),
            clocked(start="回复", due="due", **said),
        ),
    )


def deployed(play: Play, *content: str) -> None:
    play.deploy({
        "p.bpmn": definitions(process(*content)), "limits.dmn": LIMITS,
        "default.calendar.json": CALENDAR,
    })


def of(play: Play, case_id: int) -> list[Clock]:
    with play.engine.read() as conn:
        return clocks.of_case(conn, case_id)


SINCE = {"since": "2026-11-20T09:00:00+08:00", "class": "二", "agreed": None}
AGAIN = (
    start(), asked("first"), user_task("look", mine()), asked("second"),
    user_task("work", mine(), clocked(stop="*")), end(),
    flows("start first look second work end"),
)


def test_a_limit_decided_again_keeps_its_start(
    play: Play, clock_at: time_machine.Traveller
) -> None:
    deployed(play, *AGAIN)
    case_id = play.start(variables=SINCE).case_id
    clock_at.move_to(at("09:30"))
    play.do(case_id, "look", {"class": "一"})
    (clock,) = of(play, case_id)
    assert (clock.started_at, clock.due_at, clock.rule.index) == (at("09:00"), at("10:00"), 1)
    assert [(one.kind, one.before) for one in clock.changes] == [("again", at("11:00"))]
    play.do(case_id, "work")
    (clock,) = of(play, case_id)
    assert clock.standing(at("09:31")) == "met"


def test_the_same_limit_decided_again_does_not_undo_what_was_set_by_hand(
    play: Play, clock_at: time_machine.Traveller
) -> None:
    deployed(play, *AGAIN)
    case_id = play.start(variables=SINCE).case_id
    (clock,) = of(play, case_id)
    with play.engine.unit("boss") as unit:
        limits.change(unit, clock.key, at("15:00"), "系统故障", BOSS)
    play.do(case_id, "look")
    (clock,) = of(play, case_id)
    assert clock.due_at == at("15:00")
    assert play.variables(case_id)["due"] == "2026-11-20T15:00:00+08:00"


def test_consent_in_the_process_is_kept_with_the_clock(
    play: Play, clock_at: time_machine.Traveller
) -> None:
    consent = '=if agreed = null then null else {by: who, how: "电话", at: since}'
    deployed(
        play, start(), asked("first", agreed=consent), user_task("work", mine()), end(),
        flows("start first work end"),
    )
    said = SINCE | {"agreed": "2026-11-20T16:00:00+08:00", "who": "王先生"}
    (clock,) = of(play, play.start(variables=said).case_id)
    assert clock.due_at == at("16:00")
    assert clock.agreed is not None
    assert clock.agreed.before == at("11:00")
    assert clock.agreed.consent == {"by": "王先生", "how": "电话", "at": said["since"]}
    assert of(play, play.start(variables=SINCE).case_id)[0].agreed is None


def test_clocks_of_several_units_run_side_by_side(
    play: Play, clock_at: time_machine.Traveller
) -> None:
    inner = el(
        "subProcess", "each", many("=units", inputElement="unit"),
        el("startEvent", "in"),
        el("task", "go", ext(clocked(
            start="处理", of="=unit", limit='={due_at: "2026-11-20T17:00:00+08:00"}'))),
        user_task("work", mine(), clocked(stop="处理", of="=unit")), el("endEvent", "out"),
        flows("in go work out"),
    )
    deployed(play, start(), inner, end(), flows("start each end"))
    case_id = play.start(variables={"units": ["网络部", "市场部"]}).case_id
    found = of(play, case_id)
    assert {(one.subject, one.basis, one.state) for one in found} == {
        ("网络部", "fixed", "running"), ("市场部", "fixed", "running")}
    play.complete(play.rows(user_tasks, case_id=case_id)[0].key)
    assert sorted(one.state for one in of(play, case_id)) == ["met", "running"]


def test_a_limit_that_is_none_stops_the_case_with_a_way_out(
    play: Play, clock_at: time_machine.Traveller
) -> None:
    deployed(
        play, start(), el("task", "go", ext(clocked(start="回复", limit="=given"))),
        user_task("work", mine()), end(), flows("start go work end"),
    )
    right = {"span": "PT2H", "clock": "自然时间", "due_at": "2026-11-20T11:00:00+08:00"}
    case_id = play.start(variables={"given": right | {"clock": "日历时间"}}).case_id
    (incident,) = play.rows(incidents_table, case_id=case_id)
    assert "clock 为工作时间、自然时间、工作日之一" in incident.zh
    with play.engine.unit("boss") as unit:
        run.set_variables(unit, case_id, {"given": right})
    with play.engine.unit("boss") as unit:
        incidents.resolve(unit, incident.key)
    (clock,) = of(play, case_id)
    assert (clock.basis, clock.due_at, clock.rule.decision) == ("natural", at("11:00"), "")
    assert list(play.open(case_id)) == ["work"]
