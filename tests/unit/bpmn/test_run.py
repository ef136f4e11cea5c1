"""The walking core: sequence, user task, gateway, service task, timer, sub-process, call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn import Run
from engine.bpmn import changes as c
from engine.errors import Conflict, Invalid
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    ext,
    flows,
    process,
    service,
    start,
    timer,
    user,
    z,
)
from tests.unit.bpmn.harness import bench, later

SEQUENCE = definitions(
    process(
        start(), user("a", name="受理"), service("b", "mail.send"), end(), flows("start a b end")
    )
)


def test_sequence_waits_at_each_step_and_ends() -> None:
    one = bench(SEQUENCE).start({"x": 1})
    assert one.active() == ["a"]
    (task,) = one.of(c.TaskOpened)
    assert (task.name, task.priority, task.candidate_groups) == ("受理", 50, ())
    one.complete("a", {"answer": "好"})
    (job,) = one.of(c.JobOpened)
    assert (job.type, job.retries) == ("mail.send", 3)
    assert job.variables == {"x": 1, "answer": "好"}
    one.complete("b", {})
    ended = one.ended()
    assert ended is not None
    assert (ended.how, ended.variables) == ("completed", {"x": 1, "answer": "好"})
    assert one.entered() == ["start", "a", "b", "end"]
    assert one.flows() == ["start-a", "a-b", "b-end"]


def test_completing_twice_is_a_conflict_and_changes_nothing() -> None:
    one = bench(SEQUENCE).start()
    token = one.wait("a")
    one.complete("a")
    before = one.state
    with pytest.raises(Conflict) as error:
        one.run().complete(token, {})
    assert "已经结束" in error.value.zh
    assert one.state == before


def test_wrong_operation_on_a_token_is_a_conflict() -> None:
    one = bench(SEQUENCE).start()
    with pytest.raises(Conflict, match="does not wait"):
        one.run().fire(one.wait("a"))
    with pytest.raises(Conflict):
        one.run().complete("no token", {})


def test_variables_that_are_no_json_are_refused() -> None:
    one = bench(SEQUENCE).start()
    for wrong in ({"x": object()}, {"x": 10**30}, {1: 2}, ["x"]):
        with pytest.raises(Invalid):
            one.run().complete(one.wait("a"), wrong)  # type: ignore[arg-type]


def test_nothing_given_in_is_shared_with_the_caller() -> None:
    given = {"list": [1, 2]}
    one = bench(SEQUENCE)
    one.start(given)
    given["list"].append(3)
    assert one.variables() == {"list": [1, 2]}


def test_timer_boundary_interrupts_its_task() -> None:
    content = definitions(
        process(
            start(),
            user("a"),
            boundary("late", "a", timer("duration", "PT4H")),
            user("b"),
            end(),
            end("end2"),
            flows("start a end", "late b end2"),
        )
    )
    one = bench(content).start()
    assert one.timers()["late"].due_at == later(hours=4)
    assert one.active() == ["a"]
    one.fire("late")
    assert one.active() == ["b"]
    assert one.waits() == ["b"]
    one.complete("b")
    assert one.ended() is not None


def test_completed_task_disarms_its_timer() -> None:
    content = definitions(
        process(
            start(),
            user("a"),
            boundary("late", "a", timer("duration", "PT4H")),
            user("b"),
            end(),
            end("end2"),
            flows("start a end", "late b end2"),
        )
    )
    one = bench(content).start()
    one.complete("a")
    assert one.ended() is not None
    assert one.of(c.WaitEnded)[-1].how == "cancelled"


def test_sub_process_runs_inside_and_leaves() -> None:
    content = definitions(
        process(
            start(),
            el("subProcess", "sub", start("s2"), user("a"), end("e2"), flows("s2 a e2")),
            user("b"),
            end(),
            flows("start sub b end"),
        )
    )
    one = bench(content).start()
    assert one.active() == ["a", "sub"]
    scope = next(x.token for x in one.of(c.ElementEntered) if x.element_id == "sub")
    assert next(x.scope for x in one.of(c.ElementEntered) if x.element_id == "a") == scope
    one.complete("a", {"v": 1})
    assert one.active() == ["b"]
    assert one.variables() == {"v": 1}
    one.complete("b")
    assert one.ended() is not None


def test_call_activity_waits_for_its_child() -> None:
    call = el("callActivity", "call", ext(z("calledElement", processId="child")))
    content = definitions(process(start(), call, end(), flows("start call end")))
    one = bench(content).start({"x": 1})
    (called,) = one.of(c.Called)
    assert (called.process_id, called.variables) == ("child", {"x": 1})
    one.complete("call", {"x": 2, "y": 3})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"x": 2, "y": 3}


def test_nothing_can_be_done_after_the_end() -> None:
    one = bench(SEQUENCE).start()
    token = one.wait("a")
    one.act(lambda run: run.terminate())
    assert one.run().ended
    operations: list[Callable[[Run], None]] = [
        lambda run: run.complete(token, {}),
        lambda run: run.fire(token),
        lambda run: run.retry(token),
        lambda run: run.set_variables("", {"x": 1}),
        lambda run: run.throw_error(token, "X", None, {}),
    ]
    for operation in operations:
        with pytest.raises(Conflict):
            operation(one.run())


def test_terminate_cancels_everything() -> None:
    one = bench(SEQUENCE).start()
    one.act(lambda run: run.terminate())
    ended = one.ended()
    assert ended is not None
    assert ended.how == "terminated"
    with pytest.raises(Conflict):
        one.run().terminate()
