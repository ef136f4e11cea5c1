"""Listeners are jobs before or after the work of an element."""

from __future__ import annotations

import pytest

from engine import Engine, history, inbox, incidents, jobs, run, tasks
from engine.errors import Conflict, Invalid
from engine.job_results import Choice, Corrections, Denial, JobResult
from engine.model import Person
from engine.tables import history as history_table
from engine.tables import instances, user_tasks
from engine.tables import jobs as jobs_table
from tests.db.play import Play, mine
from tests.unit.bpmn.drawing import (
    ad_hoc,
    definitions,
    el,
    end,
    ext,
    flows,
    process,
    start,
    user,
    z,
)


def listened(*extensions: str) -> bytes:
    return definitions(
        process(
            start(), user("a", mine(), *extensions), user("b", mine()), end(),
            flows("start a b end"),
        )
    )  # fmt: skip


def finish(play: Play, type_: str, result: JobResult | None = None) -> None:
    """Do the open job of this type."""
    job = play.row(jobs_table, type=type_, state="created")
    with play.engine.unit("worker") as unit:
        jobs.complete(unit, job.key, {}, result)


def test_an_execution_listener_goes_before_and_after_the_task(engine: Engine, play: Play) -> None:
    both = z(
        "executionListeners",
        z("executionListener", eventType="start", type="audit.start"),
        z("executionListener", eventType="end", type="audit.end"),
    )
    play.deploy({"p.bpmn": listened(both)})
    case_id = play.start().case_id
    assert play.open(case_id) == {}
    assert play.row(jobs_table, type="audit.start").listener == "start"
    finish(play, "audit.start")
    assert list(play.open(case_id)) == ["a"]
    play.do(case_id, "a", {"x": 1})
    assert play.open(case_id) == {}
    finish(play, "audit.end")
    assert list(play.open(case_id)) == ["b"]
    assert play.variables(case_id) == {"x": 1}
    assert {row.state for row in play.rows(jobs_table)} == {"completed"}


def test_a_task_listener_at_completing(engine: Engine, play: Play) -> None:
    completing = z("taskListeners", z("taskListener", eventType="completing", type="check.answer"))
    play.deploy({"p.bpmn": listened(completing)})
    case_id = play.start().case_id
    play.do(case_id, "a", {"x": 1})
    assert "b" not in play.open(case_id)
    finish(play, "check.answer")
    assert list(play.open(case_id)) == ["b"]
    assert play.variables(case_id) == {"x": 1}


CHECKED = z("taskListeners", z("taskListener", eventType="completing", type="check.answer"))


