"""Listeners are jobs before or after the work of an element."""

from __future__ import annotations

import pytest

from engine import Engine, jobs
from engine.errors import Conflict, Invalid
from engine.job_results import Choice, Denial, JobResult
from engine.tables import history, user_tasks
from engine.tables import jobs as jobs_table
from tests.db.play import Play, mine
from tests.unit.bpmn.drawing import ad_hoc, definitions, end, flows, process, start, user, z


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
    assert (task.state, task.ended_by) == ("created", None)
    assert play.variables(case_id) == {}
    (denied,) = [row for row in play.rows(history) if row.kind == "job.denied"]
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
