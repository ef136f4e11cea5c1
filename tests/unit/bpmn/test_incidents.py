"""Incidents: what failed is repeated, and nothing else is."""

from __future__ import annotations

import datetime as py
from decimal import Decimal

import pytest

from engine.bpmn import changes as c
from engine.errors import Conflict, Invalid
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    ext,
    flow,
    flows,
    io,
    process,
    service,
    start,
    timer,
    user,
    z,
)
from tests.unit.bpmn.harness import bench


def test_a_wrong_condition_does_not_repeat_the_output_mapping() -> None:
    content = definitions(
        process(
            start(),
            user("a", io(outputs={"count": "=count + 1"})),
            end(),
            flows("start a"),
            flow("a", "end", "=ready"),
        )
    )
    one = bench(content).start({"count": 0})
    one.complete("a")
    (incident,) = one.incidents()
    assert "连线" in incident.zh
    one.set({"ready": True})
    one.retry()
    ended = one.ended()
    assert ended is not None
    assert ended.variables["count"] == 1


def failing() -> bytes:
    return definitions(
        process(
            start(),
            service("a", "work", io({"x": "=given"})),
            boundary("late", "a", timer("duration", "PT1H")),
            boundary("note", "a", timer("duration", "PT2H"), interrupting=False),
            user("boss"),
            end(),
            flows("start a end", "late boss end", "note end"),
        )
    )


def test_a_time_limit_runs_on_while_a_job_has_an_incident_and_is_not_armed_twice() -> None:
    one = bench(failing()).start({"given": 1})
    one.throw("a", "BROKEN")
    assert one.waits() == ["late", "note"]
    one.act(lambda run: run.set_variables(one.incidents()[0].token, {"x": 5}, local=True))
    one.retry()
    assert one.waits() == ["a", "late", "note"]
    assert one.of(c.JobOpened)[-1].variables["x"] == 5
    one.complete("a")
    assert one.ended() is not None


def test_a_time_limit_ends_an_activity_with_an_incident() -> None:
    one = bench(failing()).start({"given": 1})
    one.throw("a", "BROKEN")
    one.fire("late")
    assert one.incidents() == []
    assert one.active() == ["boss"]


def test_retrying_what_has_no_incident_is_a_conflict() -> None:
    one = bench(failing()).start({"given": 1})
    with pytest.raises(Conflict) as error:
        one.run().retry(one.wait("a"))
    assert "没有待处理的异常" in error.value.zh
    with pytest.raises(Conflict):
        one.run().retry("0" * 32)


def test_an_element_with_an_incident_cannot_be_completed() -> None:
    one = bench(failing()).start({"given": 1})
    token = one.wait("a")
    one.throw("a", "BROKEN")
    with pytest.raises(Conflict):
        one.run().complete(token, {})


def test_incidents_of_parallel_branches_are_apart() -> None:
    content = definitions(
        process(
            start(),
            el("parallelGateway", "split"),
            user("a", io({"v": "=assert(p, p != null)"})),
            user("b", io({"v": "=assert(q, q != null)"})),
            user("ok"),
            flows("start split a", "split b", "split ok"),
        )
    )
    one = bench(content).start()
    assert sorted(x.element_id for x in one.incidents()) == ["a", "b"]
    assert one.waits() == ["ok"]
    one.complete("ok")
    one.set({"p": 1})
    token = next(x.token for x in one.incidents() if x.element_id == "a")
    one.act(lambda run: run.retry(token))
    assert [x.element_id for x in one.incidents()] == ["b"]
    assert one.waits() == ["a"]


def test_error_code_may_be_computed() -> None:
    content = definitions(
        el("error", "e", errorCode="=why"),
        el("error", "f", errorCode="NO"),
        process(
            start(),
            el("subProcess", "sub", start("s2"), end("bad", event("error", "e")), flows("s2 bad")),
            boundary("no", "sub", event("error", "f")),
            user("fix"),
            end(),
            flows("start sub end", "no fix"),
        ),
    )
    assert bench(content).start({"why": "NO"}).active() == ["fix"]
    other = bench(content).start({"why": "YES"})
    assert [x.kind for x in other.incidents()] == ["UNHANDLED_ERROR_EVENT"]
    empty = bench(content).start()
    assert [x.kind for x in empty.incidents()] == ["EXTRACT_VALUE_ERROR"]


@pytest.mark.parametrize(
    "value",
    [
        py.date(2026, 1, 1),
        py.datetime(2026, 1, 1, tzinfo=py.UTC),
        Decimal("1.5"),
        b"bytes",
        {1, 2},
        {1: "x"},
        {"deep": [object()]},
    ],
)
def test_only_json_gets_in(value: object) -> None:
    one = bench(failing()).start({"given": 1})
    with pytest.raises(Invalid) as error:
        one.run().complete(one.wait("a"), {"v": value})
    assert "JSON" in error.value.zh
    assert one.waits() == ["a", "late", "note"]


def test_call_for_which_no_process_can_be_named() -> None:
    content = definitions(
        process(
            start(),
            el("callActivity", "call", ext(z("calledElement", processId="=which"))),
            end(),
            flows("start call end"),
        )
    )
    one = bench(content).start()
    (incident,) = one.incidents()
    assert "被调用流程" in incident.zh
    one.set({"which": "child"})
    one.retry()
    assert one.waits() == ["call"]
