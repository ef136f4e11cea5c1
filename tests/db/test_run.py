"""Starting, going on, ending; child instances; what a rollback leaves."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from engine import Engine, incidents, run, tasks
from engine.errors import Conflict, Invalid, NotFound
from engine.tables import history, instances, user_tasks
from tests.db.play import LI, Play, mine, steps
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    ext,
    flow,
    flows,
    io,
    process,
    start,
    user,
    z,
)
from tests.unit.bpmn.drawing import event as definition


def caller(called: str, *extensions: str, inside: str = "", id_: str = "p") -> bytes:
    """start → call → after → end."""
    activity = el(
        "callActivity", "call", ext(z("calledElement", processId=called), *extensions), inside
    )
    return definitions(
        process(
            start(), activity, user("after", mine()), end(), flows("start call after end"), id_=id_
        )
    )


def test_a_process_runs_from_start_to_end(play: Play) -> None:
    play.deploy({"p.bpmn": steps("a", "b")})
    started = play.start(variables={"phone": "13800000000"})
    assert started.instance_key == started.case_id
    play.do(started.case_id, "a", {"cause": "光缆中断"})
    assert play.status(started.case_id) == "active"
    play.do(started.case_id, "b")
    assert play.status(started.case_id) == "completed"
    assert play.open(started.case_id) == {}
    assert play.variables(started.case_id) == {"phone": "13800000000", "cause": "光缆中断"}


def test_stamps_of_a_task(play: Play) -> None:
    play.deploy({"p.bpmn": steps("a")})
    started = play.start()
    opened = play.row(user_tasks, case_id=started.case_id)
    assert opened.created_at == opened.assigned_at
    assert opened.started_at is None
    play.do(started.case_id, "a")
    done = play.row(user_tasks, case_id=started.case_id)
    assert (done.state, done.ended_by) == ("completed", "li")
    assert done.created_at <= done.started_at <= done.ended_at


def test_completing_a_task_takes_few_statements_and_one_commit(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": steps("a", "b", "c")})
    play.start()
    case_id = play.start().case_id
    statements: list[str] = []
    commits: list[str] = []
    event.listen(engine.pool, "before_cursor_execute", lambda *a: statements.append(a[2]))
    event.listen(engine.pool, "commit", lambda _: commits.append("commit"))
    key = play.open(case_id)["a"]
    statements.clear()
    commits.clear()
    play.complete(key, {"x": 1})
    assert len(statements) <= 12
    assert len(commits) == 1


def test_an_error_in_the_middle_leaves_nothing(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": steps("a", "b")})
    case_id = play.start().case_id
    before = play.rows(history, case_id=case_id)
    key = play.open(case_id)["a"]
    with pytest.raises(ZeroDivisionError):
        _complete_and_fail(engine, key)
    assert play.open(case_id) == {"a": key}
    assert play.rows(history, case_id=case_id) == before
    play.do(case_id, "a")
    assert list(play.open(case_id)) == ["b"]


def _complete_and_fail(engine: Engine, key: int) -> None:
    with engine.unit("li") as unit:
        tasks.complete(unit, key, {"x": 1}, LI)
        raise ZeroDivisionError


def test_a_connection_lost_in_the_middle_leaves_nothing(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": steps("a", "b")})
    case_id = play.start().case_id
    key = play.open(case_id)["a"]
    before = play.rows(history, case_id=case_id)
    with pytest.raises(OperationalError):
        _complete_and_lose_the_server(engine, key)
    assert play.open(case_id) == {"a": key}
    assert play.rows(history, case_id=case_id) == before
    play.do(case_id, "a")
    assert list(play.open(case_id)) == ["b"]


def _complete_and_lose_the_server(engine: Engine, key: int) -> None:
    with engine.unit("li") as unit:
        tasks.complete(unit, key, {"x": 1}, LI)
        pid = unit.conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with engine.unit("root") as other:
            other.conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


def test_an_unknown_process_cannot_be_started(play: Play) -> None:
    with pytest.raises(NotFound, match="nothing"):
        play.start("nothing")


def test_a_version_can_be_named(play: Play) -> None:
    play.deploy({"p.bpmn": steps("a")})
    play.deploy({"p.bpmn": steps("b")})
    assert list(play.open(play.start(version=1).case_id)) == ["a"]
    assert list(play.open(play.start(version=2).case_id)) == ["b"]
    with pytest.raises(NotFound):
        play.start(version=3)


@pytest.mark.parametrize(
    "variables",
    [
        {"a": float("nan")},
        {"a": "nul\x00"},
        {"a": {"b": ["\ud800"]}},
        {"a": 2**63},
        {"a": {1: 2}},
        {"a": {1, 2}},
        ["no", "names"],
    ],
)
def test_variables_that_are_no_json_are_refused(play: Play, variables: object) -> None:
    play.deploy({"p.bpmn": steps("a")})
    with pytest.raises(Invalid):
        play.start(variables=variables)
    assert play.rows(instances) == []


def test_many_strange_but_right_values_survive(play: Play) -> None:
    values = {
        "名 称": "网络\t“断”\\u0000 😀",
        "n": -(2**63),
        "f": 1.5,
        "deep": [[[{"a": None}]]],
        "yes": True,
        "typename": "x",
        "empty": {},
    }
    play.deploy({"p.bpmn": steps("a")})
    case_id = play.start(variables=values).case_id
    assert play.variables(case_id) == values
    play.do(case_id, "a", {"more": {"typename": "y"}})
    assert play.variables(case_id) == values | {"more": {"typename": "y"}}


def test_cancelling_ends_everything(engine: Engine, play: Play) -> None:
    play.deploy({"child.bpmn": steps("inner", id_="child"), "p.bpmn": caller("child")})
    case_id = play.start().case_id
    with pytest.raises(Invalid):
        _cancel(engine, case_id, "  ")
    _cancel(engine, case_id, "客户撤诉")
    assert {row.status for row in play.rows(instances, case_id=case_id)} == {"terminated"}
    assert play.open(case_id) == {}
    assert play.row(instances, key=case_id).ended_reason == "客户撤诉"
    with pytest.raises(Conflict):
        _cancel(engine, case_id, "again")


def _cancel(engine: Engine, key: int, reason: str) -> None:
    with engine.unit("boss") as unit:
        run.cancel(unit, key, reason)


def test_variables_can_be_set(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": steps("a")})
    case_id = play.start(variables={"x": 1}).case_id
    with engine.unit("boss") as unit:
        run.set_variables(unit, case_id, {"x": 2, "y": 3})
    assert play.variables(case_id) == {"x": 2, "y": 3}


# -- called processes


def test_a_child_runs_and_returns(play: Play) -> None:
    play.deploy({"child.bpmn": steps("inner", id_="child"), "p.bpmn": caller("child")})
    case_id = play.start(variables={"x": 1}).case_id
    root, child = play.rows(instances, case_id=case_id)
    assert (child.parent_key, child.case_id, child.root_key) == (root.key, case_id, case_id)
    assert play.variables(child.key) == {"x": 1}
    play.do(case_id, "inner", {"answer": 42})
    assert play.status(child.key) == "completed"
    assert list(play.open(case_id)) == ["after"]
    assert play.variables(case_id) == {"x": 1, "answer": 42}


def test_a_child_of_a_child_returns_at_once_if_it_never_waits(play: Play) -> None:
    bottom = definitions(process(start(), end(), flows("start end"), id_="bottom"))
    middle = definitions(
        process(
            start(), el("callActivity", "call", ext(z("calledElement", processId="bottom"))),
            end(), flows("start call end"), id_="middle",
        )
    )  # fmt: skip
    play.deploy({"bottom.bpmn": bottom, "middle.bpmn": middle, "p.bpmn": caller("middle")})
    case_id = play.start().case_id
    assert list(play.open(case_id)) == ["after"]
    statuses = [row.status for row in play.rows(instances, case_id=case_id)]
    assert statuses == ["active", "completed", "completed"]


def test_only_mapped_variables_go_in_and_out(play: Play) -> None:
    mapped = caller(
        "child",
        io({"inside": "=x + 1"}, {"outside": "=answer"}),
    ).replace(b'processId="child"', b'processId="child" propagateAllParentVariables="false"')
    play.deploy({"child.bpmn": steps("inner", id_="child"), "p.bpmn": mapped})
    case_id = play.start(variables={"x": 1}).case_id
    child = play.rows(instances, case_id=case_id)[1]
    assert play.variables(child.key) == {"inside": 2}
    play.do(case_id, "inner", {"answer": 42, "noise": 1})
    assert play.variables(case_id) == {"x": 1, "outside": 42}


def erring_child() -> bytes:
    return definitions(
        el("error", "e", name="缺件", errorCode="MISSING"),
        process(
            start(), user("inner", mine()), end("failed", definition("error", "e")),
            flows("start inner failed"), id_="child",
        ),
    )  # fmt: skip


def test_an_error_of_the_child_is_caught_at_the_call(play: Play) -> None:
    catching = definitions(
        el("error", "e", name="缺件", errorCode="MISSING"),
        process(
            start(), el("callActivity", "call", ext(z("calledElement", processId="child"))),
            boundary("caught", "call", definition("error", "e")),
            user("repair", mine()), end(), el("endEvent", "end2"),
            flows("start call end", "caught repair end2"),
        ),
    )  # fmt: skip
    play.deploy({"child.bpmn": erring_child(), "p.bpmn": catching})
    case_id = play.start().case_id
    child = play.rows(instances, case_id=case_id)[1]
    play.do(case_id, "inner")
    assert play.status(child.key) == "error"
    assert list(play.open(case_id)) == ["repair"]


def test_an_error_nobody_catches_is_an_incident_where_it_was_thrown(
    engine: Engine, play: Play
) -> None:
    play.deploy({"child.bpmn": erring_child(), "p.bpmn": caller("child")})
    case_id = play.start().case_id
    play.do(case_id, "inner")
    with engine.read() as conn:
        (found,) = incidents.list_open(conn, case_id)
    assert (found.kind, found.element_id) == ("UNHANDLED_ERROR_EVENT", "failed")
    assert found.instance_key != case_id
    assert play.status(case_id) == "active"


def test_an_interrupted_call_cancels_the_child(play: Play) -> None:
    escalating = definitions(
        el("escalation", "s", name="超时", escalationCode="LATE"),
        process(
            start(), el("parallelGateway", "fork"), user("slow", mine()), user("inner", mine()),
            el("intermediateThrowEvent", "late", definition("escalation", "s")),
            end(), el("endEvent", "end2"),
            flows("start fork slow end", "fork inner late end2"), id_="child",
        ),
    )  # fmt: skip
    catching = definitions(
        el("escalation", "s", name="超时", escalationCode="LATE"),
        process(
            start(), el("callActivity", "call", ext(z("calledElement", processId="child"))),
            boundary("caught", "call", definition("escalation", "s")),
            user("chief", mine()), end(), el("endEvent", "end2"),
            flows("start call end", "caught chief end2"),
        ),
    )  # fmt: skip
    play.deploy({"child.bpmn": escalating, "p.bpmn": catching})
    case_id = play.start().case_id
    child = play.rows(instances, case_id=case_id)[1]
    play.do(case_id, "inner")
    assert list(play.open(case_id)) == ["chief"]
    assert play.status(child.key) == "terminated"
    slow = play.row(user_tasks, instance_key=child.key, element_id="slow")
    assert slow.state == "cancelled"


def test_a_process_that_calls_itself_without_end_is_held(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": caller("p")})
    case_id = play.start().case_id
    with engine.read() as conn:
        (found,) = incidents.list_open(conn, case_id)
    assert found.kind == "CALLED_ELEMENT_ERROR"
    assert len(play.rows(instances, case_id=case_id)) <= 60


def test_a_child_cannot_be_cancelled_alone(engine: Engine, play: Play) -> None:
    play.deploy({"child.bpmn": steps("inner", id_="child"), "p.bpmn": caller("child")})
    child = play.rows(instances, case_id=play.start().case_id)[1]
    with pytest.raises(Conflict, match="root"):
        _cancel(engine, child.key, "why")


def test_parallel_children_return_one_by_one(play: Play) -> None:
    parallel = definitions(
        process(
            start(), el("parallelGateway", "fork"), el("parallelGateway", "join"),
            el("callActivity", "one", ext(z("calledElement", processId="child"))),
            el("callActivity", "two", ext(z("calledElement", processId="child"))),
            end(), flows("start fork one join end", "fork two join"),
        )
    )  # fmt: skip
    play.deploy({"child.bpmn": steps("inner", id_="child"), "p.bpmn": parallel})
    case_id = play.start().case_id
    first, second = play.rows(user_tasks, case_id=case_id)
    play.complete(first.key)
    assert play.status(case_id) == "active"
    play.complete(second.key)
    assert play.status(case_id) == "completed"


def test_a_condition_that_fails_is_an_incident_and_goes_on_when_corrected(
    engine: Engine, play: Play
) -> None:
    choosing = definitions(
        process(
            start(), user("a", mine()), el("exclusiveGateway", "which"), user("b", mine()),
            user("c", mine()), end(), flows("start a which", "b end", "c end"),
            flow("which", "b", "=amount > 100"), flow("which", "c", "=amount <= 100"),
        )
    )  # fmt: skip
    play.deploy({"p.bpmn": choosing})
    case_id = play.start().case_id
    play.do(case_id, "a", {"amount": "viel"})
    with engine.read() as conn:
        (found,) = incidents.list_open(conn)
    assert (found.process_id, found.element_id) == ("p", "which")
    with engine.unit("boss") as unit:
        run.set_variables(unit, case_id, {"amount": 200})
        incidents.resolve(unit, found.key)
    assert list(play.open(case_id)) == ["b"]
    with engine.read() as conn:
        assert incidents.list_open(conn) == []
