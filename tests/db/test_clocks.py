"""Clocks of a case: started by the table's rule, paused, met, moved with all that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import event, text

from engine import Engine, calendars, clocks, limits, messages, run, timers
from engine.clocks import Clock
from engine.errors import Conflict, Forbidden, Invalid
from engine.limits import Consent
from engine.model import Person
from engine.tables import history, user_tasks
from engine.tables import timers as timers_table
from tests.db.clockwork import LIMITS, handling, table
from tests.db.play import BOSS, LI, WANG, Play, steps

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Path("processes/default.calendar.json").read_bytes()
ADMIN = Person("admin", "管理员", roles=frozenset({"admin"}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20 {text}").replace(tzinfo=ZONE)


@pytest.fixture
def clock_at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at("11:20"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(play: Play, clock_at: time_machine.Traveller) -> Play:
    play.deploy({
        "p.bpmn": handling(), "limits.dmn": LIMITS, "default.calendar.json": CALENDAR,
    })
    return play


def started(play: Play, class_: str = "二") -> int:
    return play.start(variables={"class": class_, "case_key": "k", "why": "等客户资料"}).case_id


def the_clock(play: Play, case_id: int) -> Clock:
    with play.engine.read() as conn:
        (found,) = clocks.of_case(conn, case_id)
    return found


def sentence(play: Play, clock: Clock) -> str:
    with play.engine.read() as conn:
        calendar = calendars.of(conn, clock.calendar_key)
    return clocks.sentence(calendar, clock, {"li": "李四", "boss": "主管"})[0]


def publish(play: Play, name: str) -> None:
    with play.engine.unit("li") as unit:
        assert messages.publish(unit, name, "k", {}) == 1


def due_times(play: Play, case_id: int) -> dict[str, datetime]:
    found = {row.element_id: row.due_at for row in play.rows(timers_table, case_id=case_id)}
    for row in play.rows(user_tasks, case_id=case_id, state="created"):
        found[row.element_id] = row.due_at
    return found


def test_a_clock_tells_the_rule_and_what_was_not_counted(desk: Play) -> None:
    clock = the_clock(desk, started(desk))
    assert (clock.started_at, clock.due_at, clock.state) == (at("11:20"), at("14:50"), "running")
    assert (clock.rule.decision, clock.rule.table, clock.rule.index) == ("limit", "limit-table", 2)
    assert clock.rule.annotation == "二类"
    assert sentence(desk, clock) == (
        "应于 14:50 前回复：自 11:20 起 120 分钟工作时间，午休 12:00–13:30 不计；"
        "时限表第 2 条，版本 1。"
    )


def test_a_suspension_is_not_counted(
    desk: Play, clock_at: time_machine.Traveller
) -> None:
    case_id = started(desk)
    clock_at.move_to(at("13:40"))
    publish(desk, "挂起")
    paused = the_clock(desk, case_id)
    assert (paused.state, paused.pauses[0].by, paused.pauses[0].why) == (
        "paused", "li", "等客户资料")
    clock_at.move_to(at("14:10"))
    publish(desk, "恢复")
    clock = the_clock(desk, case_id)
    assert (clock.state, clock.due_at) == ("running", at("15:20"))
    assert due_times(desk, case_id) == {
        "work": at("15:20"), "warned": at("14:50"), "late": at("15:20")}
    assert "挂起 13:40–14:10 不计" in sentence(desk, clock)


def test_where_the_process_does_not_move_its_due_time_the_engine_does(
    play: Play, clock_at: time_machine.Traveller
) -> None:
    play.deploy({
        "p.bpmn": handling(move=""), "limits.dmn": LIMITS, "default.calendar.json": CALENDAR})
    case_id = started(play)
    clock_at.move_to(at("13:40"))
    publish(play, "挂起")
    clock_at.move_to(at("14:10"))
    publish(play, "恢复")
    assert the_clock(play, case_id).due_at == at("15:20")
    assert play.variables(case_id)["due"] == "2026-11-20T15:20:00+08:00"
    assert due_times(play, case_id) == {
        "work": at("15:20"), "warned": at("14:50"), "late": at("15:20")}


@pytest.mark.parametrize(("minutes", "standing"), [(60, "met"), (300, "late")])
def test_stopping_in_time_and_too_late(
    desk: Play, clock_at: time_machine.Traveller, minutes: int, standing: str
) -> None:
    case_id = started(desk)
    clock_at.shift(timedelta(minutes=minutes))
    desk.do(case_id, "work")
    clock = the_clock(desk, case_id)
    assert clock.standing(clock_at_now(clock)) == standing
    assert clock.ended_at == at("11:20") + timedelta(minutes=minutes)
    entry = desk.row(history, case_id=case_id, kind="clock.met")
    assert entry.data["late"] is (standing == "late")


def clock_at_now(clock: Clock) -> datetime:
    assert clock.ended_at is not None
    return clock.ended_at


def test_a_case_that_ends_leaves_no_clock_running(desk: Play) -> None:
    case_id = started(desk)
    with desk.engine.unit("boss") as unit:
        run.cancel(unit, case_id, "撤诉")
    assert the_clock(desk, case_id).state == "cancelled"


def test_an_agreed_time_moves_timers_and_keeps_the_consent(
    desk: Play, clock_at: time_machine.Traveller
) -> None:
    case_id = started(desk)
    key = the_clock(desk, case_id).key
    clock_at.move_to(at("11:50"))
    consent = Consent("王先生", "电话", at("11:48"))
    with desk.engine.unit("li") as unit:
        limits.agree(unit, key, at("16:30"), consent, LI)
    clock = the_clock(desk, case_id)
    assert clock.due_at == at("16:30")
    assert clock.agreed is not None
    assert clock.agreed.consent == {
        "by": "王先生", "how": "电话", "at": "2026-11-20T11:48:00+08:00"}
    assert due_times(desk, case_id) == {
        "work": at("16:30"), "warned": at("16:00"), "late": at("16:30")}
    assert sentence(desk, clock) == (
        "应于 16:30 前回复：11月20日 11:48 王先生（电话）同意，李四登记；"
        "原应于 11月20日 14:50；时限表第 2 条，版本 1。"
    )
    assert "clock.agreed" in desk.kinds(case_id)


def test_who_may_change_and_agree(desk: Play) -> None:
    key = the_clock(desk, started(desk)).key
    with desk.engine.unit("wang") as unit, pytest.raises(Forbidden):
        limits.agree(unit, key, at("16:30"), Consent("王先生", "电话"), WANG)
    with desk.engine.unit("li") as unit, pytest.raises(Forbidden):
        limits.change(unit, key, at("16:30"), "客户在外地", LI)
    with desk.engine.unit("boss") as unit, pytest.raises(Invalid, match="Give a reason"):
        limits.change(unit, key, at("16:30"), " ", BOSS)
    with desk.engine.unit("li") as unit, pytest.raises(Invalid):
        limits.agree(unit, key, at("11:00"), Consent("王先生", "电话"), LI)


def test_a_limit_of_others_is_not_the_customer_s_to_move(play: Play, clock_at: object) -> None:
    regulated = handling().replace(
        b'<zeebe:property name="clock.start"',
        b'<zeebe:property name="clock.consent" value="no"/><zeebe:property name="clock.start"', 1)
    assert regulated != handling()
    play.deploy({"p.bpmn": regulated, "limits.dmn": LIMITS, "default.calendar.json": CALENDAR})
    case_id = started(play)
    clock = the_clock(play, case_id)
    for login, person in (("li", LI), ("boss", BOSS)):
        with play.engine.unit(login) as unit, pytest.raises(Forbidden, match="not the customer"):
            limits.agree(unit, clock.key, at("16:30"), Consent("王先生", "电话"), person)
    assert the_clock(play, case_id).due_at == clock.due_at
    with play.engine.unit("boss") as unit:
        limits.change(unit, clock.key, at("17:00"), "主管部门同意延期", BOSS)
    assert the_clock(play, case_id).due_at == at("17:00")


def test_a_limit_changed_after_the_alarm_sounds_again(
    desk: Play, clock_at: time_machine.Traveller
) -> None:
    case_id = started(desk)
    clock_at.move_to(at("15:00"))
    assert timers.fire_due(desk.engine) == 2
    key = the_clock(desk, case_id).key
    with desk.engine.unit("boss") as unit:
        limits.change(unit, key, at("17:00"), "系统故障", BOSS)
    assert due_times(desk, case_id) == {
        "work": at("17:00"), "warned": at("16:30"), "late": at("17:00")}
    clock_at.move_to(at("17:00"))
    assert timers.fire_due(desk.engine) == 2
    assert "主管于 11月20日 15:00 调整，理由：系统故障" in sentence(
        desk, the_clock(desk, case_id))


def test_a_shorter_limit_fires_at_once(
    desk: Play, clock_at: time_machine.Traveller
) -> None:
    case_id = started(desk)
    key = the_clock(desk, case_id).key
    clock_at.move_to(at("11:45"))
    with desk.engine.unit("boss") as unit:
        limits.change(unit, key, at("11:40"), "上级要求", BOSS)
    assert timers.fire_due(desk.engine) == 2
    assert the_clock(desk, case_id).standing(at("11:45")) == "breached"


def test_a_new_table_is_applied_to_open_cases_with_their_pauses(
    desk: Play, clock_at: time_machine.Traveller
) -> None:
    case_id, other, third = started(desk), started(desk), started(desk, "一")
    clock_at.move_to(at("13:40"))
    with desk.engine.unit("li") as unit:
        waiting = next(iter(messages.waiting(unit.conn, case_id)))
        messages.deliver(unit, waiting.key, {}, LI)
    clock_at.move_to(at("14:10"))
    with desk.engine.unit("li") as unit:
        waiting = next(iter(messages.waiting(unit.conn, case_id)))
        messages.deliver(unit, waiting.key, {}, LI)
    with desk.engine.unit("li") as unit:
        limits.agree(
            unit, the_clock(desk, third).key, at("17:00"), Consent("客户本人", "短信"), LI)
    desk.deploy({"limits.dmn": table(
        ("一", "PT30M", "自然时间"), ("二", "PT90M", "工作时间"), ("三", "P5D", "工作日"))})
    with desk.engine.read() as conn:
        (old,) = limits.outdated(conn)
        assert (old.decision, old.version, old.clocks) == ("limit", 2, 3)
        items = {one.case_id: one for one in limits.preview(conn, "limit")}
    assert items[case_id].after == at("14:50")
    assert items[other].after == at("14:20")
    assert items[third].after is None
    assert not any(one.becomes_late for one in items.values())
    outcome = limits.recompute(desk.engine, "limit", ADMIN, "时限表修订")
    assert (outcome.moved, outcome.kept, outcome.failed) == (2, 1, 0)
    assert due_times(desk, case_id)["late"] == at("14:50")
    assert the_clock(desk, third).due_at == at("17:00")
    clock = the_clock(desk, case_id)
    assert clock.pauses[0].until == at("14:10")
    assert sentence(desk, clock) == (
        "应于 14:50 前回复：自 11:20 起 90 分钟工作时间，午休 12:00–13:30 与挂起 13:40–14:10 不计；"
        "时限表第 2 条，版本 2。"
    )
    with desk.engine.read() as conn:
        assert limits.outdated(conn) == []
    assert limits.recompute(desk.engine, "limit", ADMIN, "再来一次").moved == 0


def test_figures_read_clocks(desk: Play, clock_at: time_machine.Traveller) -> None:
    case_id = started(desk)
    clock_at.move_to(at("13:40"))
    publish(desk, "挂起")
    clock_at.move_to(at("14:10"))
    publish(desk, "恢复")
    clock_at.move_to(at("15:00"))
    desk.do(case_id, "work")
    with desk.engine.read() as conn:
        row = conn.execute(text(
            "SELECT name, state, on_time, pause_count, paused_hours, agreed, hours, decision,"
            " rule_version, rule_index FROM v_clocks")).one()
    assert tuple(row) == (
        "回复", "met", True, 1, Decimal("0.5"), False, pytest.approx(Decimal(220) / 60),
        "limit", 1, 2)


def test_only_administrators_recompute(desk: Play) -> None:
    with pytest.raises(Forbidden):
        limits.recompute(desk.engine, "limit", BOSS, "时限表修订")


def test_a_clock_that_is_over_stays_as_it_is(desk: Play) -> None:
    case_id = started(desk)
    desk.do(case_id, "work")
    with desk.engine.unit("boss") as unit, pytest.raises(Conflict):
        limits.change(unit, the_clock(desk, case_id).key, at("16:30"), "太晚了", BOSS)


def test_steps_without_clocks_cost_no_statement_more(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": steps("a", "b")})
    case_id = play.start().case_id
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine.pool, "before_cursor_execute", note)
    play.do(case_id, "a")
    assert not any("case_clocks" in one for one in seen)
