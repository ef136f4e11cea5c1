"""Listeners are jobs before or after the work of an element."""

from __future__ import annotations

from engine import Engine, jobs
from engine.tables import jobs as jobs_table
from tests.db.play import Play, mine
from tests.unit.bpmn.drawing import definitions, end, flows, process, start, user, z


def listened(*extensions: str) -> bytes:
    return definitions(
        process(
            start(), user("a", mine(), *extensions), user("b", mine()), end(),
            flows("start a b end"),
        )
    )  # fmt: skip


def finish(play: Play, type_: str) -> None:
    """Do the open job of this type."""
    job = play.row(jobs_table, type=type_, state="created")
    with play.engine.unit("worker") as unit:
        jobs.complete(unit, job.key, {})


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
