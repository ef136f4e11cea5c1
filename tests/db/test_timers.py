"""Timers: due ones fire once, late ones catch up, failing ones are put aside."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import event, insert, text, update

from engine import Engine, housekeeping, incidents, timers
from engine.tables import history, instances, user_tasks
from engine.tables import incidents as incidents_table
from engine.tables import timers as timers_table
from tests.db.play import Play, mine
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    ext,
    flows,
    process,
    properties,
    start,
    timer,
    user,
)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def limited(kind: str = "duration", when: str = "PT1H", *, interrupting: bool = True) -> bytes:
    """A task with a time limit; when it is over, its chief gets one."""
    return definitions(
        process(
            start(), user("work", mine()),
            boundary("late", "work", timer(kind, when), interrupting=interrupting),
            user("chief", mine()), end(), el("endEvent", "end2"),
            flows("start work end", "late chief end2"),
        )
    )  # fmt: skip


def test_a_time_limit_fires_when_it_is_due(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": limited()})
    with time_machine.travel(NOON, tick=False) as now:
        case_id = play.start().case_id
        now.shift(HOUR - timedelta(seconds=1))
        assert timers.fire_due(engine) == 0
        now.shift(timedelta(seconds=1))
        assert timers.fire_due(engine) == 1
        assert timers.fire_due(engine) == 0
    assert list(play.open(case_id)) == ["chief"]
    assert play.row(user_tasks, element_id="work").state == "cancelled"
    fired = play.row(history, kind="timer.fired")
    assert (fired.element_id, fired.actor) == ("late", "timer")


def test_a_task_done_in_time_takes_its_timer_along(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": limited()})
    with time_machine.travel(NOON, tick=False) as now:
        case_id = play.start().case_id
        play.do(case_id, "work")
        now.shift(2 * HOUR)
        assert timers.fire_due(engine) == 0
    assert play.rows(timers_table) == []
    assert play.status(case_id) == "completed"


def test_a_warning_repeats_and_leaves_the_task(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": limited("cycle", "R3/PT1H", interrupting=False)})
    with time_machine.travel(NOON, tick=False) as now:
        case_id = play.start().case_id
        for _ in range(5):
            now.shift(HOUR)
            timers.fire_due(engine)
    assert len(play.rows(user_tasks, case_id=case_id, element_id="chief")) == 3
    assert play.row(user_tasks, element_id="work").state == "created"


def test_after_a_long_stop_everything_is_caught_up(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": limited()})
    with time_machine.travel(NOON, tick=False) as now:
        for _ in range(7):
            play.start()
        now.shift(timedelta(days=30))
        assert timers.fire_due(engine, limit=5) == 5
        assert timers.fire_due(engine, limit=5) == 2
    assert len(play.rows(user_tasks, element_id="chief", state="created")) == 7


def test_a_timer_in_the_past_fires_with_the_next_tick(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": limited("date", "2020-01-01T00:00:00Z")})
    case_id = play.start().case_id
    assert list(play.open(case_id)) == ["work"]
    assert timers.fire_due(engine) == 1
    assert list(play.open(case_id)) == ["chief"]


def test_many_workers_fire_each_timer_once(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": limited()})
    with time_machine.travel(NOON, tick=False) as now:
        for _ in range(12):
            play.start()
        now.shift(2 * HOUR)
        fired: list[int] = []
        workers = [
            threading.Thread(target=lambda: fired.append(timers.fire_due(engine))) for _ in range(4)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        fired.append(timers.fire_due(engine))
    assert sum(fired) == 12
    assert len(play.rows(history, kind="timer.fired")) == 12


def test_a_timer_that_fails_is_put_aside_and_can_be_tried_again(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": limited()})
    with time_machine.travel(NOON, tick=False) as now:
        broken = play.start().case_id
        now.shift(timedelta(minutes=1))
        sound = play.start().case_id
        state = play.row(instances, key=broken).state
        _set_state(engine, broken, b'{"of another": "program"}')
        now.shift(2 * HOUR)
        assert timers.fire_due(engine) == 2
        assert list(play.open(sound)) == ["chief"]
        incident = play.row(incidents_table, state="open")
        assert (incident.kind, incident.case_id) == ("TIMER_FAILED", broken)
        assert timers.fire_due(engine) == 0
        _set_state(engine, broken, state)
        with engine.unit("boss") as unit:
            incidents.resolve(unit, incident.key)
        assert timers.fire_due(engine) == 1
    assert list(play.open(broken)) == ["chief"]
    assert play.rows(incidents_table, state="open") == []


def test_an_unforeseen_error_is_not_repeated_for_ever(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": limited()})
    with time_machine.travel(NOON, tick=False) as now:
        case_id = play.start().case_id
        _set_state(engine, case_id, None)
        now.shift(2 * HOUR)
        with pytest.raises(TypeError):
            timers.fire_due(engine)
        assert timers.fire_due(engine) == 0
    assert play.row(incidents_table).kind == "TIMER_FAILED"


def _set_state(engine: Engine, key: int, state: bytes | None) -> None:
    with engine.unit("test") as unit:
        unit.conn.execute(update(instances).where(instances.c.key == key).values(state=state))


def test_far_timers_cost_a_tick_one_statement(engine: Engine, play: Play) -> None:
    with engine.unit("test") as unit:
        far = NOON + timedelta(days=365)
        rows = [
            {"key": n, "case_id": n, "instance_key": n, "token": "t", "element_id": "e",
             "due_at": far + timedelta(seconds=n)}
            for n in range(1, 20_001)
        ]  # fmt: skip
        unit.conn.execute(insert(timers_table), rows)
        unit.conn.execute(text("ANALYZE timers"))
    housekeeping.tick(engine)
    statements: list[str] = []
    event.listen(engine.pool, "before_cursor_execute", lambda *a: statements.append(a[2]))
    with time_machine.travel(NOON, tick=False):
        engine.prepared_month = f"{NOON:%Y-%m}"
        assert housekeeping.tick(engine) == 0
    assert len(statements) == 1
    with engine.read() as conn:
        query = "EXPLAIN SELECT FROM timers WHERE due_at <= '2026-03-02T04:00:00Z'"
        plan = "\n".join(conn.execute(text(query.replace(":", "\\:"))).scalars())
    assert "ix_timers_due_at" in plan


# -- start timers


def daily(kind: str = "cycle", when: str = "R/P1D", task: str = "a") -> bytes:
    return definitions(
        process(
            el("startEvent", "start", timer(kind, when)), user(task, mine()), end(),
            flows(f"start {task} end"),
        )
    )  # fmt: skip


def test_a_start_timer_starts_an_instance_each_time(engine: Engine, play: Play) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        play.deploy({"p.bpmn": daily()})
        for _ in range(3):
            now.shift(timedelta(days=1))
            assert timers.fire_due(engine) == 1
            assert timers.fire_due(engine) == 0
    assert len(play.rows(instances)) == 3


def test_after_a_stop_an_endless_start_timer_starts_once(engine: Engine, play: Play) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        play.deploy({"p.bpmn": daily()})
        now.shift(timedelta(days=10, hours=1))
        timers.fire_due(engine)
        timers.fire_due(engine)
        (next_one,) = play.rows(timers_table)
        assert next_one.due_at == NOON + timedelta(days=11)
    assert len(play.rows(instances)) == 1


def test_only_the_latest_version_is_started(engine: Engine, play: Play) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        play.deploy({"p.bpmn": daily()})
        play.deploy({"p.bpmn": daily(task="b")})
        now.shift(timedelta(days=1))
        assert timers.fire_due(engine) == 1
        play.deploy({"p.bpmn": definitions(
            process(start(), user("c", mine()), end(), flows("start c end"))
        )})  # fmt: skip
        now.shift(timedelta(days=5))
        assert timers.fire_due(engine) == 0
    assert [row.element_id for row in play.rows(user_tasks)] == ["b"]


def test_a_date_that_has_passed_starts_the_first_version_only(engine: Engine, play: Play) -> None:
    """As in Camunda 8; there each new version would start once more."""
    past = daily("date", "2020-01-01T00:00:00Z")
    play.deploy({"p.bpmn": past})
    assert housekeeping.tick(engine) == 1
    play.deploy({"p.bpmn": past.replace(b'"a"', b'"b"').replace(b"-a", b"-b")})
    assert housekeeping.tick(engine) == 0
    assert [row.element_id for row in play.rows(user_tasks)] == ["a"]


def test_a_counted_cycle_whose_start_has_passed_begins_at_once(
    engine: Engine, play: Play
) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        play.deploy({"p.bpmn": daily(when="R3/2020-01-01T00:00:00Z/PT10M")})
        fired = []
        for _ in range(5):
            fired.append((timers.fire_due(engine), timers.fire_due(engine)))
            now.shift(timedelta(minutes=10))
    assert fired == [(1, 0), (1, 0), (1, 0), (0, 0), (0, 0)]


def test_an_endless_cycle_keeps_to_the_times_of_its_start(engine: Engine, play: Play) -> None:
    with time_machine.travel(NOON, tick=False):
        play.deploy({"p.bpmn": daily(when="R/2020-01-01T09:00:00+08:00/P1D")})
        assert timers.fire_due(engine) == 0
        (next_one,) = play.rows(timers_table)
        assert next_one.due_at == NOON + timedelta(hours=21)


def test_a_start_timer_of_working_days(engine: Engine, play: Play) -> None:
    """Supervision of open orders: at 9, 12, 14 and 17 o'clock, not on weekends."""
    rounds = el(
        "startEvent", "start", ext(properties(timer_condition="=is working day(due)")),
        timer("cycle", "0 0 9,12,14,17 * * *"),
    )  # fmt: skip
    drawn = definitions(process(rounds, user("a", mine()), end(), flows("start a end")))
    friday = datetime(2026, 3, 6, 16, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    begun = []
    with time_machine.travel(friday, tick=False) as now:
        play.deploy({"p.bpmn": drawn})
        for _ in range(3 * 48):
            now.shift(timedelta(minutes=30))
            if timers.fire_due(engine):
                begun.append(engine.now().astimezone(friday.tzinfo).strftime("%a %H"))
    assert begun == ["Fri 17", "Mon 09", "Mon 12", "Mon 14"]


def test_a_counted_start_timer_ends(engine: Engine, play: Play) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        play.deploy({"p.bpmn": daily(when="R2/P1D")})
        for _ in range(4):
            now.shift(timedelta(days=1))
            timers.fire_due(engine)
    assert len(play.rows(instances)) == 2
    assert play.rows(timers_table) == []