def test_a_denied_task_waits_on_and_is_nobodys_work(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": listened(CHECKED)})
    case_id = play.start().case_id
    play.do(case_id, "a", {"x": 1})
    with pytest.raises(Conflict):
        play.do(case_id, "a", {"x": 2})
    finish(play, "check.answer", Denial("the number is missing"))
    task = play.row(user_tasks, element_id="a")
    assert (task.state, task.ended_by, task.moving) == ("created", None, None)
    assert task.denied["reason"] == "the number is missing"
    assert (task.denied["event"], task.denied["by"]) == ("completing", "li")
    assert play.variables(case_id) == {}
    (denied,) = [row for row in play.rows(history_table) if row.kind == "job.denied"]
    assert denied.data["reason"] == "the number is missing"
    play.do(case_id, "a", {"x": 3})
    finish(play, "check.answer")
    assert list(play.open(case_id)) == ["b"]
    assert play.variables(case_id) == {"x": 3}


def test_who_completed_a_task_is_known_however_long_its_listener_takes(
    engine: Engine, play: Play
) -> None:
    play.deploy({"p.bpmn": listened(CHECKED)})
    case_id = play.start().case_id
    play.do(case_id, "a")
    finish(play, "check.answer")
    task = play.row(user_tasks, element_id="a")
    assert (task.state, task.ended_by) == ("completed", task.assignee)


def test_a_worker_chooses_in_an_ad_hoc_sub_process(engine: Engine, play: Play) -> None:
    content = definitions(
        process(
            start(),
            ad_hoc("agent", user("ask", mine()), user("check", mine()),
                   rest=z("taskDefinition", type="agent")),
            user("b", mine()), end(), flows("start agent b end"),
        )
    )  # fmt: skip
    play.deploy({"p.bpmn": content})
    case_id = play.start().case_id
    with pytest.raises(Invalid):
        finish(play, "agent", Choice((("b", {}),)))
    finish(play, "agent", Choice((("ask", {"n": 1}), ("check", {}))))
    assert sorted(play.open(case_id)) == ["ask", "check"]
    play.do(case_id, "ask")
    finish(play, "agent", Choice(fulfilled=True, cancel_remaining=True))
    assert list(play.open(case_id)) == ["b"]
    assert {row.state for row in play.rows(jobs_table)} <= {"completed", "cancelled"}


LI = Person("li", "李四", frozenset({"staff"}), frozenset({"night"}))
CHIEF = Person("chief", "主管", frozenset({"supervisor"}), frozenset())


def heard(*events: str) -> str:
    made = [z("taskListener", eventType=one, type=f"on.{one}") for one in events]
    return z("taskListeners", *made)


def shared(*extensions: str) -> bytes:
    """A task of the group night, then one of li."""
    night = z("assignmentDefinition", candidateGroups="night")
    return definitions(
        process(start(), user("a", night, *extensions), user("b", mine()), end(),
                flows("start a b end"))
    )  # fmt: skip


def test_a_claim_waits_for_the_assigning_listener(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": shared(heard("assigning"))})
    case_id = play.start().case_id
    key = play.open(case_id)["a"]
    with engine.unit("li") as unit:
        assert not tasks.claim(unit, key, LI)
    task = play.row(user_tasks, key=key)
    assert (task.assignee, task.moving["action"], task.moving["by"]) == (None, "claim", "li")
    with pytest.raises(Conflict), engine.unit("li") as unit:
        tasks.claim(unit, key, LI)
    finish(play, "on.assigning", Denial("今天不在岗"))
    task = play.row(user_tasks, key=key)
    assert (task.assignee, task.moving, task.denied["reason"]) == (None, None, "今天不在岗")
    with engine.unit("li") as unit:
        tasks.claim(unit, key, LI)
    finish(play, "on.assigning")
    task = play.row(user_tasks, key=key)
    assert (task.assignee, task.denied) == ("li", None)
    assert task.assigned_at is not None
    (claimed,) = [row for row in play.rows(history_table) if row.kind == "task.claimed"]
    assert claimed.actor == "li"


def test_a_listener_corrects_who_works_on_it_by_when(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": shared(heard("creating", "updating"))})
    case_id = play.start().case_id
    assert play.open(case_id) == {}
    finish(play, "on.creating", Corrections({"candidateGroups": [], "candidateUsers": ["li"]}))
    task = play.row(user_tasks, element_id="a")
    assert (task.candidates, task.candidate_groups) == (["u:li"], [])
    with engine.unit("chief") as unit:
        tasks.change(unit, task.key, {"priority": 80, "candidateUsers": ["wang"]}, CHIEF)
    job = play.row(jobs_table, type="on.updating")
    assert job.headers["io.camunda.zeebe:userTaskKey"] == str(task.key)
    assert job.headers["io.camunda.zeebe:changedAttributes"] == '["candidateUsers","priority"]'
    finish(play, "on.updating", Corrections({"dueDate": "2030-01-02T03:04:05Z"}))
    task = play.row(user_tasks, element_id="a")
    assert (task.candidates, task.priority) == (["u:wang"], 80)
    assert task.due_at.isoformat().startswith("2030-01-02T")
    with pytest.raises(Invalid), engine.unit("chief") as unit:
        tasks.change(unit, task.key, {"priority": "high"}, CHIEF)


def test_a_task_stays_in_the_inbox_while_its_listener_is_in_trouble(
    engine: Engine, play: Play
) -> None:
    """It says why it waits; the retry asks the very listener again that failed."""
    two = z("taskListeners", z("taskListener", eventType="completing", type="one"),
            z("taskListener", eventType="completing", type="=kind"))  # fmt: skip
    play.deploy({"p.bpmn": listened(two)})
    case_id = play.start().case_id
    play.do(case_id, "a", {"x": 1})
    finish(play, "one")
    with engine.read() as conn:
        (row,) = inbox.page(conn, LI).rows
        view = inbox.task(conn, row.key, LI)
        (incident,) = incidents.list_open(conn)
    assert row.moving is not None
    assert row.moving["event"] == "completing"
    assert "作业类型" in view.trouble
    with engine.unit("root") as unit:
        run.set_variables(unit, case_id, {"kind": "two"})
        incidents.resolve(unit, incident.key)
    assert play.row(user_tasks, element_id="a").state == "created"
    finish(play, "two")
    task = play.row(user_tasks, element_id="a")
    assert (task.state, task.ended_by) == ("completed", "li")
    assert play.variables(case_id)["x"] == 1
    assert [row.type for row in play.rows(jobs_table)] == ["one", "two"]


def test_a_listener_without_retries_is_an_incident_and_tried_again(
    engine: Engine, play: Play
) -> None:
    play.deploy({"p.bpmn": listened(CHECKED)})
    case_id = play.start().case_id
    play.do(case_id, "a", {"x": 1})
    job = play.row(jobs_table, type="check.answer")
    with engine.unit("worker") as unit:
        jobs.fail(unit, job.key, 0, "the register is down")
    with engine.read() as conn:
        view = inbox.task(conn, play.row(user_tasks, element_id="a").key, LI)
        (incident,) = incidents.list_open(conn)
    assert "the register is down" in view.trouble
    assert incident.kind == "TASK_LISTENER_NO_RETRIES"
    with engine.unit("root") as unit:
        incidents.resolve(unit, incident.key)
    finish(play, "check.answer")
    assert list(play.open(case_id)) == ["b"]


def test_a_case_ends_after_its_canceling_listeners(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": listened(heard("canceling"))})
    case_id = play.start().case_id
    with engine.unit("chief") as unit:
        run.cancel(unit, case_id, "客户撤诉")
    assert play.open(case_id) == {}
    assert play.status(case_id) == "active"
    with pytest.raises(Conflict), engine.unit("chief") as unit:
        run.cancel(unit, case_id, "again")
    finish(play, "on.canceling", Corrections({"priority": 1}))
    assert play.status(case_id) == "terminated"
    assert play.row(user_tasks, element_id="a").state == "cancelled"
    (ended,) = [row for row in play.rows(history_table) if row.kind == "instance.terminated"]
    assert ended.data["reason"] == "客户撤诉"
    with engine.read() as conn:
        assert history.verify(conn, case_id)


def test_a_called_process_may_end_after_its_caller(engine: Engine, play: Play) -> None:
    child = definitions(
        process(start(), user("a", mine(), heard("canceling")), end(), flows("start a end"),
                id_="child")
    )  # fmt: skip
    caller = definitions(
        process(start(), el("callActivity", "call", ext(z("calledElement", processId="child"))),
                end(), flows("start call end"))
    )  # fmt: skip
    play.deploy({"p.bpmn": caller, "child.bpmn": child})
    case_id = play.start().case_id
    with engine.unit("chief") as unit:
        run.cancel(unit, case_id, "a mistake")
    assert play.status(case_id) == "terminated"
    finish(play, "on.canceling")
    assert {row.status for row in play.rows(instances)} == {"terminated"}


def test_listeners_of_a_process(engine: Engine, play: Play) -> None:
    around = z("executionListeners", z("executionListener", eventType="start", type="open"),
               z("executionListener", eventType="end", type="close"))  # fmt: skip
    content = definitions(
        process(ext(around), start(), user("a", mine()), end(), flows("start a end"))
    )
    play.deploy({"p.bpmn": content})
    case_id = play.start().case_id
    assert play.open(case_id) == {}
    finish(play, "open")
    play.do(case_id, "a")
    assert play.status(case_id) == "active"
    finish(play, "close")
    assert play.status(case_id) == "completed"


def test_a_task_without_listeners_asks_nobody(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": shared()})
    case_id = play.start().case_id
    key = play.open(case_id)["a"]
    with engine.unit("li") as unit:
        assert tasks.claim(unit, key, LI)
    with engine.unit("chief") as unit:
        assert tasks.change(unit, key, {"priority": 70, "followUpDate": "2030-01-01"}, CHIEF)
        assert tasks.change(unit, key, {"candidateUsers": ["li"]}, CHIEF, {"n": 1})
        assert tasks.change(unit, key, {"priority": 50}, CHIEF)
    task = play.row(user_tasks, key=key)
    assert (task.assignee, task.priority, task.moving) == ("li", 50, None)
    assert task.candidates == ["u:li", "g:night"]
    assert task.follow_up_at is not None
    assert play.variables(case_id) == {"n": 1}
