"""Joins that can wait for ever are found before anybody waits."""

from __future__ import annotations

import pytest

from engine.bpmn import Known, lint, parse
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    flow,
    flows,
    process,
    start,
    timer,
    user,
    z,
)
from tests.unit.bpmn.random_process import random_process

WHO = z("assignmentDefinition", candidateGroups="网络部")


def split_and_join(split: str, join: str, *more: str) -> bytes:
    conditions = ("", "") if split == "parallelGateway" else ("=x", "")
    default = {} if split == "parallelGateway" else {"default": "g-b"}
    return definitions(
        process(
            start(), el(split, "g", **default), user("a", WHO), user("b", WHO), el(join, "j"),
            end(), flows("start g", "a j end", "b j"), flow("g", "a", conditions[0]),
            flow("g", "b"), *more,
        )
    )  # fmt: skip


def deadlocks(content: bytes) -> list[str | None]:
    findings = lint(parse(content, "x.bpmn"), Known())
    return [one.element_id for one in findings if one.rule == "join-deadlock"]


def test_a_join_that_waits_for_ever_is_found_with_the_way_there() -> None:
    content = split_and_join("exclusiveGateway", "parallelGateway")
    assert deadlocks(content) == ["j"]
    findings = lint(parse(content, "x.bpmn"), Known())
    (finding,) = [one for one in findings if one.rule == "join-deadlock"]
    assert finding.severity == "error"
    assert "不会到达" in finding.zh


@pytest.mark.parametrize(
    ("split", "join"),
    [
        ("parallelGateway", "parallelGateway"),
        ("inclusiveGateway", "inclusiveGateway"),
        ("parallelGateway", "inclusiveGateway"),
        ("exclusiveGateway", "exclusiveGateway"),
        ("exclusiveGateway", "inclusiveGateway"),
        ("parallelGateway", "exclusiveGateway"),
    ],
)
def test_sound_splits_and_joins_are_left_alone(split: str, join: str) -> None:
    assert deadlocks(split_and_join(split, join)) == []


def test_an_inclusive_split_before_a_parallel_join_can_wait_for_ever() -> None:
    assert deadlocks(split_and_join("inclusiveGateway", "parallelGateway")) == ["j"]


def test_a_boundary_event_that_leaves_a_fork_starves_its_join() -> None:
    late = boundary("late", "a", timer("duration", "PT1H")) + end("e2")
    content = split_and_join("parallelGateway", "parallelGateway", late, flows("late e2"))
    assert deadlocks(content) == ["j"]
    kept = late.replace('cancelActivity="true"', 'cancelActivity="false"')
    content = split_and_join("parallelGateway", "parallelGateway", kept, flows("late e2"))
    assert deadlocks(content) == []


def test_a_terminate_end_ends_the_waiting_too() -> None:
    stop = boundary("late", "a", timer("duration", "PT1H")) + end("e2", event("terminate"))
    content = split_and_join("parallelGateway", "parallelGateway", stop, flows("late e2"))
    assert deadlocks(content) == []


def test_forks_in_loops_and_sub_processes_are_played_through() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), el("exclusiveGateway", "x", default="x-q"),
        user("p", WHO), user("q", WHO), el("parallelGateway", "bad"), end("e2"),
        flows("s2 x q bad e2", "p bad"), flow("x", "p", "=y"),
    )  # fmt: skip
    content = definitions(
        process(
            start(), el("exclusiveGateway", "again"), el("parallelGateway", "g"), user("a", WHO),
            inner, el("parallelGateway", "j"), el("exclusiveGateway", "ask", default="ask-end"),
            end(), flows("start again g a j ask end", "g sub j"), flow("ask", "again", "=more"),
        )
    )  # fmt: skip
    assert deadlocks(content) == ["bad"]


def test_a_fork_that_multiplies_in_a_loop_does_not_hang_lint() -> None:
    content = definitions(
        process(
            start(), el("exclusiveGateway", "again"), el("parallelGateway", "g"), user("a", WHO),
            end(), flows("start again g a end", "g again"),
        )
    )  # fmt: skip
    assert deadlocks(content) == []


def test_well_nested_processes_raise_no_false_alarm() -> None:
    for seed in range(60):
        assert deadlocks(random_process(seed)) == [], seed
