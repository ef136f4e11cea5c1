"""Multi-instance activities, parallel and sequential."""

from __future__ import annotations

from typing import Any

import pytest

from engine.bpmn import changes as c
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    ext,
    flows,
    io,
    many,
    process,
    script,
    service,
    start,
    timer,
    user,
    z,
)
from tests.unit.bpmn.harness import Bench, bench

COLLECT: dict[str, Any] = {
    "inputElement": "item",
    "outputCollection": "results",
    "outputElement": "=result",
}


def around(task: str, *more: str) -> bytes:
    return definitions(
        process(start(), task, user("after"), end(), flows("start a after end"), *more)
    )


def tokens(one: Bench, element: str = "a") -> list[str]:
    return [t for t, x in one.open().items() if x.element_id == element]  # type: ignore[union-attr]


def test_parallel_runs_all_at_once_and_collects_in_order() -> None:
    one = bench(around(user("a", inside=many("=items", **COLLECT)))).start({"items": [3, 1, 2]})
    waiting = tokens(one)
    assert [one.run().variables(t)["item"] for t in waiting] == [3, 1, 2]
    assert [one.run().variables(t)["loopCounter"] for t in waiting] == [1, 2, 3]
    for token, value in zip(reversed(waiting), "cba", strict=True):
        one.act(lambda run, t=token, v=value: run.complete(t, {"result": v}))  # type: ignore[misc]
    assert one.active() == ["after"]
    assert one.variables() == {"items": [3, 1, 2], "results": ["a", "b", "c"]}


def test_sequential_runs_one_after_the_other() -> None:
    task = user("a", inside=many("=items", sequential=True, **COLLECT))
    one = bench(around(task)).start({"items": ["x", "y"]})
    assert one.waits() == ["a"]
    assert one.variables("a")["item"] == "x"
    one.complete("a", {"result": 1})
    assert one.variables("a")["item"] == "y"
    assert one.variables("a")["loopCounter"] == 2
    one.complete("a", {"result": 2})
    assert one.variables()["results"] == [1, 2]
    assert one.active() == ["after"]


@pytest.mark.parametrize("sequential", [True, False])
def test_nothing_to_do_goes_on_at_once(sequential: bool) -> None:
    task = user("a", inside=many("=[]", sequential=sequential, **COLLECT))
    one = bench(around(task)).start()
    assert one.active() == ["after"]
    assert one.variables() == {"results": []}


@pytest.mark.parametrize("collection", ["=missing", "=5", '="abc"'])
def test_a_collection_that_is_no_list_is_an_incident(collection: str) -> None:
    one = bench(around(user("a", inside=many(collection)))).start()
    (incident,) = one.incidents()
    assert incident.kind == "EXTRACT_VALUE_ERROR"
    assert "多实例集合" in incident.zh


def test_completion_condition_cancels_the_rest() -> None:
    condition = "=numberOfCompletedInstances / numberOfInstances >= 0.5 or result = false"
    task = user("a", inside=many("=1..4", condition=condition, **COLLECT))
    task = task.replace("=1..4", "=for i in 1..4 return i")
    one = bench(around(task)).start()
    first, second, *_ = tokens(one)
    one.act(lambda run: run.complete(first, {"result": True}))
    assert len(tokens(one)) == 3
    one.act(lambda run: run.complete(second, {"result": True}))
    assert one.active() == ["after"]
    assert one.variables()["results"] == [True, True, None, None]
    other = bench(around(task)).start()
    other.complete("a", {"result": False})
    assert other.active() == ["after"]


def test_completion_condition_ends_a_sequence_early() -> None:
    task = user("a", inside=many("=[1, 2, 3]", sequential=True, condition="=done"))
    one = bench(around(task)).start()
    one.complete("a", {"done": False})
    assert one.active() == ["a", "a"]
    one.complete("a", {"done": True})
    assert one.active() == ["after"]


