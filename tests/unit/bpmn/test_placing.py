"""Instances that begin somewhere else than at a start event, or end before the end."""

from __future__ import annotations

from typing import Any

import pytest

from engine.bpmn import Run, compile_process, parse
from engine.bpmn.changes import ElementEntered, Ended
from engine.errors import BihuanError, Invalid, NotFound
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    flows,
    many,
    message,
    message_definition,
    process,
    start,
    user,
)
from tests.unit.bpmn.harness import Bench, Clock

DIAGRAM = definitions(
    process(
        start(), user("one"),
        el("subProcess", "outer", start("s1"),
           el("subProcess", "inner", start("s2"), user("two"), user("three"), end("e2"),
              flows("s2 two three e2")),
           el("subProcess", "alarm", start("rung", message("m")), user("help"), end("e3"),
              flows("rung help e3"), triggeredByEvent="true"),
           end("e1"), flows("s1 inner e1")),
        boundary("broken", "outer", event("error")),
        el("subProcess", "each", start("s4"), user("four"), end("e4"), many("=list"),
           flows("s4 four e4")),
        el("eventBasedGateway", "which"),
        el("intermediateCatchEvent", "letter", message("m")),
        el("intermediateCatchEvent", "other", message("m")),
        end(), end("failed"),
        flows("start one outer each which letter end", "which other end", "broken failed"),
    ),
    message_definition("m", "Letter", "=key"),
)
PROGRAM = compile_process(parse(DIAGRAM, "p.bpmn"), "p")


def begin(*at: str, **more: Any) -> Bench:
    bench = Bench(PROGRAM, Clock())
    bench._keep(Run.start(PROGRAM, {"key": "k", "list": [1]}, bench.world, at=at, **more))
    return bench


def entered(bench: Bench) -> list[str]:
    return [one.element_id for one in bench.all if isinstance(one, ElementEntered)]


def test_sub_processes_around_are_entered_once_and_listen() -> None:
    bench = begin("two", "three")
    assert entered(bench) == ["outer", "inner", "two", "three"]
    assert bench.run().variables()["key"] == "k"
    bench.complete("two")
    assert sorted(element for _, element in bench.run().active()) == [
        "inner", "outer", "three", "three",
    ]
    bench.act(lambda run: run.receive(bench.wait("rung"), {}))
    assert "help" in entered(bench)


def test_several_places_run_beside_each_other() -> None:
    bench = begin("one", "each")
    assert {element for _, element in bench.run().active()} == {"one", "each", "four"}


@pytest.mark.parametrize(
    ("place", "error"),
    [("nowhere", NotFound), ("start", Invalid), ("s2", Invalid), ("broken", Invalid),
     ("four", Invalid), ("help", Invalid), ("alarm", Invalid), ("letter", Invalid)],
)
def test_where_nothing_can_begin(place: str, error: type[BihuanError]) -> None:
    with pytest.raises(error, match=place):
        begin(place)


def test_it_ends_after_an_element_whatever_is_saved_between() -> None:
    bench = begin("one", "two", halt_after=("three",))
    bench.complete("one").complete("two").complete("three")
    ended = bench.new[-1]
    assert isinstance(ended, Ended)
    assert ended.how == "terminated"
    assert "e2" not in entered(bench)


def test_it_ends_after_an_element_that_is_cancelled() -> None:
    bench = begin("two", halt_after=("outer",))
    bench.act(lambda run: run.throw_error(bench.wait("two"), "E", None, {}))
    assert isinstance(bench.new[-1], Ended)
    assert "failed" not in entered(bench)


def test_an_unknown_element_to_end_after_is_refused() -> None:
    with pytest.raises(NotFound, match="nowhere"):
        begin(halt_after=("nowhere",))
