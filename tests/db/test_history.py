"""History: complete, in order, append-only, and any change of it shows."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
import time_machine
from sqlalchemy import insert, text
from sqlalchemy.exc import ProgrammingError

from engine import Engine, history, run, tasks
from engine.errors import NotFound
from engine.tables import history as history_table
from engine.tables import people
from tests.db.play import WANG, Play, mine, of_group, steps
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    flow,
    flows,
    process,
    start,
    timer,
    user,
)


@pytest.fixture
def case_id(engine: Engine, play: Play) -> int:
    """A case in which something has happened."""
    with engine.unit("system") as unit:
        unit.conn.execute(
            insert(people).values(login="wang", name="王五", created_at=datetime.now(UTC))
        )
    task = user("a", of_group(), name="受理登记")
    play.deploy(
        {
            "p.bpmn": definitions(
                process(
                    start(), task, user("b", mine(), name="处理"), end(), flows("start a b end"),
                    name="投诉",
                )
            )
        }
    )  # fmt: skip
    case_id = play.start(variables={"n": 1.0, "big": 1e22, "tiny": 1e-9}).case_id
    key = play.open(case_id)["a"]
    with engine.unit("wang") as unit:
        tasks.claim(unit, key, WANG)
    play.complete(key, {"cause": "光缆“中断”", "n": 2}, WANG)
    return case_id


def verified(engine: Engine, case_id: int) -> bool:
    with engine.read() as conn:
        return history.verify(conn, case_id)


def test_every_change_has_who_when_and_what(play: Play, case_id: int) -> None:
    rows = play.rows(history_table, case_id=case_id)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    said = [(row.kind, row.element_id, row.actor) for row in rows]
    assert ("instance.started", None, "li") in said
    assert ("task.created", "a", "li") in said
    assert ("task.claimed", "a", "wang") in said
    assert ("task.completed", "a", "wang") in said
    assert ("element.completed", "a", "wang") in said
    assert ("element.entered", "b", "wang") in said
    changed = [row.data["values"] for row in rows if row.kind == "variables.changed"]
    assert changed == [{"n": 1.0, "big": 1e22, "tiny": 1e-9}, {"cause": "光缆“中断”", "n": 2}]


def test_the_timeline_tells_it(engine: Engine, case_id: int) -> None:
    with engine.read() as conn:
        everything = history.timeline(conn, case_id)
        main = history.timeline(conn, case_id, main_only=True)
        newest = history.timeline(conn, case_id, limit=2)
        older = history.timeline(conn, case_id, before=newest[-1].seq, limit=1)
    assert [one.seq for one in everything] == sorted((o.seq for o in everything), reverse=True)
    done = next(one for one in main if one.kind == "task.completed")
    assert (done.actor_name, done.text) == ("王五", "办结了任务“受理登记”")
    assert done.element_name == "受理登记"
    assert all(one.main for one in main)
    assert older[0].seq == newest[-1].seq - 1
    assert all(one.text and one.text != one.kind for one in everything)


def test_nobody_can_change_or_delete_it(engine: Engine, case_id: int) -> None:
    for statement in (
        "UPDATE history SET actor = 'nobody'",
        "DELETE FROM history",
        "TRUNCATE history",
        f"TRUNCATE {_partition(engine)}",
        f"DELETE FROM {_partition(engine)}",
    ):
        with pytest.raises(ProgrammingError, match="append-only"), engine.unit("x") as unit:
            unit.conn.execute(text(statement))
    assert verified(engine, case_id)


def _partition(engine: Engine) -> str:
    with engine.read() as conn:
        name = conn.execute(text("SELECT tableoid::regclass::text FROM history LIMIT 1"))
        return str(name.scalar_one())


@pytest.mark.parametrize(
    "fraud",
    [
        "UPDATE history SET actor = 'somebody' WHERE seq = 2",
        "UPDATE history SET at = at + interval '1 microsecond' WHERE seq = 2",
        "UPDATE history SET data = '{}' WHERE kind = 'variables.changed'",
        "UPDATE history SET kind = 'task.claimed' WHERE kind = 'task.completed'",
        "UPDATE history SET element_id = NULL WHERE seq = 3",
        "DELETE FROM history WHERE seq = 3",
        "DELETE FROM history WHERE seq = (SELECT max(seq) FROM history)",
        "UPDATE history SET seq = CASE seq WHEN 2 THEN 30 ELSE seq END WHERE seq = 2",
        "INSERT INTO history SELECT case_id, seq + 1, at, instance_key, actor, kind, element_id,"
        " token, data, hash FROM history ORDER BY seq DESC LIMIT 1",
    ],
)
def test_a_fraud_past_the_trigger_shows(engine: Engine, case_id: int, fraud: str) -> None:
    assert verified(engine, case_id)
    url = engine.url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(fraud.encode())
    assert not verified(engine, case_id)


def test_the_history_of_an_unknown_case(engine: Engine) -> None:
    with pytest.raises(NotFound):
        verified(engine, 4711)


def test_an_entry_of_ones_own_joins_the_chain(engine: Engine, play: Play, case_id: int) -> None:
    with engine.unit("wang") as unit:
        history.record(unit, case_id, "data.revealed", {"field": "phone", "reason": "回访"})
        history.record(unit, case_id, "data.revealed", {"field": "name", "reason": "回访"})
    assert play.kinds(case_id)[-2:] == ["data.revealed", "data.revealed"]
    assert verified(engine, case_id)
    play.do(case_id, "b")
    assert verified(engine, case_id)
    with pytest.raises(NotFound), engine.unit("wang") as unit:
        history.record(unit, 4711, "data.revealed", {})


def test_the_chain_goes_over_children_and_their_end(engine: Engine, play: Play) -> None:
    call = (
        '<bpmn:callActivity id="call"><bpmn:extensionElements>'
        '<zeebe:calledElement processId="child"/></bpmn:extensionElements></bpmn:callActivity>'
    )
    play.deploy(
        {
            "child.bpmn": steps("inner", id_="child"),
            "p.bpmn": definitions(process(start(), call, end(), flows("start call end"))),
        }
    )
    case_id = play.start().case_id
    play.do(case_id, "inner")
    rows = play.rows(history_table, case_id=case_id)
    assert len({row.instance_key for row in rows}) == 2
    assert rows[-1].kind == "instance.completed"
    assert verified(engine, case_id)


def test_rows_lie_in_the_partition_of_their_month(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": steps("a")})
    with time_machine.travel(datetime(2044, 5, 31, 23, 59, tzinfo=UTC), tick=False) as now:
        case_id = play.start().case_id
        now.move_to(datetime(2044, 6, 1, tzinfo=UTC))
        play.do(case_id, "a")
    with engine.read() as conn:
        found = conn.execute(text("SELECT DISTINCT tableoid::regclass::text FROM history"))
        assert set(found.scalars()) == {"history_default"}
    assert verified(engine, case_id)


def test_the_trace_is_what_the_diagram_draws(engine: Engine, play: Play) -> None:
    choosing = definitions(
        process(
            start(), user("a", mine()), el("exclusiveGateway", "again"), end(),
            boundary("late", "a", timer("duration", "PT1H"), interrupting=False),
            el("endEvent", "told"), flow("late", "told"),
            flow("start", "a"), flow("a", "again"), flow("again", "a", "=more", "back"),
            flow("again", "end", "=not(more)", "out"),
        )
    )  # fmt: skip
    play.deploy({"p.bpmn": choosing})
    case_id = play.start().case_id
    play.do(case_id, "a", {"more": True})
    with engine.read() as conn:
        trace = history.trace(conn, case_id)
    assert trace.visited == {"start": 1, "a": 2, "again": 1}
    assert trace.active == {"a": 1}
    assert trace.flows == {"start-a", "a-again", "back"}
    assert list(trace.due) == ["late"]
    play.do(case_id, "a", {"more": "?"})
    with engine.read() as conn:
        trace = history.trace(conn, case_id)
    assert trace.active == trace.incidents == {"again": 1}
    with engine.unit("boss") as unit:
        run.cancel(unit, case_id, "撤诉")
    with engine.read() as conn:
        trace = history.trace(conn, case_id)
        assert (trace.active, trace.incidents) == ({}, {})
        with pytest.raises(NotFound):
            history.trace(conn, 4711)