def test_completion_condition_that_fails_is_an_incident_at_that_round() -> None:
    task = user("a", inside=many("=[1]", condition="=done", **COLLECT))
    one = bench(around(task)).start()
    one.complete("a", {"result": 1})
    (incident,) = one.incidents()
    assert "完成条件" in incident.zh
    one.set({"done": True})
    one.retry()
    assert one.active() == ["after"]
    assert one.variables()["results"] == [1]


def test_rounds_do_not_see_each_others_own_variables() -> None:
    task = service(
        "a", "work", io({"mine": "=item * 10"}), inside=many("=[1, 2]", inputElement="item")
    )
    one = bench(around(task)).start()
    assert [job.variables["mine"] for job in one.of(c.JobOpened)] == [10, 20]
    assert one.variables() == {}


def test_output_mapping_feeds_the_output_element_of_its_round() -> None:
    task = service(
        "a", "work", io(outputs={"result": "=n * 10"}), inside=many("=[1, 2]", **COLLECT)
    )
    one = bench(around(task)).start({"kept": 0})
    for token, value in zip(tokens(one), (5, 6), strict=True):
        one.act(lambda run, t=token, v=value: run.complete(t, {"n": v, "kept": 1}))  # type: ignore[misc]
    assert one.variables() == {"kept": 0, "results": [50, 60]}


def test_a_script_for_each_item() -> None:
    task = script("a", "result", "=item + 1").replace(
        "</bpmn:scriptTask>", many("=items", sequential=True, **COLLECT) + "</bpmn:scriptTask>"
    )
    one = bench(around(task)).start({"items": list(range(50))})
    assert one.variables()["results"] == list(range(1, 51))


def test_a_sub_process_for_each_item() -> None:
    sub = el(
        "subProcess", "a", many("=items", inputElement="item", outputCollection="done",
                                outputElement="=item + x"),
        start("s2"), user("work"), end("e2"), flows("s2 work e2"),
    )  # fmt: skip
    one = bench(around(sub)).start({"items": [1, 2], "x": 0})
    assert one.active() == ["a", "a", "a", "work", "work"]
    one.complete("work", {"x": 10})
    one.complete("work", {"x": 20})
    assert one.active() == ["after"]
    assert one.variables()["done"] == [11, 22]


def test_a_call_for_each_item() -> None:
    call = el(
        "callActivity", "a", ext(z("calledElement", processId="child"), io({"n": "=item"})),
        many("=[7, 8]", inputElement="item"),
    )  # fmt: skip
    one = bench(around(call)).start()
    assert [called.variables["n"] for called in one.of(c.Called)] == [7, 8]
    one.complete("a")
    one.complete("a")
    assert one.active() == ["after"]


def test_boundary_events_belong_to_the_whole() -> None:
    task = user("a", inside=many("=[1, 2, 3]"))
    late = boundary("late", "a", timer("duration", "PT1H"))
    one = bench(around(task, late, flows("late after"))).start()
    assert one.waits() == ["a", "a", "a", "late"]
    one.complete("a")
    assert one.waits() == ["a", "a", "late"]
    one.fire("late")
    assert one.active() == ["after"]


def test_error_in_one_round_is_caught_for_the_whole() -> None:
    task = service("a", inside=many("=[1, 2, 3]"))
    no = boundary("no", "a", event("error"))
    one = bench(around(task, no, flows("no after"))).start()
    one.throw("a", "BROKEN")
    assert one.active() == ["after"]


def test_five_hundred_rounds() -> None:
    one = bench(around(user("a", inside=many("=items", **COLLECT))))
    one.start({"items": list(range(500))})
    assert len(tokens(one)) == 500
    for token in tokens(one)[:3]:
        one.act(lambda run, t=token: run.complete(t, {"result": 1}))  # type: ignore[misc]
    assert len(tokens(one)) == 497
    one.act(lambda run: run.terminate())
    assert one.ended() is not None
